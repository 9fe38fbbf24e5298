import { Op } from "../../assembly/opcodes";
import { emit, type Ref } from "../core/emit";
import { OptionError } from "../core/errors";
import type { Module } from "../nn/module";
import type { Parameter } from "../nn/parameter";
import { add, mul } from "../ops/binary";
import { sum } from "../ops/reduce";
import { abs, square } from "../ops/unary";
import { empty, fromValues, scope, type Tensor } from "../tensor/tensor";
import { checkRange } from "./check";

/** A penalty on weights: l1 sum |w| + l2 / 2 sum w^2. */
export interface Regularization {
  /** 0 or more. Default 0. */
  l1?: number;
  /** 0 or more. Default 0. */
  l2?: number;
  /** Which parameters count. Default: those named `weight` of two dimensions or more, so neither biases nor the scales of normalisation. */
  select?: (name: string, parameter: Parameter) => boolean;
}

const isWeight = (name: string, p: Parameter): boolean => /(^|\.)weight$/.test(name) && p.rank >= 2;

/** Throws OptionError for strengths below 0, or none at all. */
export function checkRegularization(what: string, given: Regularization | undefined): Regularization | undefined {
  if (given === undefined) return undefined;
  const { l1 = 0, l2 = 0, select, ...rest } = given;
  checkRange(`${what}: regularization.l1`, l1, 0);
  checkRange(`${what}: regularization.l2`, l2, 0);
  if (Object.keys(rest).length > 0 || (select !== undefined && typeof select !== "function"))
    throw new OptionError(`${what}: regularization takes { l1, l2, select }, got ${JSON.stringify(given)}`);
  return given;
}

/** The parameters of a model that are penalised. Throws OptionError where there are none: the option would do nothing. */
function selected(model: Module, { select = isWeight }: Regularization): Parameter[] {
  const found = model.namedParameters().filter(([name, p]) => select(name, p));
  if (found.length === 0)
    throw new OptionError(
      "regularization: no parameter is selected; by default those named weight of two dimensions or more count, else pass { select }",
    );
  return found.map(([, p]) => p);
}

/**
 * l1 sum |w| + l2 / 2 sum w^2 over the weights of a model, one number: to be added to the loss in a loop of one's own, or to be looked at. Its gradient is
 * l1 sign(w) + l2 w, with 0 for sign(0). Throws OptionError for strengths below 0, and where no parameter is selected.
 */
export function penalty(model: Module, given: Regularization): Tensor {
  const { l1 = 0, l2 = 0 } = checkRegularization("penalty", given)!;
  return scope(() => {
    let total: Tensor = fromValues([0], [], "f32");
    for (const p of selected(model, given)) {
      if (l1 > 0) total = add(total, mul(sum(abs(p)), l1));
      if (l2 > 0) total = add(total, mul(sum(square(p)), l2 / 2));
    }
    return total;
  });
}

/** Adds the gradient of the penalty to those of a step, in tensors of its own: gradients may share theirs. Frozen and unused weights are left alone. */
export function penalize(model: Module, given: Regularization, grads: Map<Tensor, Tensor>): void {
  const records: (Ref | number)[] = [];
  for (const p of selected(model, given)) {
    const g = grads.get(p);
    if (g === undefined) continue;
    const out = empty(p.shape);
    records.push(out.ref, g.ref, p.ref, p.size);
    grads.set(p, out);
  }
  if (records.length > 0) emit(Op.PENALTY, given.l1 ?? 0, given.l2 ?? 0, ...records);
}
