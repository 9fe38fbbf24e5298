import { noGrad } from "../autograd/graph";
import { withSink } from "../core/emit";
import { DisposedError, RecordingError, ShapeError } from "../core/errors";
import type { Program } from "../core/program";
import { firstDifference, Recorder } from "../core/recorder";
import { heap } from "../core/runtime";
import { turn } from "../core/scheduler";
import { columnsOf, type DataSet } from "../data/dataset";
import { inMode, type Module } from "../nn/module";
import { type Shape, showShape, sizeOf } from "../tensor/shape";
import { own, pinned, recordingScope, scope, structure, type Tensor } from "../tensor/tensor";
import { createFeed, type SourceMode } from "./feed";
import { whole } from "./options";
import { pathsOf } from "./programs";
import { cut, rowsOf } from "./run";
import { sourceFor } from "./source";

/** Values outside linear memory: nothing to dispose. */
export interface Prediction {
  data: Float32Array;
  /** Rows first. */
  shape: Shape;
}

export interface PredictOptions {
  /** Default 256. */
  batchSize?: number;
  yieldEveryMs?: number;
  eager?: boolean;
  source?: SourceMode;
  allowNonFinite?: boolean;
  signal?: AbortSignal;
}

/** A forward recorded for fixed input tensors, and its result; undefined where forward does not always do the same. */
function recordForward(model: Module, inputs: () => readonly Tensor[]): { program: Program; output: Tensor } | undefined {
  const once = () => {
    const recorder = new Recorder();
    recorder.label = "input";
    try {
      const output = recordingScope(() => withSink(recorder, () => noGrad(() => inMode(false, () => model.forward(...inputs())))));
      return { recorder, output };
    } catch (error) {
      recorder.abandon();
      throw error;
    }
  };
  const first = once();
  let second: typeof first;
  try {
    second = once();
  } catch (error) {
    first.recorder.abandon();
    throw error;
  }
  const same = firstDifference(first.recorder.instructions, second.recorder.instructions) < 0;
  second.recorder.abandon();
  if (!same) {
    first.recorder.abandon();
    return undefined;
  }
  const output = own(first.output);
  first.recorder.keep(output.ref);
  return { program: first.recorder.finish(pathsOf(model)), output };
}

/** Outputs of a model for rows, in evaluation mode; in batches, with turns of the event loop between. */
export async function predict(model: Module, x: DataSet["x"], options: PredictOptions = {}): Promise<Prediction> {
  const columns = columnsOf({ x }, undefined, options.allowNonFinite);
  const plan = cut(columns.rows, whole("predict: batchSize", options.batchSize ?? 256), "keep");
  const feed = createFeed(columns, sourceFor(columns, options.source), plan.batch);
  const cursor = own(pinned([1], "program", "i32"));
  const programs = new Map<number, { program: Program; output: Tensor } | undefined>();
  let result: Prediction | undefined;
  const write = (output: Tensor, first: number) => {
    const rowShape = output.shape.slice(1);
    result ??= { data: new Float32Array(plan.rows * sizeOf(rowShape)), shape: [plan.rows, ...rowShape] };
    const at = (output.ref.storage.address + output.offset) / 4;
    result.data.set(heap().f32.subarray(at, at + output.size), first * sizeOf(rowShape));
  };
  try {
    let since = performance.now();
    for (let step = 0; step < plan.steps; step++) {
      if (performance.now() - since > (options.yieldEveryMs ?? 16)) {
        await turn();
        since = performance.now();
      }
      options.signal?.throwIfAborted();
      const [rows, first] = [rowsOf(plan, step), step * plan.batch];
      feed.reach(first, rows);
      heap().i32[cursor.storage.address / 4] = feed.cursor(first);
      const inputs = () => feed.batch(rows, cursor.ref).inputs;
      if (options.eager !== true && !programs.has(rows)) programs.set(rows, recordForward(model, inputs));
      const recorded = programs.get(rows);
      if (recorded === undefined)
        scope(() =>
          write(
            noGrad(() => inMode(false, () => model.forward(...inputs()))),
            first,
          ),
        );
      else {
        recorded.program.run();
        write(recorded.output, first);
      }
    }
    return result!;
  } finally {
    for (const p of programs.values()) p?.program.dispose();
    cursor.dispose();
    feed.dispose();
  }
}

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
export function predictor(model: Module, { batch = 1, inputShape }: { batch?: number; inputShape?: Shape } = {}): Predictor {
  whole("predictor: batch", batch);
  const rowShape = inputShape ?? firstInput(model);
  const x = own(pinned([batch, ...rowShape], "program"));
  let recorded: { program: Program; output: Tensor } | undefined;
  let version = -1;
  const fresh = () => {
    if (x.disposed) throw new DisposedError("this predictor was disposed; make a new one");
    if (version === structure.version) return recorded!;
    recorded?.program.dispose();
    recorded = recordForward(model, () => [x]);
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
    if (out === undefined) return f32.slice(at, at + output.size);
    for (let k = 0; k < out.length; k++) out[k] = f32[at + k]!;
    return out;
  };
  return Object.defineProperty(
    Object.assign(run, {
      dispose: () => {
        recorded?.program.dispose();
        x.dispose();
      },
    }),
    "program",
    { get: () => fresh().program },
  ) as unknown as Predictor;
}

function firstInput(model: Module): Shape {
  for (const [, m] of model.namedModules()) {
    const n = m.config.inFeatures;
    if (typeof n === "number") return [n];
  }
  throw new ShapeError("predictor: cannot tell the shape of an input from the model; pass { inputShape }");
}
