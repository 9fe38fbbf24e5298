import { noGrad } from "../autograd/graph";
import { deferring } from "../core/deferred";
import { withSink } from "../core/emit";
import { ShapeError } from "../core/errors";
import { Recorder } from "../core/recorder";
import { inMode, type Module } from "../nn/module";
import { recordingScope } from "../tensor/tensor";
import type { Batch } from "./feed";

/** Throws ShapeError where the model does not take such a batch in training. Nothing runs, nothing changes. */
export function rehearse(model: Module, batch: () => Batch): void {
  const recorder = new Recorder();
  try {
    recordingScope(() => withSink(recorder, () => noGrad(() => deferring(() => inMode(true, () => model.forward(...batch().inputs)))[0])));
  } catch (error) {
    // a forward that reads values cannot be recorded: it shows when it runs
    if (error instanceof ShapeError) throw error;
  } finally {
    recorder.abandon();
  }
}
