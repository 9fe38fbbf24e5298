import { OptionError } from "../core/errors";

/** Throws OptionError unless low <= value < high (or <= high where closed). */
export function checkRange(what: string, value: number | undefined, low: number, high = Infinity, closed = false): void {
  if (!(typeof value === "number" && value >= low && (closed ? value <= high : value < high)))
    throw new OptionError(`${what} must lie in [${low}, ${high}${closed ? "]" : ")"}, got ${String(value)}`);
}
