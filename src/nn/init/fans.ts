import { OptionError, ShapeError } from "../../core/errors";
import { checkNumber } from "../../ops/activation";
import { type Shape, showShape, sizeOf } from "../../tensor/shape";

export interface Fans {
  /** Numbers that one output is summed from. */
  readonly fanIn: number;
  /** Outputs that one input goes into. */
  readonly fanOut: number;
}

/**
 * Fans of a weight (out, in, ...kernel): in and out, each times the items of the kernel. Throws ShapeError for fewer than two dimensions.
 * torch.nn.init._calculate_fan_in_and_fan_out.
 */
export function fansOf(what: string, shape: Shape): Fans {
  if (shape.length < 2)
    throw new ShapeError(
      `${what}: fans need a weight of two dimensions or more, (out, in, ...), got ${showShape(shape)}; uniform or normal fill any`,
    );
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel };
}

/** Activations that have a gain. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

const GAINS: Readonly<Record<Nonlinearity, number>> = {
  linear: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  leakyRelu: Number.NaN,
  selu: 3 / 4,
};

export const NONLINEARITIES = Object.keys(GAINS) as Nonlinearity[];

/**
 * By how much weights must be larger than 1 / sqrt(fan) so that the signal keeps its size through an activation: linear and sigmoid 1, tanh 5 / 3, relu sqrt(2),
 * leakyRelu sqrt(2 / (1 + negativeSlope^2)), selu 3 / 4. Throws OptionError for others. torch.nn.init.calculate_gain.
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  if (!Object.hasOwn(GAINS, nonlinearity))
    throw new OptionError(
      `calculateGain: unknown nonlinearity ${JSON.stringify(nonlinearity)}; known are ${NONLINEARITIES.join(", ")}. For others take the nearest, or give a gain`,
    );
  if (nonlinearity !== "leakyRelu") return GAINS[nonlinearity];
  checkNumber("calculateGain", "negativeSlope", negativeSlope);
  return Math.sqrt(2 / (1 + negativeSlope * negativeSlope));
}
