/**
 * What `fit({ progress: true })` prints: on a terminal one line that is redrawn in place, elsewhere one plain line an epoch.
 * Needs nothing of Node: without a process (browsers, workers) the lines go to console.log.
 */

/** Where progress is written. Of a Node stream these fields are all that is used. */
export interface ProgressOutput {
  write(text: string): unknown;
  /** Whether the cursor can be moved. Default false. */
  readonly isTTY?: boolean | undefined;
  /** Width of a line in characters, read at each redraw. Default 80. */
  readonly columns?: number | undefined;
}

export interface ProgressUpdate {
  /** Counted from 1. */
  epoch: number;
  /** Steps of this epoch that are done. */
  step: number;
  loss?: number;
  samplesPerSecond?: number;
  metrics?: Record<string, number>;
}

export interface ProgressEpoch {
  /** Counted from 1. */
  epoch: number;
  loss: number;
  seconds: number;
  samplesPerSecond: number;
  metrics?: Record<string, number>;
  validation?: Record<string, number>;
}

export interface Progress {
  start(info: { epochs: number; stepsPerEpoch: number }): void;
  update(u: ProgressUpdate): void;
  epochEnd(e: ProgressEpoch): void;
  /** Leaves the terminal with a clean line; also right after an error or an abort. A second call does nothing. */
  end(): void;
}

/** Milliseconds between two redraws. */
const INTERVAL = 100;
const MOST_CELLS = 24;
const FEWEST_CELLS = 6;
const CLEAR = "\r\x1b[2K";
const dim = (text: string): string => `\x1b[2m${text}\x1b[22m`;
const bold = (text: string): string => `\x1b[1m${text}\x1b[22m`;

/** Four significant digits, without an exponent between 0.001 and 1e6. */
function figure(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  return value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
}

/** 950, 12.3k, 4.56M. */
function rate(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const [unit, suffix] = value >= 999_500 ? [1e6, "M"] : value >= 9_995 ? [1e3, "k"] : [1, ""];
  const scaled = value / unit;
  return `${suffix === "" || scaled >= 99.95 ? scaled.toFixed(0) : scaled.toFixed(scaled >= 9.995 ? 1 : 2)}${suffix}`;
}

/** 0.42s, 7.5s, 42s, 3m05s, 1h02m. */
function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)}s`;
  const s = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  return `${Math.floor(s / 3600)}h${two(Math.floor((s % 3600) / 60))}m`;
}

function bar(share: number, cells: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return "█".repeat(full) + dim("░".repeat(cells - full));
}

const values = (record: Record<string, number> | undefined, prefix = ""): string[] =>
  Object.entries(record ?? {}).map(([name, value]) => `${prefix}${name} ${figure(value)}`);

/** One line of the report of an epoch, the same on terminals and in files. */
function epochLine(e: ProgressEpoch, epochs: number): string {
  return [
    `epoch ${String(e.epoch).padStart(String(epochs).length)}/${epochs}`,
    `loss ${figure(e.loss)}`,
    ...values(e.metrics),
    ...values(e.validation, "val "),
    `${rate(e.samplesPerSecond)} samples/s`,
    duration(e.seconds),
  ].join("  ");
}

/**
 * The line while an epoch runs, at most `columns` characters. What matters least goes first when room is short: the bar shrinks, then the
 * last fields are left out, then the line is cut.
 */
function liveLine(u: ProgressUpdate, epochs: number, steps: number, eta: number, columns: number): string {
  const head = `epoch ${u.epoch}/${epochs}`;
  const count = `${String(u.step).padStart(String(steps).length)}/${steps}`;
  const fields = [
    ...(u.loss === undefined ? [] : [`loss ${figure(u.loss)}`]),
    ...values(u.metrics),
    ...(u.samplesPerSecond === undefined ? [] : [`${rate(u.samplesPerSecond)} samples/s`]),
    `ETA ${duration(eta)}`,
  ];
  // the bar goes between head and count, with two blanks on either side
  const room = (): number => columns - [head, count, ...fields].join("  ").length - 2;
  while (room() < FEWEST_CELLS && fields.length > 0) fields.pop();
  const cells = Math.min(MOST_CELLS, room());
  if (cells < FEWEST_CELLS) return [head, count].join("  ").slice(0, columns);
  return [bold(head), bar(u.step / steps, cells), count, ...fields].join("  ");
}

function defaultOutput(): ProgressOutput {
  const { process } = globalThis as { process?: { stdout?: ProgressOutput } };
  if (typeof process?.stdout?.write === "function") return process.stdout;
  return { write: (text) => console.log(text.replace(/\n$/, "")) };
}

/** A reporter that calls a function, about ten times a second and at each epoch's end. */
function calling(tell: (update: ProgressUpdate) => void): Progress {
  let last = Number.NEGATIVE_INFINITY;
  let step = 0;
  const nothing = () => {};
  return {
    start: nothing,
    update: (u) => {
      step = u.step;
      if (performance.now() - last < INTERVAL) return;
      last = performance.now();
      tell(u);
    },
    epochEnd: ({ epoch, loss, samplesPerSecond, metrics }) => {
      last = performance.now();
      tell({ epoch, step, loss, samplesPerSecond, ...(metrics === undefined ? {} : { metrics }) });
    },
    end: nothing,
  };
}

/** A reporter that writes to `out`; by default to standard output, or to console.log where there is none. A function is told figures instead. */
export function createProgress(out: ProgressOutput | ((update: ProgressUpdate) => void) = defaultOutput()): Progress {
  if (typeof out === "function") return calling(out);
  let epochs = 1;
  let stepsPerEpoch = 1;
  let drawn = false;
  let lastDraw = Number.NEGATIVE_INFINITY;
  /** When the first update came, and how many steps were done then: the first step's compilation stays out of the estimate. */
  let since: { time: number; steps: number } | undefined;

  const clear = (): void => {
    if (drawn) out.write(CLEAR);
    drawn = false;
  };
  return {
    start(info) {
      epochs = info.epochs;
      stepsPerEpoch = Math.max(1, info.stepsPerEpoch);
      since = undefined;
      lastDraw = Number.NEGATIVE_INFINITY;
    },
    update(u) {
      if (!out.isTTY) return;
      const now = performance.now();
      const done = (u.epoch - 1) * stepsPerEpoch + u.step;
      since ??= { time: now, steps: done };
      if (now - lastDraw < INTERVAL) return;
      lastDraw = now;
      const perStep = done > since.steps ? (now - since.time) / 1000 / (done - since.steps) : Number.NaN;
      // one column stays free: a full line makes some terminals wrap
      const columns = Math.max(1, (out.columns || 80) - 1);
      out.write(CLEAR + liveLine(u, epochs, stepsPerEpoch, (epochs * stepsPerEpoch - done) * perStep, columns));
      drawn = true;
    },
    epochEnd(e) {
      clear();
      out.write(`${epochLine(e, epochs)}\n`);
      lastDraw = Number.NEGATIVE_INFINITY;
    },
    end: clear,
  };
}
