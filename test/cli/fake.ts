/** Measuring processes that take their time from a synthetic host, and a terminal that is kept. */

import type { Listed, Open, Target } from "../../src/cli/bench/run";
import type { Opened } from "../../src/cli/bench/session";
import type { Io } from "../../src/cli/command";
import type { Host } from "./host";

export const OPENED: Opened = { relaxedSimd: true, arithmetic: "fused", binary: "relaxed", limits: { gflops: 50, gbps: 20 } };

export const target = (name: string): Target => ({ name, folder: `/${name}`, module: `/${name}/index.js`, version: "1.0.0" });

export const listed = (name: string, threshold = 0.1): Listed & { threshold: number } => ({
  workload: { name, bound: "compute", make: () => () => 0 },
  threshold,
});

/** `cost` tells the work of a workload on a build, in microseconds on a quiet host at full speed; throws where it cannot run. */
export function faked(host: Host, cost: (build: string, workload: string) => number, opened = OPENED): Open {
  return async (t, { workload }) => {
    const us = cost(t.name, workload.name) * host.process();
    return {
      opened,
      sample: async () => {
        const before = 1 / host.time();
        const median = us * host.time();
        return { best: median, median, limit: (opened.limits.gflops * (before + 1 / host.time())) / 2 };
      },
      close: async () => {},
      kill: async () => {},
    };
  };
}

export function terminal(cwd: string, env: Io["env"] = {}): Io & { text: string; errors: string } {
  const io = {
    text: "",
    errors: "",
    out: (t: string) => {
      io.text += t;
    },
    err: (t: string) => {
      io.errors += t;
    },
    progress: () => {},
    colour: false,
    env,
    cwd,
  };
  return io;
}
