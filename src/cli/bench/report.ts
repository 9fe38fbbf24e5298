import type { Measured, Plan, Target } from "./run";
import { mad, median, short } from "./stats";
import { type Comparison, type Machine, type Report, type Row, SCHEMA, type Workload } from "./types";

const sized = ({ flops, items, samples }: Workload) => ({
  ...(flops === undefined ? {} : { flops }),
  ...(items === undefined ? {} : { items }),
  ...(samples === undefined ? {} : { samples }),
});

export function rowOf({ listed: { workload }, launches, failed }: Measured): Row {
  const head = { name: workload.name, group: workload.group ?? "yours", bound: workload.bound ?? "compute", ...sized(workload) };
  const all = launches.flat();
  if (failed !== undefined || all.length === 0)
    return { ...head, best: 0, median: 0, mad: 0, normalized: 0, rounds: [], limits: [], failed: failed ?? "not measured" };
  const middle = median(all.map((s) => s.median));
  const beside = all.flatMap((s) => s.beside ?? []);
  return {
    ...head,
    best: short(Math.min(...all.map((s) => s.best))),
    median: short(middle),
    mad: short(mad(all.map((s) => s.median)) / middle),
    // microseconds by 10^9 a second: thousands
    normalized: short(median(all.map((s) => s.median * s.limit))),
    rounds: launches.map((l) => l.map((s) => short(s.median))),
    limits: launches.map((l) => l.map((s) => short(s.limit))),
    ...(beside.length === 0 ? {} : { beside: short(median(beside)) }),
  };
}

export function reportOf(measured: readonly Measured[], machine: Machine, target: Target, plan: Plan, comparison?: Comparison): Report {
  const limits = measured.flatMap((m) => m.opened?.limits ?? []);
  const middle = (values: number[]) => (values.length === 0 ? 0 : short(median(values)));
  return {
    schema: SCHEMA,
    date: new Date().toISOString(),
    machine,
    build: { version: target.version, ...(target.commit === undefined ? {} : { commit: target.commit }) },
    limits: { gflops: middle(limits.map((l) => l.gflops)), gbps: middle(limits.map((l) => l.gbps)) },
    plan: { launches: plan.launches, rounds: plan.rounds, sampleMs: plan.sampleMs },
    workloads: measured.map(rowOf),
    ...(comparison && { comparison }),
  };
}
