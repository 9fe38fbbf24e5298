import type { Workload } from "../types";

/** From the start of a process until its first step of 784-128-10 at batch 32 is done. */
const PROGRAM = (url: string) => `
  import { Adam, crossEntropy, Linear, ReLU, rand, Sequential, tensor, trainStep } from ${JSON.stringify(url)};
  const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
  const step = trainStep(model, { loss: crossEntropy, optimizer: new Adam(model.parameters()) });
  if (!(step(rand([32, 784]), tensor(new Int32Array(32))) > 0)) process.exit(1);`;

export const startUp: Workload = {
  name: "start-up to the first T3 step",
  group: "start-up",
  only: "node",
  // a process takes as long as the system lets it
  threshold: 0.25,
  make: async (_, { url }) => {
    const { execFileSync } = await import("node:child_process");
    const node = (...args: string[]) =>
      execFileSync(process.execPath, [...process.execArgv, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    return { run: () => node("--input-type=module", "-e", PROGRAM(url)), beside: () => node("-e", "0") };
  },
};
