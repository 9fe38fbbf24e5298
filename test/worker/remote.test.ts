import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crossEntropy, DataError, DisposedError, fit, load, mlp, OptionError, predict, StateError, WorkerError } from "../../src/index";
import { type RemoteModel, remote } from "../../src/worker/index";
import { noLeaks } from "../leaks";

noLeaks();

const program = new URL("../../src/serve.ts", import.meta.url);
/** The sources as they are, compiled as they are loaded. */
const start = () =>
  new Worker(
    `import("tsx/esm/api").then(({ tsImport }) => tsImport(${JSON.stringify(program.href)}, ${JSON.stringify(import.meta.url)}));`,
    { eval: true },
  );

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const data = { x, y: [0, 1, 1, 0] };
const options = { loss: "crossEntropy", optimizer: { type: "adam", lr: 0.05 }, epochs: 60, batchSize: 4, seed: 7 } as const;

let worker: Worker;
let model: RemoteModel;
beforeAll(async () => {
  worker = start();
  model = await remote({ mlp: [2, 16, 2], seed: 1 }, { worker });
}, 60_000);
afterAll(async () => {
  await model?.dispose();
  await worker?.terminate();
});

describe("a model in a worker", () => {
  it("trains, tells callbacks and progress, and gives the bits of a model on this thread", async () => {
    const told: string[] = [];
    const history = await model.fit(data, {
      ...options,
      metrics: ["accuracy"],
      callbacks: [
        { onStart: ({ epochs, stepsPerEpoch }) => void told.push(`start ${epochs} ${stepsPerEpoch}`) },
        { onEpochEnd: ({ epoch }) => void told.push(`epoch ${epoch}`), onEnd: ({ steps }) => void told.push(`end ${steps}`) },
      ],
      progress: ({ epoch }) => void told.push(`progress ${epoch}`),
    });
    expect(told[0]).toBe("start 60 1");
    expect(told.at(-1)).toBe("end 60");
    expect(told.filter((t) => t.startsWith("epoch"))).toHaveLength(60);
    expect(told).toContain("progress 60");

    const here = mlp([2, 16, 2], { seed: 1 });
    const expected = await fit(here, data, { ...options, metrics: ["accuracy"] });
    expect(history.epochs.map((e) => e.loss)).toEqual(expected.epochs.map((e) => e.loss));
    expect((await model.predict(x)).data).toEqual((await predict(here, x)).data);
    here.dispose();
  });

  it("evaluates; losses of the library go as their descriptions", async () => {
    const { loss, accuracy } = await model.evaluate(data, { loss: crossEntropy.with({ labelSmoothing: 0.1 }), metrics: ["accuracy"] });
    expect(accuracy).toBe(1);
    expect(loss).toBeGreaterThan((await model.evaluate(data, { loss: "crossEntropy" })).loss);
  });

  it("saves to bytes that load anywhere, and takes weights from bytes", async () => {
    const bytes = await model.save();
    const here = load(bytes);
    const before = await model.predict(x);
    expect((await predict(here, x)).data).toEqual(before.data);
    here.dispose();
    await model.fit(data, { ...options, epochs: 3 });
    expect((await model.predict(x)).data).not.toEqual(before.data);
    await model.load(bytes);
    expect((await model.predict(x)).data).toEqual(before.data);
    const second = await remote(bytes, { worker });
    expect((await second.predict(x)).data).toEqual(before.data);
    expect(await second.describe()).toMatchObject({ type: "Sequential" });
    await second.dispose();
    await expect(second.predict(x)).rejects.toThrow(DisposedError);
    expect((await model.runtimeInfo()).threads).toBe(0);
  });

  it("stops when the signal aborts or a callback says so", async () => {
    const controller = new AbortController();
    const long = model.fit(data, { ...options, epochs: 1e6, signal: controller.signal, progress: () => controller.abort() });
    expect((await long).stopped).toBe("aborted");
    const told = await model.fit(data, {
      ...options,
      callbacks: [{ onEpochEnd: ({ epoch }) => (epoch === 3 ? { stop: "enough" } : undefined) }],
    });
    expect([told.stopped, told.reason, told.epochs.length]).toEqual(["callback", "enough", 3]);
    await expect(model.predict(x, { signal: AbortSignal.abort(new Error("mine")) })).rejects.toThrow("mine");
  });

  it("answers predictions while it trains", async () => {
    const controller = new AbortController();
    const run = model.fit(data, { ...options, epochs: 1e6, signal: controller.signal });
    expect((await model.predict(x)).shape).toEqual([4, 2]);
    controller.abort();
    expect((await run).stopped).toBe("aborted");
  });

  it("rejects with the errors of the library, and with the callback's own", async () => {
    await expect(model.fit({ x: [[0, Number.NaN]], y: [0] }, options)).rejects.toThrow(DataError);
    const own = new RangeError("of the page");
    const failing = model.fit(data, { ...options, callbacks: [{ onEpochEnd: () => Promise.reject(own) }] });
    await expect(failing).rejects.toBe(own);
    await expect(remote({ type: "Nothing" }, { worker })).rejects.toThrow(StateError);
  });

  it("says which part cannot be sent", () => {
    expect(() => model.fit(data, { ...options, loss: () => undefined as never })).toThrow(OptionError);
    expect(() => model.fit(data, { ...options, loss: () => undefined as never })).toThrow(
      /fit: options\.loss: a function cannot go to a worker/,
    );
    expect(() => model.fit({ x: new Map() as never }, options)).toThrow(/fit: data\.x: a Map cannot go/);
  });

  it("takes the memory of typed arrays where asked, and copies it otherwise", async () => {
    const rows = Float32Array.from(x.flat());
    const raw = { data: rows, shape: [4, 2] };
    await model.predict(raw);
    expect(rows.length).toBe(8);
    await model.predict(raw, { transfer: true });
    expect(rows.length).toBe(0);
  });
});

it("a worker that is killed is a WorkerError that says what is lost, for what runs and for what comes", async () => {
  const doomed = start();
  const lost = await remote({ mlp: [2, 16, 2] }, { worker: doomed });
  const run = lost.fit(data, { ...options, epochs: 1e6 });
  setTimeout(() => void doomed.terminate(), 50);
  await expect(run).rejects.toThrow(WorkerError);
  await expect(lost.predict(x)).rejects.toThrow(/the worker ended.*open the model again from what save\(\) gave last/);
}, 60_000);

it("a worker that fails at once is a WorkerError with its reason", async () => {
  const broken = () => new Worker("throw new Error('broken')", { eval: true });
  await expect(remote({ mlp: [2, 2] }, { worker: broken })).rejects.toThrow(/did not start.*broken/);
});
