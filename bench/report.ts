import os from "node:os";
import type { Timing } from "./measure";

/** Something to measure. `make` sets it up when its turn comes. */
export interface Case {
  readonly name: string;
  readonly group: "products" | "elementwise" | "training" | "inference";
  /** Floating-point operations of a run. */
  readonly flops?: number;
  /** Numbers worked on in a run. */
  readonly items?: number;
  /** Rows of a run. */
  readonly samples?: number;
  /** Steps of a run, 1 unless told. */
  readonly steps?: number;
  make(): Run;
}

export interface Run {
  run(): unknown;
  dispose(): void;
}

export interface Row extends Timing {
  readonly name: string;
  readonly group: Case["group"];
  readonly gflops?: number;
  /** Of the ceiling measured around it. */
  readonly share?: number;
  readonly itemsPerSecond?: number;
  readonly samplesPerSecond?: number;
}

export interface Report {
  machine: { cpu: string; cores: number; node: string; platform: string; arithmetic: string };
  date: string;
  /** GFLOP/s of multiply-adds in registers, this build, one core: the best seen during the run. */
  ceiling: number;
  rows: Row[];
}

export function machine(arithmetic: string): Report["machine"] {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? "unknown",
    cores: cpus.length,
    node: process.version,
    platform: `${os.platform()} ${os.arch()}`,
    arithmetic,
  };
}

export function rowOf(c: Case, timing: Timing, ceiling: number): Row {
  const steps = c.steps ?? 1;
  const [best, median] = [timing.best / steps, timing.median / steps];
  const gflops = c.flops === undefined ? {} : { gflops: c.flops / best / 1000, share: c.flops / best / 1000 / ceiling };
  const items = c.items === undefined ? {} : { itemsPerSecond: (1e6 * c.items) / best };
  const samples = c.samples === undefined ? {} : { samplesPerSecond: (1e6 * c.samples) / best };
  return { name: c.name, group: c.group, best, median, ...gflops, ...items, ...samples };
}

const round = (x: number) => (x >= 1000 ? Math.round(x).toLocaleString("en") : x.toPrecision(3));

/** What a row has achieved, in the unit that fits. */
function achieved(r: Row): string {
  if (r.gflops !== undefined && r.group === "products")
    return `${r.gflops.toFixed(1)} GFLOP/s ${(100 * r.share!).toFixed(0).padStart(3)} %`;
  if (r.itemsPerSecond !== undefined) return `${(r.itemsPerSecond / 1e9).toFixed(2)} G/s`;
  const flops = r.gflops === undefined ? "" : `${r.gflops.toFixed(1)} GFLOP/s ${(100 * r.share!).toFixed(0).padStart(3)} %`;
  return `${round(r.samplesPerSecond!)} samples/s`.padEnd(24) + flops;
}

export const HEAD = `${"".padEnd(38)}${"best us".padStart(11)}${"median us".padStart(11)}   achieved, by the best`;

export function line(r: Row): string {
  return `${r.name.padEnd(38)}${round(r.best).padStart(11)}${round(r.median).padStart(11)}   ${achieved(r)}`;
}
