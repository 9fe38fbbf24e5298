import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { DataError, OptionError, ShapeError } from "../core/errors";
import { Module } from "../nn/module";
import { Buffer } from "../nn/parameter";
import { expectDType } from "../ops/define";
import { showShape } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";

/** Weights of one unit: w0, the bias (the weight of a constant input x0 = 1), then one an input. */
export type UnitWeights = readonly number[];

/**
 * Threshold units after McCulloch and Pitts (1943), with weights set by hand: u = 1 where w0 + sum of w_i x_i > 0, strictly, else 0.
 * x (..., inputs) gives (..., units) of zeros and ones. There is no gradient: Perceptron learns such weights by its own rule.
 *
 *     new ThresholdUnit([-1.5, 1, 1])                       // and
 *     new ThresholdUnit([[-0.5, 1, 1], [1.5, -1, -1]])      // two units: or, not both
 *
 * The bias is minus the threshold: sum > 1.5 is written w0 = -1.5.
 */
export class ThresholdUnit extends Module {
  static override readonly type: string = "ThresholdUnit";
  /** (units, 1 + inputs), the bias first. */
  readonly weight: Buffer;

  /** Throws ShapeError when units have different numbers of weights or no input, DataError for a weight that is not a finite number. */
  constructor(weights: UnitWeights | readonly UnitWeights[]) {
    super();
    const units = unitsOf(weights);
    this.weight = new Buffer([units.length, units[0]!.length]);
    this.weight.set(units.flat());
  }

  get inputs(): number {
    return this.weight.shape[1]! - 1;
  }

  get outputs(): number {
    return this.weight.shape[0]!;
  }

  /** A row a unit, w0 first; copied out, as stored (f32). */
  get weights(): number[][] {
    return this.weight.toArray() as number[][];
  }

  /** Sets all weights: as many units and inputs as before. */
  set weights(weights: UnitWeights | readonly UnitWeights[]) {
    const units = unitsOf(weights);
    if (units.length !== this.outputs || units[0]!.length !== this.inputs + 1)
      throw new ShapeError(
        `weights: expected ${this.outputs} unit(s) of ${this.inputs + 1} weights (w0 first), got ${units.length} of ${units[0]!.length}`,
      );
    this.weight.set(units.flat());
  }

  override get config(): Record<string, unknown> {
    return { weights: this.weights };
  }

  forward(x: Tensor): Tensor {
    const { inputs, outputs } = this;
    expectDType(this.constructor.name, "f32", x);
    if (x.shape.at(-1) !== inputs)
      throw new ShapeError(`${this.constructor.name}: takes ${inputs} inputs a row, got shape ${showShape(x.shape)}`);
    const u = empty([...x.shape.slice(0, -1), outputs]);
    emit(Op.PERCEPTRON, this.weight.ref, u.ref, 0, x.ref, 0, u.size / outputs, inputs, outputs, 0);
    return u;
  }
}

/** Rows of weights, checked. */
function unitsOf(weights: UnitWeights | readonly UnitWeights[]): readonly UnitWeights[] {
  if (!Array.isArray(weights) || weights.length === 0) throw new OptionError("weights: expected [w0, w1, ...] or an array of such units");
  const units = (Array.isArray(weights[0]) ? weights : [weights]) as readonly UnitWeights[];
  for (const [k, unit] of units.entries()) {
    if (!Array.isArray(unit) || unit.length !== units[0]!.length || unit.length < 2)
      throw new ShapeError(`weights: unit ${k} needs w0 and a weight an input, as many as the others; got ${JSON.stringify(unit)}`);
    for (const [j, w] of unit.entries())
      if (typeof w !== "number" || !Number.isFinite(w))
        throw new DataError(`weights: w${j} of unit ${k} is ${w}, expected a finite number`);
  }
  return units;
}
