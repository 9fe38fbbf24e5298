import { UsageError } from "./errors";

/** The number behind an option. Throws UsageError unless it lies in a range. */
export function numberOf(option: string, text: string | undefined, least: number, most: number, whole = false): number | undefined {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (text.trim() === "" || !(n >= least && n <= most) || (whole && !Number.isInteger(n)))
    throw new UsageError(
      `--${option} takes a ${whole ? "whole " : ""}number ${most === Infinity ? `of ${least} or more` : `from ${least} to ${most}`}, got ${text}`,
    );
  return n;
}

export const wholeOf = (option: string, text: string | undefined, least = 1): number | undefined =>
  numberOf(option, text, least, Infinity, true);

/** One of several words. Throws UsageError. */
export function wordOf<T extends string>(option: string, text: string | undefined, words: readonly T[]): T | undefined {
  if (text === undefined || (words as readonly string[]).includes(text)) return text as T | undefined;
  throw new UsageError(`--${option} takes ${words.join(", ")}, got ${text}`);
}

/** As many digits as tell something. */
export const short = (v: number): string =>
  v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e6) ? String(Number(v.toPrecision(4))) : v.toExponential(2);
