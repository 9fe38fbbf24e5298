import { expect, it } from "vitest";
import { engine } from "../../src/core/runtime";
import { type FitOptions, fit, Linear, MemoryError, manualSeed, memory, QuotaError, ReLU, runtimeInfo, Sequential } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits } from "../small";
import { threads } from "../team/lanes";

noLeaks();

const ROWS = 300;
const x = { data: Float32Array.from({ length: 50 * ROWS }, (_, k) => Math.sin(k)), shape: [ROWS, 50] as const };
const y = Int32Array.from({ length: ROWS }, (_, k) => k % 5);
const data = { x, y };
const net = () => {
  manualSeed(4);
  return new Sequential(new Linear(50, 80), new ReLU(), new Linear(80, 5));
};
const base = { loss: "crossEntropy", batchSize: 64, epochs: 2, seed: 1 } as const;

const cases: Record<string, Partial<FitOptions>> = {
  "Adam, a smaller last batch": { optimizer: { type: "adam" } },
  "SGD without state, accumulated": { optimizer: { type: "sgd", lr: 0.1 }, accumulate: 2 },
  "a validation, weights averaged": { optimizer: { type: "rmsprop" }, validation: data, ema: { decay: 0.9 } },
  "streamed, all rows": { optimizer: { type: "adam" }, source: "stream", batchSize: "all" },
};

/** Bytes that a run is said to need, by parts: what it says when it may have too little for its activations alone. */
async function refused(options: FitOptions, most: number): Promise<QuotaError> {
  const model = net();
  const before = bits(model);
  const used = memory().bytes;
  const error = await fit(model, data, { ...options, maxBytes: most }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(QuotaError);
  expect(error).toBeInstanceOf(MemoryError);
  expect(bits(model)).toEqual(before);
  expect(memory().bytes).toBe(used);
  model.dispose();
  return error as QuotaError;
}

/** The least quota with which it runs, by trying what each refusal names. */
async function least(options: FitOptions): Promise<{ bytes: number; parts: Readonly<Record<string, number>> }> {
  let bytes = 1;
  let parts: Readonly<Record<string, number>> = {};
  for (;;) {
    const model = net();
    try {
      await fit(model, data, { ...options, maxBytes: bytes });
      return { bytes, parts };
    } catch (error) {
      expect((error as QuotaError).allowed).toBe(bytes);
      expect((error as QuotaError).needed).toBeGreaterThan(bytes);
      ({ needed: bytes, parts } = error as QuotaError);
    } finally {
      model.dispose();
    }
  }
}

for (const lanes of [0, 2])
  for (const [name, more] of Object.entries(cases))
    it(`${name}, ${lanes} workers: what it asks for is what it takes at most, to 10 %; a byte less is refused, and what is enough changes no bit`, async () => {
      const options = { ...base, ...more } as FitOptions;
      const alone = net();
      await fit(alone, data, options);
      const wanted = bits(alone);
      alone.dispose();
      await threads(lanes);
      const { bytes, parts } = await least(options);
      const error = await refused(options, bytes - 1);
      expect(error.needed).toBe(bytes);
      expect(Object.values(error.parts).reduce((a, b) => a + b)).toBe(bytes);

      const { allocator } = engine();
      const model = net();
      const own = model.parameters().reduce((sum, p) => sum + 4 * p.size, 0);
      const before = allocator.used - own;
      allocator.highWater = allocator.used;
      const end: number[] = [];
      const callbacks = [{ onEpochEnd: () => void end.push(allocator.used) }];
      await fit(model, data, { ...options, maxBytes: bytes, callbacks });
      const taken = Math.max(...end) - before;
      expect(taken, JSON.stringify(parts)).toBeLessThanOrEqual(1.1 * bytes);
      expect(taken, JSON.stringify(parts)).toBeGreaterThanOrEqual(0.9 * bytes);
      expect(runtimeInfo().highWater).toBeGreaterThanOrEqual(Math.max(...end));
      expect(bits(model)).toEqual(wanted);
      model.dispose();
      await threads(0);
    });

it("the error names what takes the bytes, the largest first, and the way out of that", async () => {
  const options = { ...base, optimizer: { type: "adam" } } as FitOptions;
  const parameters = 4 * (50 * 80 + 80 + 80 * 5 + 5);
  const dataBytes = 4 * 51 * ROWS;
  const first = await refused(options, 100_000);
  expect(first.message).toMatch(
    /^fit: this run needs \d+ bytes of linear memory, and what activations take, maxBytes allows 100000: data /,
  );
  expect(first.message).toContain('pass source: "stream"');
  expect(first.parts.data).toBeGreaterThan(dataBytes);
  expect(first.parts.data).toBeLessThan(1.1 * dataBytes);
  expect(first.parts.parameters).toBeGreaterThan(parameters);
  expect(first.parts["optimizer state"]).toBe(2 * first.parts.parameters!);
  const late = await refused({ ...options, batchSize: "all" }, 300_000);
  expect(late.message).toContain("activations ");
  expect(late.message).toContain("take smaller batches");
});

it("no number of bytes: OptionError", async () => {
  const model = net();
  for (const maxBytes of [0, -1, 1.5, Number.NaN])
    await expect(fit(model, data, { ...base, optimizer: { type: "adam" }, maxBytes })).rejects.toThrow("fit: maxBytes must be");
  model.dispose();
});
