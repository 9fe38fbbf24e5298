import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import {
  Adam,
  BatchNorm1d,
  fit,
  init,
  LBFGS,
  Linear,
  manualSeed,
  memory,
  type Optimizer,
  predict,
  predictor,
  ReLU,
  randn,
  runtimeInfo,
  Sequential,
  shutdown,
  tensor,
  trainStep,
  WorkerError,
} from "../../src/index";
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

for (const n of [0, 2])
  it(`what is alive keeps its values over shutdown(), and goes on with the bits of one that never was, ${n} workers`, async () => {
    const makers: ((model: Sequential) => Optimizer)[] = [
      (m) => new Adam(m.parameters(), { lr: 0.01 }),
      (m) => new LBFGS(m.parameters(), { lr: 0.5 }),
    ];
    for (const make of makers) {
      const live = async (pause: () => Promise<void>) => {
        await threads(n);
        manualSeed(3);
        const model = new Sequential(new Linear(64, 32), new BatchNorm1d(32), new ReLU(), new Linear(32, 5));
        const optimizer = make(model);
        const step = trainStep(model, { loss: "crossEntropy", optimizer });
        const f = predictor(model);
        const random = randn([100]);
        const [x, y] = [tensor(data.x.data.slice(0, 64 * 32), [32, 64]), data.y.slice(0, 32)];
        const seen: unknown[] = [];
        for (let k = 0; k < 3; k++) {
          seen.push(step(x, y), [...f(data.x.data.slice(0, 64))], [...random.data()], [...randn([3]).data()]);
          seen.push([...step.run({ x, y }, { steps: 3 })]);
          await pause();
          await threads(n);
          seen.push(await step.async(x, y), (await predict(model, data.x)).data, bits(model));
          if (optimizer instanceof Adam) await fit(model, data, { ...options, optimizer, epochs: 2 });
          await pause();
        }
        const all = [step, f, optimizer, model, random, x];
        for (const o of all) o.dispose();
        await threads(0);
        return seen;
      };
      const wanted = await live(async () => {});
      let pauses = 0;
      const pause = async () => {
        pauses++;
        await shutdown();
        expect(memory().reserved).toBe(0);
        expect(runtimeInfo()).toMatchObject({ threads: 0, memory: { bytes: 0 } });
      };
      expect(await live(pause)).toEqual(wanted);
      expect(pauses).toBe(6);
    }
  });

it("runs of the calling thread end with WorkerError too, and what is disposed while there is no memory needs none", async () => {
  const [model, gone] = [net(), net()];
  const step = trainStep(gone, { loss: "crossEntropy", optimizer: { type: "adam" } });
  step(data.x, data.y);
  const running = fit(model, data, { ...options, epochs: 1e6 }).catch((error: unknown) => error);
  for (let k = 0; k < 5; k++) await new Promise((r) => setImmediate(r));
  await shutdown();
  expect(await running).toBeInstanceOf(WorkerError);
  expect(allFinite(model)).toBe(true);
  await shutdown();
  step.dispose();
  gone.dispose();
  expect(memory().reserved).toBe(0);
  model.dispose();
  await init();
});

it("the arithmetic cannot change while programs of before wait for a new memory", async () => {
  const model = net();
  const step = trainStep(model, { loss: "crossEntropy", optimizer: { type: "adam" } });
  step(data.x, data.y);
  await shutdown();
  const changes = runtimeInfo().binary === "relaxed";
  if (changes) await expect(init({ reproducible: true })).rejects.toThrow("programs exist");
  expect(Number.isFinite(step(data.x, data.y))).toBe(true);
  step.dispose();
  model.dispose();
});

for (const n of [0, 2])
  it(`the process gives the memory back, ${n} workers`, () => {
    const file = fileURLToPath(new URL("../children/shutdown.ts", import.meta.url));
    const out = execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", file, String(n)], { encoding: "utf8", timeout: 120_000 });
    const { shrunk, reserved, gone, bytes, finite, again } = JSON.parse(out) as Record<string, number> & { finite: boolean };
    expect(reserved).toBeGreaterThan(256);
    expect(shrunk).toBeGreaterThan(230);
    expect({ gone, bytes, finite }).toEqual({ gone: 0, bytes: 0, finite: true });
    expect(again).toBeLessThan(16);
  }, 130_000);
