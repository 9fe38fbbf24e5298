import { copied } from "../core/arrays";
import { DisposedError, RecordingError, ShapeError } from "../core/errors";
import { handedOut, whenForgotten } from "../core/forgotten";
import type { Program } from "../core/program";
import { heap } from "../core/runtime";
import type { Module } from "../nn/module";
import { type Shape, showShape } from "../tensor/shape";
import { own, pinned, structure } from "../tensor/tensor";
import { evaluated, type RecordedForward, recordForward } from "./forward";
import { whole } from "./options";

export interface Predictor {
  /** Batch rows in, outputs out; into `out` when given. Synchronous. */
  (row: ArrayLike<number>, out?: Float32Array): Float32Array;
  readonly program: Program;
  dispose(): void;
}

/**
 * A synchronous forward for a fixed batch, recorded once: numbers in, numbers out, nothing allocated but the result. `inputShape` is the shape of one row where
 * the first layer does not tell.
 */
export function predictor(model: Module, options: { batch?: number; inputShape?: Shape } = {}): Predictor {
  const inner = makePredictor(model, options);
  const call = (row: ArrayLike<number>, out?: Float32Array): Float32Array => inner.run(row, out);
  whenForgotten(call, inner.dispose);
  return Object.defineProperty(Object.assign(call, { dispose: inner.dispose }), "program", {
    get: handedOut(inner.program, call),
  }) as Predictor;
}

/** All of it but the function that the user holds. */
function makePredictor(model: Module, { batch = 1, inputShape }: { batch?: number; inputShape?: Shape }) {
  whole("predictor: batch", batch);
  const rowShape = inputShape ?? firstInput(model);
  const x = own(pinned([batch, ...rowShape], "program"));
  let recorded: RecordedForward | undefined;
  let version = -1;
  const fresh = () => {
    if (x.disposed) throw new DisposedError("this predictor was disposed; make a new one");
    if (version === structure.version) return recorded!;
    recorded?.program.dispose();
    recorded = recordForward(model, () => evaluated(model, [x]));
    if (recorded === undefined)
      throw new RecordingError("predictor: forward() does not do the same each time; use predict(model, x, { eager: true })");
    version = structure.version;
    return recorded;
  };
  try {
    fresh();
  } catch (error) {
    x.dispose();
    throw error;
  }
  const run = (row: ArrayLike<number>, out?: Float32Array): Float32Array => {
    const { program, output } = fresh();
    if (row.length !== x.size) throw new ShapeError(`predictor: expected ${x.size} numbers for ${showShape(x.shape)}, got ${row.length}`);
    if (out !== undefined && out.length !== output.size)
      throw new ShapeError(`predictor: out must hold ${output.size} numbers, got ${out.length}`);
    const { f32 } = heap();
    f32.set(row, x.ref.storage.address / 4);
    program.run();
    const at = (output.storage.address + output.offset) / 4;
    if (out === undefined) return copied(f32.subarray(at, at + output.size));
    for (let k = 0; k < out.length; k++) out[k] = f32[at + k]!;
    return out;
  };
  const dispose = () => {
    recorded?.program.dispose();
    x.dispose();
  };
  return { run, dispose, program: () => fresh().program };
}

function firstInput(model: Module): Shape {
  for (const [, m] of model.namedModules()) {
    const n = m.config.inFeatures;
    if (typeof n === "number") return [n];
  }
  throw new ShapeError("predictor: cannot tell the shape of an input from the model; pass { inputShape }");
}
