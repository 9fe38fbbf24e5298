import { noGrad } from "../autograd/graph";
import { type Ref, withSink } from "../core/emit";
import type { Program } from "../core/program";
import { firstDifference, Recorder } from "../core/recorder";
import { inMode, type Module } from "../nn/module";
import { drawingFrom } from "../ops/random";
import { own, recordingScope, type Tensor } from "../tensor/tensor";
import { barePaths, pathsOf } from "./programs";

/** What a model gives in evaluation mode, without gradients. */
export const evaluated = (model: Module, inputs: readonly Tensor[]): Tensor => noGrad(() => inMode(false, () => model.forward(...inputs)));

/** The same with dropout active; its numbers are those of a block { key0, key1, sample, firstRow }. `drew` is called at each random op. */
export function sampled(model: Module, inputs: readonly Tensor[], block: Ref, drew: () => void): Tensor {
  const pathOf = barePaths(model);
  const path = (part: object | undefined) => {
    drew();
    return pathOf(part);
  };
  return drawingFrom(block, path, () => noGrad(() => inMode(false, () => model.forward(...inputs), true)));
}

/** A forward recorded for fixed input tensors, and its result. */
export interface RecordedForward {
  readonly program: Program;
  readonly output: Tensor;
}

/** Records what `forward` does; undefined where it does not always do the same. */
export function recordForward(model: Module, forward: () => Tensor): RecordedForward | undefined {
  const once = () => {
    const recorder = new Recorder();
    recorder.label = "input";
    try {
      const output = recordingScope(() => withSink(recorder, forward));
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
