import { expect, it } from "vitest";
import { fit, Linear, manualSeed, ReLU, runtimeInfo, Sequential, shutdown, WorkerError } from "../../src/index";
import { noLeaks } from "../leaks";
import { allFinite, bits } from "../small";
import { inTraining, threads } from "./lanes";

noLeaks();

const ROWS = 512;
const data = {
  x: { data: Float32Array.from({ length: 64 * ROWS }, (_, k) => Math.sin(k)), shape: [ROWS, 64] as const },
  y: Int32Array.from({ length: ROWS }, (_, k) => k % 5),
};
const options = { loss: "crossEntropy", optimizer: { type: "adam" }, seed: 1 } as const;
const net = () => {
  manualSeed(2);
  return new Sequential(new Linear(64, 128), new ReLU(), new Linear(128, 5));
};

it("shutdown() ends the workers: runs reject with WorkerError, models stay usable, the next run is the calling thread's, init() starts anew", async () => {
  const alone = net();
  await fit(alone, data, { ...options, epochs: 2 });
  const wanted = bits(alone);
  await threads(2);
  const models = [net(), net(), net(), net()];
  const running = Promise.allSettled(models.map((m) => fit(m, data, { ...options, epochs: 1e6 })));
  await inTraining(models[3]!);
  await shutdown();
  for (const r of await running) expect(r.status === "rejected" && r.reason).toBeInstanceOf(WorkerError);
  for (const m of models) expect(allFinite(m)).toBe(true);
  expect(runtimeInfo()).toMatchObject({ threads: 0, threadsReason: "shutdown() ended them" });
  await shutdown();
  for (const n of [0, 2]) {
    await threads(n);
    const again = net();
    await fit(again, data, { ...options, epochs: 2 });
    expect(bits(again)).toEqual(wanted);
    again.dispose();
  }
  await threads(0);
  for (const m of [alone, ...models]) m.dispose();
});
