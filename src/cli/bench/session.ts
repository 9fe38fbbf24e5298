import { type Binaries, LimitMeter, relaxedSimd } from "./limits";
import { Meter, type Sample } from "./measure";
import type { Library, Limits, Machine, Run } from "./types";
import { builtin, workloadsOf } from "./workloads/index";

/** What a measuring process is told. Addresses are what it can import. */
export interface Opening {
  readonly library: string;
  /** Addresses of the command's own binaries. */
  readonly simd: string;
  readonly relaxed: string;
  /** Of a workload file; without one the workload is built in. */
  readonly file?: string;
  readonly workload: string;
  readonly reproducible: boolean;
  /** Milliseconds without improvement that end the warm-up, and the most it takes. */
  readonly warmMs: readonly [number, number];
  /** Milliseconds of a group of calls. */
  readonly groupMs: number;
}

export type Opened = Pick<Machine, "relaxedSimd" | "arithmetic" | "binary"> & { readonly limits: Limits };

/** Microseconds of one unit, and what the machine could do around it. */
export interface Sampled extends Sample {
  readonly limit: number;
  readonly beside?: number;
}

/** One workload on one build, set up and warm. The same code in a process of Node and in a page. */
export class Session {
  private constructor(
    readonly opened: Opened,
    private readonly run: Run,
    private readonly meter: Meter,
    private readonly limits: LimitMeter,
    private readonly bound: "compute" | "memory",
    private readonly steps: number,
  ) {}

  static async open(opening: Opening, binaries: Binaries): Promise<Session> {
    const library = (await import(opening.library)) as Library;
    const { arithmetic, binary } = await library.init({ reproducible: opening.reproducible });
    const all = opening.file === undefined ? builtin : workloadsOf((await import(opening.file)).default, opening.workload);
    const workload = all.find((w) => w.name === opening.workload);
    if (workload === undefined) throw new Error(`no workload ${opening.workload}`);
    const made = await workload.make(library, { url: opening.library });
    const run: Run = typeof made === "function" ? { run: made } : made;
    const limits = new LimitMeter(binaries[binary]);
    const meter = new Meter(run.run, opening.groupMs);
    await meter.warm(...opening.warmMs);
    const most = { gflops: limits.measure("compute"), gbps: limits.measure("memory") };
    const opened = { arithmetic, binary, relaxedSimd: relaxedSimd(binaries), limits: most };
    return new Session(opened, run, meter, limits, workload.bound ?? "compute", workload.steps ?? 1);
  }

  async sample(ms: number): Promise<Sampled> {
    const before = this.limits.measure(this.bound);
    const { best, median } = await this.meter.sample(ms);
    const limit = (before + this.limits.measure(this.bound)) / 2;
    const start = performance.now();
    await this.run.beside?.();
    const beside = this.run.beside === undefined ? {} : { beside: 1000 * (performance.now() - start) };
    return { best: best / this.steps, median: median / this.steps, limit, ...beside };
  }

  close(): void {
    this.run.dispose?.();
  }
}

/** What the command asks of a measuring process, one question at a time. */
export type Question =
  | { readonly ask: "open"; readonly opening: Opening }
  | { readonly ask: "sample"; readonly ms: number }
  | { readonly ask: "close" };

export type Answer = { readonly opened: Opened } | { readonly sampled: Sampled } | { readonly closed: true } | { readonly error: string };

/** Answers questions with sessions; `read` fetches a binary. */
export function answering(read: (address: string) => Promise<Uint8Array<ArrayBuffer>>): (question: Question) => Promise<Answer> {
  let session: Session | undefined;
  return async (question) => {
    try {
      if (question.ask === "open") {
        const [simd, relaxed] = await Promise.all([read(question.opening.simd), read(question.opening.relaxed)]);
        session = await Session.open(question.opening, { simd, relaxed });
        return { opened: session.opened };
      }
      if (question.ask === "sample") return { sampled: await session!.sample(question.ms) };
      session?.close();
      return { closed: true };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
}
