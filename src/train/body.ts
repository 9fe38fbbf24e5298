import { Op } from "../../assembly/opcodes";
import { gradients, noGrad } from "../autograd/graph";
import { deferring } from "../core/deferred";
import { emit, type Ref } from "../core/emit";
import { GradientError, ShapeError, StateError } from "../core/errors";
import type { Storage } from "../core/storage";
import type { Loss } from "../loss/losses";
import type { Metric } from "../metrics/metrics";
import { inMode, type Module } from "../nn/module";
import { sum } from "../ops/reduce";
import { reshape } from "../ops/shape";
import type { AveragedModel } from "../optim/averaged";
import { type Clip, clipped } from "../optim/clip";
import type { Optimizer } from "../optim/optimizer";
import { penalize, type Regularization } from "../optim/regularization";
import { showShape } from "../tensor/shape";
import { fromValues, type Tensor } from "../tensor/tensor";
import type { Batch } from "./feed";
import { ROW } from "./layout";
import type { GradientSums } from "./sums";
import { isSum, LEAST_WEIGHT, lossOf, rowWeights } from "./weights";

/** What a step is made of; the same for every batch shape. */
export interface Parts {
  readonly model: Module;
  readonly loss: Loss;
  readonly metrics: readonly (readonly [string, Metric])[];
  /** Whether the data set gives rows weights whose sums are wanted as figures. */
  readonly weighted?: boolean;
  /** What becomes of gradients that are too large, once the batches of an update are put together. */
  readonly clip?: Clip | undefined;
  /** A penalty on weights, whose gradient is added once an update. */
  readonly regularization?: Regularization | undefined;
  /** What takes the parameters in after each update. */
  readonly ema?: AveragedModel | undefined;
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

/** Whether the sums of the rows' weights are figures too. */
export const storesWeights = ({ loss, weighted }: Pick<Parts, "loss" | "weighted">): boolean =>
  weighted === true || loss.rowWeight !== undefined;

/** Figures a step leaves: the loss, each metric, and where rows have weights, their sums, in the loss and in metrics. */
export const figuresOf = (parts: Omit<Parts, "row">): number => 1 + parts.metrics.length + (storesWeights(parts) ? 2 : 0);

/** Forward, loss and metrics; the figures go where the row says. Gives the loss, and where rows have weights, their sum. */
function figures(parts: Parts, batch: Batch, training: boolean, marks: Marks): { loss: Tensor; total: Tensor | undefined } {
  const output = inMode(training, () => parts.model.forward(...batch.inputs));
  marks.label = "loss";
  const weights = noGrad(() => rowWeights(parts.loss, output, batch));
  const total = weights.loss === undefined ? undefined : sum(weights.loss);
  const l = lossOf(parts.loss, output, batch, total);
  const store = (t: Tensor, k: number) => emit(Op.STORE_SCALAR, t.ref, at(parts.row, ROW.results), k);
  store(l, 0);
  marks.label = "metrics";
  noGrad(() => {
    for (const [k, [name, metric]] of parts.metrics.entries()) {
      const m = metric(output, batch.target!, weights.metric);
      if (m.size !== 1) throw new ShapeError(`metric ${name} has shape ${showShape(m.shape)}; it must be one number for a batch`);
      store(m, k + 1);
    }
    if (!storesWeights(parts)) return;
    const rows = fromValues([batch.inputs[0]!.shape[0]!], [], "f32");
    const last = 1 + parts.metrics.length;
    store(total ?? rows, last);
    store(weights.metric === undefined ? rows : sum(weights.metric), last + 1);
    rows.dispose();
  });
  return { loss: l, total };
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
  const [{ loss, total }, changeState] = deferring(() => figures(parts, given, true, marks));
  marks.label = "loss";
  // the gradient of a sum over the rows where batches are accumulated, else of the loss as it is
  const weight = sums === undefined || isSum(parts.loss) ? 1 : (total ?? given.inputs[0]!.shape[0]!);
  const seed = typeof weight === "number" ? fromValues([weight], loss.shape, "f32") : reshape(weight, loss.shape);
  try {
    update(parts, optimizer, marks, gradients(loss, seed), changeState, sums === undefined ? undefined : { sums, weight: seed });
  } finally {
    // a recording holds it from here on
    seed.dispose();
  }
}

/** Sums of the batches so far, and the weight of the one at hand. */
interface Accumulation {
  readonly sums: GradientSums;
  readonly weight: Tensor;
}

const same = (op: Op.ADD | Op.MAXIMUM, out: Tensor, a: Tensor, b: Tensor) =>
  emit(op, out.ref, a.ref, b.ref, out.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);

function update(
  parts: Parts,
  optimizer: Optimizer,
  marks: Marks,
  grads: Map<Tensor, Tensor>,
  changeState: () => void,
  group: Accumulation | undefined,
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
  if (group !== undefined) {
    const { sums, weight } = group;
    same(Op.ADD, sums.weight, sums.weight, weight);
    for (const [p, g] of grads) {
      const sumSoFar = sums.of(p);
      same(Op.ADD, sumSoFar, sumSoFar, g);
      grads.set(p, sumSoFar);
    }
  }
  marks.section = "state";
  marks.label = "running statistics";
  changeState();
  if (marks.updates === false) return;
  marks.section = "update";
  marks.label = "optimizer";
  if (group !== undefined && !isSum(parts.loss)) divide(grads, group.sums.weight);
  const gathered = [...grads.values()];
  if (parts.regularization !== undefined) penalize(parts.model, parts.regularization, grads);
  const ordered = [...known].flatMap((p) => grads.get(p) ?? []);
  optimizer.emit(grads, at(parts.row, ROW.hyper), clipped(parts.clip, ordered));
  marks.label = "average";
  parts.ema?.updateParameters(parts.model);
  marks.label = "optimizer";
  if (group !== undefined) for (const g of [...gathered, group.sums.weight]) emit(Op.FILL, g.ref, g.size, 0);
}

/** Sums of gradients become means, in place. */
function divide(sums: ReadonlyMap<Tensor, Tensor>, weight: Tensor): void {
  const least = fromValues([LEAST_WEIGHT], [], "f32");
  same(Op.MAXIMUM, weight, weight, least);
  least.dispose();
  for (const g of sums.values()) emit(Op.DIV, g.ref, g.ref, weight.ref, g.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0);
}
