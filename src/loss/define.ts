import { DTypeError, OptionError, ShapeError } from "../core/errors";
import { div, eq } from "../ops/binary";
import { checkIndices, consume } from "../ops/define";
import { divisorOf, type Reduction } from "../ops/loss";
import { sum } from "../ops/reduce";
import { reshape } from "../ops/shape";
import { toF32 } from "../ops/unary";
import { arange } from "../tensor/create";
import { sameShape, showShape } from "../tensor/shape";
import { fromValues, scope, type Tensor } from "../tensor/tensor";

export interface LossOptions {
  /** Default mean. none: one loss a row (or item). The mean over nothing is 0, with gradients of 0. */
  reduction?: Reduction;
}

/** A loss: a function of what the model gives and what it should have given. A user's own is recorded like the built-in ones. */
export interface Loss {
  (output: Tensor, target: Tensor, options?: LossOptions): Tensor;
  /**
   * What fit makes of `y`. `class`: one whole number a row becomes a class index (i32), several numbers a row are probabilities of the classes (f32).
   * `float`: numbers (f32). `either`: numbers, but one whole number a row of integers (an integer array or tensor, or a plain array) is i32. Default float.
   */
  readonly target?: "class" | "float" | "either";
  readonly type?: string;
  /** The label of rows that do not count. */
  readonly ignoreIndex?: number;
  /** What numbers a target may be, for fit to check: from the first to the second, or `exactly` one of them. */
  readonly range?: { readonly of: readonly [number, number]; readonly exactly?: boolean };
  /** What each row counts in a mean, shape (rows); undefined: all the same. */
  rowWeight?(output: Tensor, target: Tensor): Tensor | undefined;
}

/** A loss of the library: its options are JSON, and `with` sets them for good. */
export interface ConfiguredLoss<O extends LossOptions = LossOptions> extends Loss {
  (output: Tensor, target: Tensor, options?: O): Tensor;
  readonly type: string;
  readonly config: Readonly<O>;
  /** The same loss with other defaults: `crossEntropy.with({ labelSmoothing: 0.1 })`. Throws OptionError. */
  with(options: O): ConfiguredLoss<O>;
}

/** Allowed values of an option: numbers within bounds, or whatever a check of its own says. */
export type Check = (name: string, value: unknown) => void;

const REDUCTIONS: readonly unknown[] = ["mean", "sum", "none"];

/** A check for numbers; `open` ends are excluded. */
export const between =
  (low: number, high: number, open: { low?: boolean; high?: boolean } = {}): Check =>
  (name, value) => {
    const fits =
      typeof value === "number" &&
      (open.low ? value > low : value >= low) &&
      (open.high ? value < high : value <= high) &&
      value < Infinity;
    const end = high === Infinity ? "" : ` and ${open.high ? "below" : "at most"} ${high}`;
    if (!fits) throw new OptionError(`${name} must be ${open.low ? "above" : "at least"} ${low}${end}, got ${String(value)}`);
  };

/** Weights: a list of finite numbers of 0 or more. */
export const weights: Check = (name, value) => {
  const list = typeof value === "object" && value !== null ? Array.from(value as ArrayLike<unknown>) : [];
  const bad = list.findIndex((v) => typeof v !== "number" || !(v >= 0 && v < Infinity));
  if (bad >= 0) throw new OptionError(`${name}: item ${bad} is ${String(list[bad])}; weights must be finite and at least 0`);
  if (list.length === 0) throw new OptionError(`${name} must be a list of numbers, got ${String(value)}`);
};

export const wholeNumber: Check = (name, value) => {
  if (!Number.isInteger(value) || Math.abs(value as number) > 2 ** 24)
    throw new OptionError(`${name} must be a whole number from -2^24 to 2^24, got ${String(value)}`);
};

interface Definition<O extends LossOptions> extends Pick<Loss, "target" | "range"> {
  readonly type: string;
  /** Options besides the reduction, and what they may be. */
  readonly checks: { readonly [K in Exclude<keyof O, "reduction">]-?: Check };
  readonly loss: (output: Tensor, target: Tensor, options: Readonly<O>) => Tensor;
  /** Loss.rowWeight with these options, if rows are not all the same. */
  readonly rowWeight?: (options: Readonly<O>) => Loss["rowWeight"];
}

/** Options as JSON: typed arrays as plain ones. */
const plain = <O extends object>(options: O): O =>
  Object.fromEntries(Object.entries(options).map(([k, v]) => [k, ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v])) as O;

export function defineLoss<O extends LossOptions>(definition: Definition<O>): ConfiguredLoss<O> {
  const { type, loss, rowWeight, target = "float", range } = definition;
  const checks: Record<string, Check> = {
    ...definition.checks,
    reduction: (name, value) => {
      if (!REDUCTIONS.includes(value)) throw new OptionError(`${name} must be "mean", "sum" or "none", got ${JSON.stringify(value)}`);
    },
  };
  const checked = (options: O): O => {
    for (const [name, value] of Object.entries(options)) {
      const check = checks[name];
      if (check === undefined) throw new OptionError(`${type}: unknown option "${name}"; known are ${Object.keys(checks).join(", ")}`);
      if (value !== undefined) check(`${type}: ${name}`, value);
    }
    return options;
  };
  const configured = (config: O): ConfiguredLoss<O> => {
    const f = ((output, y, options?: O) =>
      scope(() => loss(output, y, options === undefined ? config : { ...config, ...checked(options) }))) as ConfiguredLoss<O>;
    const weigh = rowWeight?.(config);
    const { ignoreIndex } = config as { ignoreIndex?: number };
    return Object.assign(f, {
      type,
      config,
      target,
      ...(range === undefined ? {} : { range }),
      ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
      ...(weigh === undefined ? {} : { rowWeight: weigh }),
      with: (options: O) => configured({ ...config, ...plain(checked(options)) }),
    });
  };
  return configured({} as O);
}

/** Constant weights as a tensor, checked against the length they must have. */
export function constant(name: string, values: ArrayLike<number>, length: number, what: string): Tensor {
  if (values.length !== length) throw new ShapeError(`${name}: ${values.length} weights, but there are ${length} ${what}`);
  return fromValues(values, [length], "f32");
}

/** Rows of 0 with a 1 at the class: (rows, classes) f32 from i32 indices (rows). An index outside the classes gives a row of 0. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  if (labels.dtype !== "i32") throw new DTypeError(`oneHot: the labels are ${labels.dtype}, expected i32`);
  if (!Number.isInteger(classes) || classes < 1)
    throw new OptionError(`oneHot: classes must be a whole number of 1 or more, got ${classes}`);
  const all = arange(classes);
  const out = consume(toF32(labels), (f) => consume(reshape(f, [...labels.shape, 1]), (column) => eq(column, all)));
  all.dispose();
  return out;
}

const isColumn = (t: Tensor) => t.rank === 1 || (t.rank === 2 && t.shape[1] === 1);

/** A float target as the output's shape: (N) and (N, 1) are taken for each other, nothing else is broadcast. */
export function aligned(name: string, output: Tensor, target: Tensor): Tensor {
  if (sameShape(output.shape, target.shape)) return target;
  if (isColumn(output) && isColumn(target) && output.size === target.size) return reshape(target, output.shape);
  throw new ShapeError(`${name}: the output is ${showShape(output.shape)}, the target ${showShape(target.shape)}; they must agree`);
}

/** The same where the target may be i32, one a row: class indices against several outputs, a number against one. */
export function alignedOrClasses(name: string, output: Tensor, target: Tensor): Tensor {
  if (target.dtype !== "i32" || !isColumn(target) || target.shape[0] !== output.shape[0]) return aligned(name, output, target);
  if (isColumn(output)) return aligned(name, output, toF32(target));
  if (output.rank !== 2) return aligned(name, output, target);
  checkIndices(name, target, output.shape[1]!, `there are ${output.shape[1]} outputs`);
  return oneHot(reshape(target, [target.size]), output.shape[1]!);
}

/** Single losses reduced. */
export function reduced(each: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return each;
  const total = sum(each);
  return reduction === "sum" ? total : div(total, divisorOf(reduction, each.size)!);
}
