import { alias, attach, noGrad, tracked } from "../autograd/graph";
import { DataError, DTypeError } from "../core/errors";
import { heap } from "../core/runtime";
import { type DType, fromValues, own, type Tensor } from "../tensor/tensor";

/** What a gradient may look at. */
export interface Context<A> {
  /** The inputs named in `uses.inputs`; reading the values of another is an error. */
  readonly inputs: readonly Tensor[];
  /** The result, when `uses.output`. */
  readonly output: Tensor;
  /** What forward set aside. */
  readonly saved: readonly Tensor[];
  readonly attrs: A;
  /** Which inputs need a gradient. */
  readonly needs: readonly boolean[];
}

export interface Forward {
  readonly out: Tensor;
  /** Further results that only the gradient needs; they belong to the graph. */
  readonly saved?: readonly Tensor[];
}

/** One op, whole: there is no other place where it is defined. */
export interface OpRecord<N extends string, A> {
  readonly name: N;
  forward(inputs: readonly Tensor[], attrs: A): Forward;
  /** Whose values the gradient reads. */
  readonly uses?: { readonly inputs?: readonly number[]; readonly output?: boolean };
  /** Gradients of the inputs from the gradient of the output; broadcasting is undone by the caller. null: the op has no derivative. */
  readonly gradient: ((context: Context<A>, dy: Tensor) => readonly (Tensor | undefined)[]) | null;
}

export interface DefinedOp<N extends string, A> {
  (inputs: readonly Tensor[], attrs: A): Tensor;
  readonly record: OpRecord<N, A>;
}

/** The function of an op: forward, and the record for backward where one is needed. */
export function defineOp<const N extends string, A>(record: OpRecord<N, A>): DefinedOp<N, A> {
  const apply = (inputs: readonly Tensor[], attrs: A): Tensor => {
    const { out, saved = [] } = noGrad(() => record.forward(inputs, attrs));
    const { gradient, uses = {} } = record;
    if (gradient === null || !tracked(inputs)) {
      for (const t of saved) t.dispose();
      return out;
    }
    // the graph owns them: a scope around the forward must not take them
    for (const t of saved) own(t);
    const kept = inputs.map((t, k) => (uses.inputs?.includes(k) === true ? alias(t) : t));
    const output = uses.output === true ? alias(out) : out;
    const owned = [...kept.filter((t, k) => t !== inputs[k]), ...(output === out ? [] : [output]), ...saved];
    const reads = [...kept.filter((_, k) => uses.inputs?.includes(k) === true), ...(uses.output === true ? [output] : [])];
    const needs = inputs.map((t) => t.requiresGrad);
    attach(out, record.name, inputs, { reads, owned }, (dy) => gradient({ inputs: kept, output, saved, attrs, needs }, dy));
    return out;
  };
  return Object.assign(apply, { record });
}

/** A tensor, or a number that stands for a constant of no dimensions. */
export type Value = Tensor | number;

/** Runs an op on operands of which some may be numbers. */
export function withConstants(values: readonly Value[], apply: (inputs: readonly Tensor[]) => Tensor): Tensor {
  const made: Tensor[] = [];
  const inputs = values.map((v) => {
    if (typeof v !== "number") return v;
    const t = fromValues([v], [], "f32");
    made.push(t);
    return t;
  });
  const out = apply(inputs);
  for (const t of made) t.dispose();
  return out;
}

/** Applies `f` to an intermediate result and lets go of its handle; the graph keeps what gradients need. */
export function consume(t: Tensor, f: (t: Tensor) => Tensor): Tensor {
  const out = f(t);
  if (out !== t) t.dispose();
  return out;
}

/** Throws unless every input is of this dtype. */
export function expectDType(name: string, dtype: DType, ...inputs: readonly Tensor[]): void {
  for (const [k, t] of inputs.entries())
    if (t.dtype !== dtype)
      throw new DTypeError(`${name}: operand ${k + 1} is ${t.dtype}, expected ${dtype}${dtype === "f32" ? "; toF32() converts" : ""}`);
}

/**
 * Throws DataError unless every i32 item lies in 0 to count - 1 or is `except`: kernels trust their input, and one outside would reach foreign memory. Values that do not
 * exist yet, in a recording, are not looked at.
 */
export function checkIndices(name: string, t: Tensor, count: number, what: string, except?: number): void {
  if (t.ref.storage.plan >= 0) return;
  const at = (t.storage.address + t.offset) / 4;
  const { i32 } = heap();
  for (let k = 0; k < t.size; k++)
    if ((i32[at + k]! < 0 || i32[at + k]! >= count) && i32[at + k] !== except)
      throw new DataError(`${name}: item ${k} is ${i32[at + k]}, but ${what}, which are counted from 0 to ${count - 1}`);
}
