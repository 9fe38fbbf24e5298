import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, ENGINES, type EngineName } from "./engines";
import { lossOf, titleOf } from "./loss";
import { IMPORT, page, TRAIN } from "./pages";
import { ISOLATED } from "./serve";

const STRICT = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self'",
};
const SHOW = 'document.title = "loss " + loss;';
const REPORT = "document.title = JSON.stringify({ loss, ...runtimeInfo() });";

interface Reported {
  loss: number;
  threads: number;
  threadsReason: string;
  binary: string;
}

describe.each(Object.keys(ENGINES) as EngineName[])("in %s, without a bundler", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await ENGINES[name]();
  });
  afterAll(() => browser?.close());

  const report = async (script: string, headers: Record<string, string>): Promise<Reported> =>
    JSON.parse(await titleOf(browser, page(`${IMPORT}${script}${TRAIN}${REPORT}`, headers))) as Reported;

  it("a module script trains", async () => {
    expect(await lossOf(browser, page(IMPORT + TRAIN + SHOW))).toBeLessThan(0.05);
  });

  it("a Web Worker trains", async () => {
    const worker = `${IMPORT}${TRAIN}postMessage(loss);`;
    const app = 'new Worker("/worker.js", { type: "module" }).onmessage = ({ data }) => { document.title = "loss " + data; };';
    expect(await lossOf(browser, page(app, {}, { "/worker.js": worker }))).toBeLessThan(0.05);
  });

  it("under a strict policy a page trains, with the binaries embedded or served", async () => {
    expect(await lossOf(browser, page(IMPORT + TRAIN + SHOW, STRICT))).toBeLessThan(0.05);
    const served = `
      const [simd, relaxed] = await Promise.all(["simd", "relaxed"].map(async (name) => new Uint8Array(await (await fetch("/neurite/" + name + ".wasm")).arrayBuffer())));
      await init({ wasm: { simd, relaxed } });`;
    expect((await report(served, STRICT)).loss).toBeLessThan(0.05);
    const streamed = 'await init({ reproducible: true, wasm: { simd: await WebAssembly.compileStreaming(fetch("/neurite/simd.wasm")) } });';
    expect(await report(streamed, STRICT)).toMatchObject({ binary: "simd" });
  });

  it("a policy that forbids WebAssembly is an UnsupportedError that names the directive", async () => {
    const script = `${IMPORT}try { tensor([1]); document.title = "none"; } catch (error) { document.title = error.name + ": " + error.message; }`;
    const title = await titleOf(browser, page(script, { "content-security-policy": "script-src 'self'" }), /Content.Security.Policy/i);
    expect(title).toMatch(/^UnsupportedError: the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval'/);
  });

  it("without headers of isolation it trains on one lane, and says why", async () => {
    const { loss, threads, threadsReason } = await report('await init({ threads: "auto" });', {});
    expect(loss).toBeLessThan(0.05);
    expect(threads).toBe(0);
    expect(threadsReason).toMatch(/Cross-Origin-Opener-Policy.*Cross-Origin-Embedder-Policy/);
  });

  it("with them it has a team, unless the engine shares no memory at all", async () => {
    const { loss, threads, threadsReason } = await report("await init({ threads: 2 });", ISOLATED);
    expect(loss).toBeLessThan(0.05);
    if (name === "webkit") expect(threadsReason).toMatch(/this engine does not share memory with workers/);
    else expect([threads, threadsReason]).toEqual([2, "2 were asked for"]);
  });

  it("where the policy forbids workers from blobs, it says so, and takes them from workerUrl", async () => {
    const headers = { ...ISOLATED, ...STRICT };
    const app = `${IMPORT}await init({ threads: 1 });${TRAIN}${REPORT}`;
    const without = JSON.parse(await titleOf(browser, page(app, headers), /Content.Security.Policy/i)) as Reported;
    expect(without.loss).toBeLessThan(0.05);
    expect(without.threads).toBe(0);
    if (name !== "webkit") expect(without.threadsReason).toMatch(/policy.*init\(\{ workerUrl \}\).*neurite\/lane\.js/);
    const given = await report('await init({ threads: 1, workerUrl: "/neurite/lane.js" });', headers);
    expect(given.threads).toBe(name === "webkit" ? 0 : 1);
    expect(given.loss).toBeLessThan(0.05);
  });

  it("a memory limit that is reached is a MemoryError with the way out, and the page trains on", async () => {
    const script = `${IMPORT}await init({ maxMemory: 2 ** 24 });
      let said = "nothing";
      try { await fit(mlp([2048, 4096, 2]), { x: [Array(2048).fill(0)], y: [0] }, { loss: "crossEntropy", optimizer: { type: "adam" } }); }
      catch (error) { said = error.name + ": " + error.message; }
      ${TRAIN}document.title = JSON.stringify({ loss, said });`;
    const { loss, said } = JSON.parse(await titleOf(browser, page(script))) as { loss: number; said: string };
    expect(said).toMatch(/^MemoryError: .*bytes asked for.*smaller batches.*maxMemory/);
    expect(loss).toBeLessThan(0.05);
  });
});
