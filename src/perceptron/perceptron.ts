import { OptionError } from "../core/errors";
import { turn } from "../core/scheduler";
import type { Input } from "../data/column";
import { Generator, generator, uniformInto } from "../ops/random";
import { Lesson } from "./lesson";
import { ThresholdUnit, type UnitWeights } from "./threshold";

export interface PerceptronOptions {
  /** Starting weights, w0 first. Default: uniform in [-1, 1]. */
  weights?: UnitWeights | readonly UnitWeights[];
  /** Key of the random starting weights. Default: drawn from the global generator. */
  seed?: number;
}

/** One example shown: a row of the table that is written when a perceptron is trained by hand. */
export interface TraceRow {
  /** Counted from 1 over the whole training. */
  step: number;
  /** Counted from 1. */
  epoch: number;
  /** Inputs, x0 = 1 in front. */
  x: number[];
  /** Wanted and given, one a unit. */
  y: number[];
  u: number[];
  /** c (y - u) x of each unit: what this step adds. */
  dw: number[][];
  /** Weights of each unit after the step. */
  w: number[][];
}

export interface PerceptronTraining {
  /** The learning rate c, more than 0. Default 1; it scales the weights and decides nothing where they start at zero. */
  c?: number;
  /** Most passes over the examples. Default 1000. */
  epochs?: number;
  /** A new order of the examples each epoch. Default false: always in the order given. */
  shuffle?: boolean;
  /** Key of the orders. Default: drawn from the global generator. */
  seed?: number;
  /** Called after each example with its row of the table. */
  trace?: (row: TraceRow) => void;
  signal?: AbortSignal;
  /** Milliseconds after which the event loop gets a turn. Default 16. */
  yieldEveryMs?: number;
}

/** What a training did: plain JSON. */
export interface PerceptronResult {
  /** Whether the last epoch passed without a mistake. */
  converged: boolean;
  /** The same in words: "converged ..." or "did not converge ...". */
  message: string;
  /** Passes over the examples, the last one without a mistake included. */
  epochs: number;
  /** Examples shown. */
  steps: number;
  /** Wrong answers of all units, each of which changed weights. */
  mistakes: number;
  /** The same by unit: what Novikoff's theorem bounds by (R / gamma)^2 where a unit's examples are separable and its weights start at zero. */
  mistakesOfUnit: number[];
  /** Mistakes of each epoch. */
  history: number[];
}

/**
 * Rosenblatt's perceptron (1958): threshold units that learn from their mistakes. For each example, u = 1 where w.x > 0, strictly, else 0, and
 * dw = c (y - u) x, with the bias as w0 on x0 = 1. Where a hyperplane separates the examples, training ends after finitely many mistakes (Novikoff 1962);
 * where none does, as for exclusive or, it never would: `epochs` ends it.
 */
export class Perceptron extends ThresholdUnit {
  static override readonly type: string = "Perceptron";

  constructor(inputs: number, outputs = 1, { weights, seed }: PerceptronOptions = {}) {
    for (const [name, n] of Object.entries({ inputs, outputs }))
      if (!Number.isInteger(n) || n < 1) throw new OptionError(`Perceptron: ${name} must be a whole number of 1 or more, got ${n}`);
    super(Array.from({ length: outputs }, () => new Array<number>(inputs + 1).fill(0)));
    try {
      if (weights !== undefined) this.weights = weights;
      else if (seed === undefined) uniformInto(this.weight, -1, 1);
      else {
        const own = new Generator(seed);
        uniformInto(this.weight, -1, 1, own);
        own.dispose();
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  override get config(): Record<string, unknown> {
    return { inputs: this.inputs, outputs: this.outputs };
  }

  /**
   * Shows the examples until a whole epoch passes without a mistake, or `epochs` are over; the event loop gets its turns. x (rows, inputs);
   * y (rows, outputs) of zeros and ones, (rows) for a single unit, or for several units the class of each row, whose unit should give 1.
   * Throws DataError for other targets and non-finite inputs, ShapeError for sizes that do not fit, OptionError for options out of range.
   */
  async learn(data: { x: Input; y: Input }, options: PerceptronTraining = {}): Promise<PerceptronResult> {
    const { c = 1, epochs = 1000, shuffle = false, seed, trace, signal, yieldEveryMs = 16 } = options;
    if (!(c > 0) || !Number.isFinite(c)) throw new OptionError(`Perceptron: c must be a finite number above 0, got ${c}`);
    if (!Number.isInteger(epochs) || epochs < 1)
      throw new OptionError(`Perceptron: epochs must be a whole number of 1 or more, got ${epochs}`);
    const orders = shuffle ? { g: seed === undefined ? generator() : new Generator(seed), own: seed !== undefined } : undefined;
    const history: number[] = [];
    const ofUnit = new Array<number>(this.outputs).fill(0);
    let lesson: Lesson | undefined;
    try {
      lesson = new Lesson(this, data, c, trace !== undefined);
      let since = performance.now();
      while (history.length < epochs && history.at(-1) !== 0) {
        if (orders !== undefined) lesson.shuffle(orders.g, orders.g.next());
        for (let first = 0; first < lesson.rows; first += lesson.chunk) {
          lesson.show(first, Math.min(lesson.chunk, lesson.rows - first));
          trace?.(this.rowOf(lesson, history.length * lesson.rows + first + 1, c));
          if (performance.now() - since < yieldEveryMs) continue;
          await turn();
          signal?.throwIfAborted();
          since = performance.now();
        }
        const wrong = lesson.takeMistakes();
        for (const [o, n] of wrong.entries()) ofUnit[o]! += n;
        history.push(sum(wrong));
      }
      return resultOf(history, ofUnit, lesson.rows);
    } finally {
      lesson?.dispose();
      if (orders?.own === true) orders.g.dispose();
    }
  }

  private rowOf(lesson: Lesson, step: number, c: number): TraceRow {
    const { x, y, u } = lesson.last();
    const dw = y.map((target, o) => x.map((input) => Math.fround(c * (target - u[o]!)) * input + 0));
    return { step, epoch: Math.ceil(step / lesson.rows), x, y, u, dw, w: this.weights };
  }
}

function resultOf(history: number[], mistakesOfUnit: number[], rows: number): PerceptronResult {
  const epochs = history.length;
  const last = history.at(-1)!;
  const mistakes = sum(mistakesOfUnit);
  const message =
    last === 0
      ? `converged: epoch ${epochs} passed without a mistake, after ${mistakes} in all`
      : `did not converge in ${epochs} epochs: ${last} mistakes in the last; the examples may not be linearly separable`;
  return { converged: last === 0, message, epochs, steps: epochs * rows, mistakes, mistakesOfUnit, history };
}

const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);
