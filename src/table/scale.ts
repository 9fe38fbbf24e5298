import { OptionError } from "../core/errors";

/**
 * How numbers are brought to one size: (x - center) / scale. `standard`: mean and standard deviation; `minmax`: to 0 ... 1; `robust`: median and the distance between
 * the quartiles, which outliers do not move; `none`: as they are.
 */
export type Scaling = "standard" | "minmax" | "robust" | "none";
export const SCALINGS: readonly Scaling[] = ["standard", "minmax", "robust", "none"];

export interface Scale {
  readonly center: number;
  readonly scale: number;
}

/** Of sorted numbers, between neighbours in proportion (as numpy.quantile does by default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const k = Math.floor(at);
  const low = sorted[k]!;
  return k + 1 < sorted.length ? low + (at - k) * (sorted[k + 1]! - low) : low;
}

export function median(values: ArrayLike<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** From numbers that are all there; the scale of numbers that are all the same is 1. */
export function scaleOf(values: Float64Array, scaling: Scaling): Scale {
  if (!SCALINGS.includes(scaling)) throw new OptionError(`scale: ${JSON.stringify(scaling)} is unknown; known are ${SCALINGS.join(", ")}`);
  if (scaling === "none" || values.length === 0) return { center: 0, scale: 1 };
  const sorted = values.slice().sort();
  let [center, scale] = [0, 1];
  if (scaling === "minmax") [center, scale] = [sorted[0]!, sorted.at(-1)! - sorted[0]!];
  else if (scaling === "robust") [center, scale] = [quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25)];
  else {
    center = values.reduce((a, b) => a + b, 0) / values.length;
    scale = Math.sqrt(values.reduce((a, b) => a + (b - center) ** 2, 0) / values.length);
  }
  // what does not vary by more than rounding does not vary
  return { center, scale: scale > 1e-12 * Math.max(1e-300, Math.abs(center)) ? scale : 1 };
}
