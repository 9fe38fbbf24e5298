import { decidePaired, type Pair } from "./decide";
import type { Opened, Sampled } from "./session";
import { short } from "./stats";
import type { Build, Change, Workload } from "./types";

/** A build that can be measured. */
export interface Target extends Build {
  /** What it is called in messages. */
  readonly name: string;
  /** Folder of the package. */
  readonly folder: string;
  /** File that is imported. */
  readonly module: string;
}

/** A workload, and the file it comes from unless it is built in. */
export interface Listed {
  readonly workload: Workload;
  readonly file?: string;
}

export interface Sampler {
  readonly opened: Opened;
  sample(ms: number): Promise<Sampled>;
  close(): Promise<void>;
  /** Ends it whatever it does. */
  kill(): Promise<void>;
}
export type Open = (target: Target, listed: Listed) => Promise<Sampler>;

export interface Plan {
  /** Fresh processes for each workload and build. */
  readonly launches: number;
  /** Samples in each. */
  readonly rounds: number;
  readonly sampleMs: number;
}

/** What came of a workload on one build. */
export interface Measured {
  readonly listed: Listed;
  /** By launch, then round. */
  readonly launches: Sampled[][];
  opened?: Opened;
  failed?: string;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export type Progress = (text: string) => void;

/** One build. Launches are the outer loop, so that a workload's rounds are spread over the whole run. */
export async function measureAlone(
  open: Open,
  target: Target,
  list: readonly Listed[],
  plan: Plan,
  progress: Progress,
  finished: (m: Measured) => void,
): Promise<Measured[]> {
  const all: Measured[] = list.map((listed) => ({ listed, launches: [] }));
  for (let launch = 0; launch < plan.launches; launch++)
    for (const m of all) {
      progress(`${launch + 1}/${plan.launches} ${m.listed.workload.name}`);
      try {
        if (m.failed === undefined) {
          const s = await open(target, m.listed);
          m.opened = s.opened;
          m.launches.push(await rounds([s], plan).then((r) => r.map(([one]) => one!)));
        }
      } catch (error) {
        m.failed = messageOf(error);
      }
      if (launch + 1 === plan.launches) finished(m);
    }
  return all;
}

/** Samples of all samplers in every round: in order, then in reverse order, and so on. Ends them. */
async function rounds(samplers: readonly Sampler[], { rounds: count, sampleMs }: Plan): Promise<Sampled[][]> {
  const all: Sampled[][] = [];
  try {
    for (let round = 0; round < count; round++) {
      const row: Sampled[] = [];
      const order = [...samplers.keys()];
      for (const k of round % 2 === 0 ? order : order.reverse()) row[k] = await samplers[k]!.sample(sampleMs);
      all.push(row);
    }
    for (const s of samplers) await s.close();
  } finally {
    for (const s of samplers) await s.kill();
  }
  return all;
}

/** A workload on both builds. */
interface Paired {
  readonly listed: Listed;
  readonly threshold: number;
  readonly pairs: Pair[][];
  readonly base: Measured;
  readonly head: Measured;
}

async function launchPair(open: Open, base: Target, head: Target, p: Paired, plan: Plan, launch: number): Promise<void> {
  const started: Sampler[] = [];
  const side = async (m: Measured, target: Target): Promise<Sampler | undefined> => {
    try {
      const s = await open(target, p.listed);
      m.opened = s.opened;
      started.push(s);
      return s;
    } catch (error) {
      m.failed = messageOf(error);
      return undefined;
    }
  };
  // who is started first changes too
  const first = launch % 2 === 0;
  const early = await (first ? side(p.base, base) : side(p.head, head));
  const late = await (first ? side(p.head, head) : side(p.base, base));
  const [b, h] = first ? [early, late] : [late, early];
  if (b === undefined || h === undefined) {
    for (const s of started) await s.kill();
    return;
  }
  try {
    const samples = await rounds([b, h], plan);
    p.base.launches.push(samples.map((row) => row[0]!));
    p.head.launches.push(samples.map((row) => row[1]!));
    p.pairs.push(samples.map((row) => [short(row[0]!.median), short(row[1]!.median)]));
  } catch (error) {
    p.head.failed = messageOf(error);
  }
}

function judge(p: Paired): Change {
  const { name } = p.listed.workload;
  const none = (verdict: Change["verdict"], why: string): Change => ({ name, verdict, threshold: p.threshold, why });
  if (p.head.failed !== undefined) return none("failed", p.head.failed);
  if (p.base.failed !== undefined) return none("new", p.base.failed);
  return { ...decidePaired(name, p.pairs, p.threshold), pairs: p.pairs };
}

/**
 * Both builds in turn on this machine. What seems slower or faster has to show it a second time, in fresh processes,
 * and the second figures are the ones given: the first were looked at because they were far off.
 */
export async function measurePaired(
  open: Open,
  base: Target,
  head: Target,
  list: readonly (Listed & { readonly threshold: number })[],
  plan: Plan,
  progress: Progress,
): Promise<{ changes: Change[]; measured: Measured[] }> {
  const fresh = (listed: Listed & { readonly threshold: number }): Paired => ({
    listed,
    threshold: listed.threshold,
    pairs: [],
    base: { listed, launches: [] },
    head: { listed, launches: [] },
  });
  const launches = async (what: string, all: readonly Paired[]) => {
    for (let launch = 0; launch < plan.launches; launch++)
      for (const p of all) {
        if (p.base.failed !== undefined || p.head.failed !== undefined) continue;
        progress(`${what}${launch + 1}/${plan.launches} ${p.listed.workload.name}`);
        await launchPair(open, base, head, p, plan, launch);
      }
  };
  /** What stays unsure is launched as often again. */
  const settle = async (what: string, all: readonly Paired[]) => {
    await launches(what, all);
    await launches(
      `${what}again `,
      all.filter((p) => judge(p).verdict === "unsure"),
    );
  };
  const all = list.map(fresh);
  await settle("", all);
  const suspects = all.flatMap((p, k) => (["slower", "faster"].includes(judge(p).verdict) ? [{ k, again: fresh(list[k]!) }] : []));
  await settle(
    "confirm ",
    suspects.map((s) => s.again),
  );
  for (const { k, again } of suspects) all[k] = again;
  return { changes: all.map(judge), measured: all.map((p) => p.head) };
}
