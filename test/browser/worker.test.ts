import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, chromium, ENGINES, type EngineName } from "./engines";
import { titleOf } from "./loss";
import { page } from "./pages";
import { ISOLATED } from "./serve";

const IMPORT = 'import { remote } from "/neurite/worker.js";';
const DATA = `
  const data = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] };
  const options = { loss: "crossEntropy", optimizer: { type: "adam", lr: 0.05 }, epochs: 200, seed: 7 };`;

/** What the script leaves in `said`; errors as their names and messages. */
const says = async (browser: Browser, script: string, headers: Record<string, string> = {}, expected?: RegExp): Promise<unknown> => {
  const app = `${IMPORT}${DATA}let said;
    try { ${script} } catch (error) { said = error.name + ": " + error.message; }
    document.title = JSON.stringify(said ?? null);`;
  return JSON.parse(await titleOf(browser, page(app, headers), expected)) as unknown;
};

describe.each(Object.keys(ENGINES) as EngineName[])("neurite/worker in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await ENGINES[name]();
  });
  afterAll(() => browser?.close());

  it.each([
    ["without isolation", {}],
    ["with isolation and a strict policy", { ...ISOLATED, "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'" }],
  ])("trains, predicts, saves, loads and is disposed, %s", async (_, headers) => {
    const script = `
      const model = await remote({ mlp: [2, 16, 2], seed: 1 });
      let told = 0;
      const history = await model.fit(data, { ...options, callbacks: [{ onEpochEnd: () => { told++; } }] });
      const copy = await remote(await model.save());
      const [a, b] = [await model.predict(data.x), await copy.predict(data.x)];
      said = { loss: history.epochs.at(-1).loss, told, same: String(a.data) === String(b.data) };
      await model.dispose();
      await copy.dispose();`;
    const said = (await says(browser, script, headers)) as { loss: number; told: number; same: boolean };
    expect(said).toMatchObject({ told: 200, same: true });
    expect(said.loss).toBeLessThan(0.05);
  });

  it("a worker that is terminated is a WorkerError", async () => {
    const script = `
      const worker = new Worker("/neurite/serve.js", { type: "module" });
      const model = await remote({ mlp: [2, 16, 2] }, { worker });
      setTimeout(() => worker.terminate(), 100);
      await model.fit(data, { ...options, epochs: 1e6 });`;
    expect(await says(browser, script)).toMatch(/^WorkerError: the worker ended.*open the model again/);
  });

  it("a policy that forbids workers is a WorkerError that names it", async () => {
    const headers = { "content-security-policy": "worker-src 'none'; script-src 'self' 'wasm-unsafe-eval'" };
    const said = await says(browser, "await remote({ mlp: [2, 2] });", headers, /Content.Security.Policy|worker/i);
    expect(said).toMatch(/^WorkerError: the worker (did not start|could not be started).*Content-Security-Policy/i);
  });

  it("a policy that forbids WebAssembly is an UnsupportedError, also from the worker", async () => {
    const said = await says(
      browser,
      "await remote({ mlp: [2, 2] });",
      { "content-security-policy": "script-src 'self'" },
      /Content.Security.Policy/i,
    );
    expect(said).toMatch(/^UnsupportedError: .*'wasm-unsafe-eval'/);
  });

  it("a memory limit is a MemoryError, and the model goes on", async () => {
    const script = `
      const model = await remote({ mlp: [2048, 512, 2] }, { init: { maxMemory: 2 ** 24 } });
      const rows = { data: new Float32Array(2048 * 4096), shape: [4096, 2048] };
      const error = await model.fit({ x: rows, y: new Int32Array(4096) }, { ...options, source: "resident" }).catch((e) => e);
      said = [error.name + ": " + error.message, (await model.predict({ data: new Float32Array(2048), shape: [1, 2048] })).shape];`;
    const [error, shape] = (await says(browser, script)) as [string, number[]];
    expect(error).toMatch(/^MemoryError: .*maxMemory/);
    expect(shape).toEqual([1, 2]);
  });
});

describe("in Chromium", () => {
  it("without WebAssembly SIMD remote() says what is missing", async () => {
    const browser = await chromium("--js-flags=--no-enable-ssse3 --no-enable-sse4-1");
    try {
      expect(await says(browser, "await remote({ mlp: [2, 2] });")).toMatch(/^UnsupportedError: .*SIMD.*Chrome/);
    } finally {
      await browser.close();
    }
  });

  it("while T3 trains in a worker, the page has no task over 50 ms, and draws its frames", async () => {
    const browser = await ENGINES.chromium();
    try {
      const script = `
        const rows = 20_000;
        const x = new Uint8Array(rows * 784).map((_, k) => (k * 2654435761) >>> 24);
        const set = { x: { data: x, shape: [rows, 784], scale: 1 / 255 }, y: Int32Array.from({ length: rows }, (_, k) => k % 10) };
        const model = await remote({ mlp: [784, 128, 10], seed: 1 });
        await model.predict({ data: new Float32Array(784), shape: [1, 784] });
        const long = [];
        new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
        let [frames, last, longest, running] = [0, performance.now(), 0, true];
        requestAnimationFrame(function frame(now) {
          frames++;
          longest = Math.max(longest, now - last);
          last = now;
          if (running) requestAnimationFrame(frame);
        });
        let updates = 0;
        const history = await model.fit(set, { loss: "crossEntropy", optimizer: { type: "adam" }, epochs: 2, batchSize: 32, seed: 7, transfer: true, progress: () => { updates++; } });
        running = false;
        await new Promise((r) => setTimeout(r, 100));
        said = { long, frames, longest, updates, seconds: history.seconds, samplesPerSecond: history.epochs[1].samplesPerSecond };`;
      const said = (await says(browser, script)) as { long: number[]; frames: number; longest: number; seconds: number };
      console.log(`T3 in a worker: ${JSON.stringify(said)}`);
      expect(said.long).toEqual([]);
      expect(said.frames).toBeGreaterThan(0);
    } finally {
      await browser.close();
    }
  });
});
