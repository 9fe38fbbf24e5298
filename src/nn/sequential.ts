import { DataError } from "../core/errors";
import type { Tensor } from "../tensor/tensor";
import { isModule, Module } from "./module";

/** A step of a Sequential: a module, or a function of tensors. */
export type Stage = Module | ((x: Tensor) => Tensor);

/** Modules and functions one after the other; parameters are named `0.weight` and so on, as PyTorch names them. */
export class Sequential extends Module {
  static override readonly type = "Sequential";
  readonly stages: readonly Stage[];

  constructor(...stages: Stage[]) {
    super();
    for (const [k, s] of stages.entries())
      if (!isModule(s) && typeof s !== "function") throw new DataError(`Sequential: stage ${k} is neither a module nor a function`);
    this.stages = stages;
  }

  protected override *fields(): Generator<[string, unknown]> {
    for (const [k, stage] of this.stages.entries()) yield [String(k), stage];
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const stage of this.stages) y = isModule(stage) ? stage.forward(y) : stage(y);
    return y;
  }
}
