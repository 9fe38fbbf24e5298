import { Op } from "../../assembly/opcodes";
import { gradients, noGrad } from "../autograd/graph";
import { deferring } from "../core/deferred";
import { emit, type Ref } from "../core/emit";
import { GradientError, ShapeError, StateError } from "../core/errors";
import type { Storage } from "../core/storage";
import type { Loss } from "../loss/losses";
import type { Metric } from "../metrics/metrics";
import { inMode, type Module } from "../nn/module";
import { div, mul } from "../ops/binary";
import { sum } from "../ops/reduce";
import { reshape } from "../ops/shape";
import type { Optimizer } from "../optim/optimizer";
import { showShape } from "../tensor/shape";
import { fromValues, type Tensor } from "../tensor/tensor";
import type { Batch } from "./feed";
import { ROW } from "./layout";
import type { GradientSums } from "./sums";

/** What a step is made of; the same for every batch shape. */
export interface Parts {
  readonly model: Module;
  readonly loss: Loss;
  readonly metrics: readonly (readonly [string, Metric])[];
  /** Whether rows have weights. */
  readonly weighted?: boolean;
  /** The row the instructions read. */
  readonly row: Storage;
}

/** Tells a recorder which section follows and what to call instructions outside the model; nothing when run eagerly. */
export interface Marks {
  section: "gradient" | "state" | "update";
  label: string | undefined;
  /** Run eagerly, false where the step only adds to the gradients; a recording holds the update always, and each run decides. */
  updates?: boolean;
}

const at = (row: Storage, word: number): Ref => ({ storage: row, offset: 4 * word });

/** The loss of a batch as one number, weighted where weights are given: sum(w l) / sum(w), so that a weight of 2 counts as two rows. */
function lossOf(loss: Loss, output: Tensor, { target, weight }: Batch): Tensor {
  const plain = weight === undefined ? loss(output, target!) : loss(output, target!, { reduction: "none" });
  if (weight === undefined) {
    if (plain.size !== 1) throw new ShapeError(`the loss has shape ${showShape(plain.shape)}; it must be one number for a batch`);
    return plain;
  }
  if (plain.shape[0] !== weight.size)
    throw new ShapeError(
      `sampleWeight needs a loss that gives one value a row with { reduction: "none" }; this one gave ${showShape(plain.shape)}`,
    );
  const each = plain.rank === 1 ? plain : sum(reshape(plain, [weight.size, plain.size / weight.size]), 1);
  const columns = plain.size / weight.size;
  return div(sum(mul(each, weight)), mul(sum(weight), columns));
}

/** Figures a step leaves: the loss, each metric, and where rows have weights, their sum. */
export const figuresOf = (parts: Omit<Parts, "row">): number => 1 + parts.metrics.length + (parts.weighted === true ? 1 : 0);

/** Forward, loss and metrics; the figures go where the row says. */
function figures(parts: Parts, batch: Batch, training: boolean, marks: Marks): Tensor {
  const output = inMode(training, () => parts.model.forward(...batch.inputs));
  marks.label = "loss";
  const l = lossOf(parts.loss, output, batch);
  emit(Op.STORE_SCALAR, l.ref, at(parts.row, ROW.results), 0);
  marks.label = "metrics";
  noGrad(() => {
    if (batch.weight !== undefined) emit(Op.STORE_SCALAR, sum(batch.weight).ref, at(parts.row, ROW.results), 1 + parts.metrics.length);
    for (const [k, [name, metric]] of parts.metrics.entries()) {
      const m = metric(output, batch.target!);
      if (m.size !== 1) throw new ShapeError(`metric ${name} has shape ${showShape(m.shape)}; it must be one number for a batch`);
      emit(Op.STORE_SCALAR, m.ref, at(parts.row, ROW.results), k + 1);
    }
  });
  return l;
}

/** Loss and metrics of a batch, without gradients. */
export function evaluationBody(parts: Parts, marks: Marks, batch: () => Batch): void {
  noGrad(() => {
    marks.label = "input";
    figures(parts, batch(), false, marks);
  });
}

/** One training step, whole: the same for recording and for running eagerly, which is why both give the same bits. */
export function trainingBody(parts: Parts, optimizer: Optimizer, marks: Marks, batch: () => Batch, sums?: GradientSums): void {
  marks.section = "gradient";
  marks.label = "input";
  const given = batch();
  const [l, changeState] = deferring(() => figures(parts, given, true, marks));
  marks.label = "loss";
  const seed = fromValues([1 / (sums?.every ?? 1)], l.shape, "f32");
  try {
    update(parts, optimizer, marks, gradients(l, seed), changeState, sums);
  } finally {
    // a recording holds it from here on
    seed.dispose();
  }
}

function update(
  parts: Parts,
  optimizer: Optimizer,
  marks: Marks,
  grads: Map<Tensor, Tensor>,
  changeState: () => void,
  sums: GradientSums | undefined,
): void {
  const known = new Set<Tensor>(parts.model.parameters());
  for (const leaf of grads.keys())
    if (!known.has(leaf)) {
      if (leaf.storage.kind === "parameter")
        throw new StateError(
          `a Parameter ${showShape(leaf.shape)} used in forward() is not among parameters(); hold it in a field of the module`,
        );
      grads.delete(leaf);
    }
  if (grads.size === 0)
    throw new GradientError("the loss depends on no trainable parameter of the model: all are frozen, or forward() does not use them");
  marks.label = "optimizer";
  if (sums !== undefined)
    for (const [p, g] of grads) {
      const sumSoFar = sums.of(p);
      emit(Op.ADD, sumSoFar.ref, sumSoFar.ref, g.ref, g.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);
      grads.set(p, sumSoFar);
    }
  marks.section = "state";
  marks.label = "running statistics";
  changeState();
  if (marks.updates === false) return;
  marks.section = "update";
  marks.label = "optimizer";
  optimizer.emit(grads, at(parts.row, ROW.hyper));
  if (sums !== undefined) for (const g of grads.values()) emit(Op.FILL, g.ref, g.size, 0);
}
