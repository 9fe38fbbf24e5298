import type * as neurite from "../../index";

/** What `import("neurite")` gives: a workload is handed the build that is measured. */
export type Library = typeof neurite;

/** What a workload has set up. */
export interface Run {
  /** Does the work once. A promise is waited for. */
  run(): unknown;
  /** Something to read the figure beside, timed once a round. */
  beside?(): unknown;
  dispose?(): void;
}

export interface Surroundings {
  /** What the library was imported from. */
  readonly url: string;
}

/** Which of the machine's two limits a workload is nearest to: multiply-adds in registers, or bytes from memory. */
export type Bound = "compute" | "memory";

/** Something to measure. */
export interface Workload {
  /** Names are unique in a run; figures of two runs are compared by name. */
  readonly name: string;
  /** Heading of the table; "yours" unless told. */
  readonly group?: string;
  /** What --normalize divides by. "compute" unless told. */
  readonly bound?: Bound;
  /** Units of work in one run(), steps for instance: times are of one unit. 1 unless told. */
  readonly steps?: number;
  /** Floating-point operations of one unit. */
  readonly flops?: number;
  /** Numbers worked on in one unit. */
  readonly items?: number;
  /** Rows of one unit. */
  readonly samples?: number;
  /** Relative slow-down that counts, 0.1 for 10 %, where the command line names none for it. */
  readonly threshold?: number;
  /** "node": cannot run in a page. */
  readonly only?: "node";
  /** Sets it up, in a process of its own. The function that is given back is run(). */
  make(library: Library, surroundings: Surroundings): Run | (() => unknown) | Promise<Run | (() => unknown)>;
}

/** What a workload file exports by default: workloads, or the make() of one that is called as the file. */
export type WorkloadFile = Workload | readonly Workload[] | Workload["make"];

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly platform: string;
  /** "node 24.21.0", or the browser's name and version. */
  readonly runtime: string;
  readonly v8: string;
  readonly relaxedSimd: boolean;
  readonly arithmetic: "plain" | "fused" | "unfused";
  /** Which binary the library chose. */
  readonly binary: string;
}

export interface Build {
  readonly version: string;
  /** Full hash, with "+" behind it where the working tree has changes; absent outside of a repository. */
  readonly commit?: string;
}

/** Both limits of the machine. */
export interface Limits {
  /** Multiply-adds in registers, one core, GFLOP/s. */
  readonly gflops: number;
  /** Copying from memory to memory, read and written bytes together, GB/s. */
  readonly gbps: number;
}

export interface Row {
  readonly name: string;
  readonly group: string;
  readonly bound: Bound;
  /** Microseconds of one unit: the least of all samples. */
  readonly best: number;
  /** Median over the rounds. */
  readonly median: number;
  /** Median absolute deviation of the rounds from `median`, as a share of it. */
  readonly mad: number;
  /** Median of rounds, each multiplied by the limit measured around it: kFLOP (compute) or kB (memory) of a machine that reaches its limit. */
  readonly normalized: number;
  /** Microseconds of every round, by launch. */
  readonly rounds: readonly (readonly number[])[];
  /** The limit that bounds it, around every round: GFLOP/s or GB/s. */
  readonly limits: readonly (readonly number[])[];
  readonly flops?: number;
  readonly items?: number;
  readonly samples?: number;
  /** Microseconds of what the workload is read beside, median over the rounds: a bare `node -e 0` beside start-up. */
  readonly beside?: number;
  /** Why there are no figures. */
  readonly failed?: string;
}

export const SCHEMA = "neurite-bench/1";

/** What --json writes. */
export interface Report {
  readonly schema: typeof SCHEMA;
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly build: Build;
  /** Medians over the run. */
  readonly limits: Limits;
  readonly plan: { readonly launches: number; readonly rounds: number; readonly sampleMs: number };
  readonly workloads: readonly Row[];
  readonly comparison?: Comparison;
}

export type Verdict = "slower" | "faster" | "same" | "unsure" | "new" | "gone" | "failed";

export interface Change {
  readonly name: string;
  readonly verdict: Verdict;
  /** Time now over time before: 1.2 is 20 % slower. Absent without figures on both sides. */
  readonly ratio?: number;
  /** Interval of the ratio. */
  readonly low?: number;
  readonly high?: number;
  /** Relative slow-down that counts. */
  readonly threshold: number;
  /** Of builds in turn: microseconds on the base and on this build, by launch, then round. */
  readonly pairs?: readonly (readonly (readonly [base: number, head: number])[])[];
  /** Why there is no ratio. */
  readonly why?: string;
}

export interface Comparison {
  /** "paired": both builds in turn, in one run; "stored": with an earlier report. */
  readonly kind: "paired" | "stored";
  readonly base: Build & { readonly name: string };
  readonly normalized: boolean;
  readonly warnings: readonly string[];
  readonly changes: readonly Change[];
}
