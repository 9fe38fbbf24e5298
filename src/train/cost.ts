import { OptionError } from "../core/errors";
import { ceiling } from "../core/profile";
import type { History } from "./options";

/** What a run took. */
export interface Cost {
  readonly seconds: number;
  /** Seconds of processor time, where the platform tells; else those of the clock. */
  readonly cpuSeconds: number;
  readonly flops: number;
  /** Share of what one core of this machine could have done in the processor time: multiply-adds in registers, measured now. */
  readonly shareOfPeak: number;
  /** Watt-hours, of `watts` for each second of processor time: an estimate, no measurement. */
  readonly wattHours: number;
  readonly watts: number;
}

/** Watts of one busy core with its part of the rest of a server, when nothing else is said: an assumption. */
const WATTS = 15;

/** What a run took, from its history; measures this machine's peak for about 5 ms. Throws OptionError. */
export function costOf({ seconds, cpuSeconds = seconds, flops }: History, { watts = WATTS }: { watts?: number } = {}): Cost {
  if (!(watts > 0 && watts < Infinity)) throw new OptionError(`costOf: watts must be more than 0, got ${watts}`);
  const peak = 1e9 * ceiling();
  return {
    seconds,
    cpuSeconds,
    flops,
    shareOfPeak: cpuSeconds > 0 ? flops / (peak * cpuSeconds) : 0,
    wattHours: (watts * cpuSeconds) / 3600,
    watts,
  };
}
