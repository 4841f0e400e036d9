// What a long step shows: on a terminal one line that moves, elsewhere a plain line at the start,
// at the end, and now and then between. No dependencies: the first step is `npm ci`.

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * Do one long step and show that it goes on.
 *
 * @template T
 * @param {string} title what is being done, as "Installing npm packages"
 * @param {(detail: (text: string) => void, say: (line: string) => void) => Promise<T>} work may show
 *   where it is beside the title (`detail`), and say things that stay (`say`)
 * @param {import("node:tty").WriteStream} [out] stderr unless told
 * @returns {Promise<T>} what `work` returned
 */
export async function step(title, work, out = process.stderr) {
  const line = out.isTTY ? movingLine(title, out) : plainLines(title, out);
  const startMs = performance.now();
  try {
    const result = await work(line.detail, line.say);
    line.end(`✔ ${title} (${seconds(startMs)})`);
    return result;
  } catch (error) {
    line.end(`✖ ${title} (${seconds(startMs)})`);
    throw error;
  }
}

/**
 * @param {string} title
 * @param {import("node:tty").WriteStream} out
 */
function movingLine(title, out) {
  const startMs = performance.now();
  let detail = "";
  let frame = 0;
  const draw = () => {
    const mark = FRAMES[frame++ % FRAMES.length];
    const text = `${mark} ${title} ${seconds(startMs)}${detail && `  ${detail}`}`;
    out.write(`\r\x1b[2K${text.slice(0, (out.columns || 80) - 1)}`);
  };
  draw();
  const timer = setInterval(draw, 100);
  return {
    /** @param {string} text */
    detail(text) {
      detail = text;
    },
    /** @param {string} text */
    say(text) {
      out.write(`\r\x1b[2K${text}\n`);
      draw();
    },
    /** @param {string} text */
    end(text) {
      clearInterval(timer);
      out.write(`\r\x1b[2K${text}\n`);
    },
  };
}

/** Seconds between two plain lines: seldom enough for a log, often enough to see that it lives. */
const PLAIN_EVERY_S = 15;

/**
 * @param {string} title
 * @param {import("node:tty").WriteStream} out
 */
function plainLines(title, out) {
  const startMs = performance.now();
  let detail = "";
  out.write(`  ${title} …\n`);
  const timer = setInterval(
    () => out.write(`  … ${seconds(startMs)}${detail && `  ${detail}`}\n`),
    PLAIN_EVERY_S * 1_000,
  );
  return {
    /** @param {string} text */
    detail(text) {
      detail = text;
    },
    /** @param {string} text */
    say(text) {
      out.write(`${text}\n`);
    },
    /** @param {string} text */
    end(text) {
      clearInterval(timer);
      out.write(`${text}\n`);
    },
  };
}

/** @param {number} startMs */
function seconds(startMs) {
  const s = (performance.now() - startMs) / 1_000;
  return s < 9.95 ? `${s.toFixed(1)} s` : `${Math.round(s)} s`;
}
