// How a value looks beside its colour: a shape, for whoever does not tell the colours apart.

import { h } from "./dom.mjs";

/**
 * A dot, square, diamond or triangle, as in the notebooks' pictures; one of no expected value is hollow.
 *
 * @param {CanvasRenderingContext2D} paper
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {number} shape
 * @param {string} colour
 */
export function mark(paper, x, y, r, shape, colour) {
  paper.beginPath();
  if (shape < 0) {
    paper.arc(x, y, r * 0.85, 0, 2 * Math.PI);
    paper.strokeStyle = colour;
    paper.lineWidth = 1.5;
    return paper.stroke();
  }
  paper.fillStyle = colour;
  if (shape % 4 === 1) paper.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else if (shape % 4 === 0) paper.arc(x, y, r, 0, 2 * Math.PI);
  else {
    const corners =
      shape % 4 === 2
        ? [
            [0, -1.15],
            [1.15, 0],
            [0, 1.15],
            [-1.15, 0],
          ]
        : [
            [0, -1.1],
            [1.1, 0.9],
            [-1.1, 0.9],
          ];
    for (const [dx = 0, dy = 0] of corners) paper.lineTo(x + dx * r, y + dy * r);
    paper.closePath();
  }
  return paper.fill();
}

/** @param {number} shape @param {string} colour */
export function swatch(shape, colour) {
  const small = h("canvas", { class: "swatch", width: "28", height: "28", "aria-hidden": "true" });
  const paper = small.getContext("2d");
  if (paper) mark(paper, 14, 14, 11, shape, colour);
  return small;
}
