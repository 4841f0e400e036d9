import { visible } from "./visible.js";

/** How far a piece of work with many items has come. */
export interface Course {
  /** What is being done, as a noun phrase: `Things`. */
  readonly title: string;
  /** Items that are finished, well or badly. */
  readonly finished: number;
  /** Items in all; undefined while the source has not said. */
  readonly total: number | undefined;
  readonly failed: number;
  /** Attempts that the service turned away for coming too fast. */
  readonly throttles: number;
  readonly seconds: number;
  readonly isOver: boolean;
  /** True when the cell was interrupted. A kernel drops that cell's error, so the line says it. */
  readonly isInterrupted?: boolean;
}

const WIDTH = 24;

/** `Things  ━━━━━━━━────────  340/1,000 · 80/s · 8 s left` */
export function progressLine(course: Course): string {
  const { title, finished, total, failed, throttles, seconds, isOver, isInterrupted } = course;
  const perSecond = seconds > 0 ? finished / seconds : 0;
  if (total === 0) return `${visible(title)}  nothing to do`;
  const parts = [
    total === undefined ? count(finished) : `${count(finished)}/${count(total)}`,
    finished > 0 && seconds >= 1 ? `${rate(perSecond)}/s` : "",
    failed > 0 ? `${count(failed)} failed` : "",
    throttles > 0 ? `${count(throttles)} throttled` : "",
    isOver ? duration(seconds) : remaining(course, perSecond),
    isOver && isInterrupted ? "interrupted: run the cell again to go on" : "",
  ].filter((part) => part !== "");
  return `${visible(title)}  ${bar(course)}  ${parts.join(" · ")}`;
}

function bar({ finished, total }: Course): string {
  if (total === undefined) return "…";
  const done = Math.round((Math.min(finished, total) / total) * WIDTH);
  return "━".repeat(done) + "─".repeat(WIDTH - done);
}

function remaining({ finished, total }: Course, perSecond: number): string {
  if (total === undefined || perSecond === 0) return "";
  return `${duration(Math.max(0, total - finished) / perSecond)} left`;
}

/** `1,000` */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}
