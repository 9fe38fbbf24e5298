/** Where checkpoints go, what is said when they cannot, and which runs do not go on. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  Adam,
  DataError,
  earlyStopping,
  FileError,
  type FitOptions,
  fit,
  loadCheckpoint,
  loadModel,
  loadWeights,
  OptionError,
  SGD,
  StateError,
  saveCheckpoint,
  saveModel,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options } from "../small";

noLeaks();

const root = mkdtempSync(join(tmpdir(), "neurite-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const folder = () => join(root, String(folders++));
const file = (dir: string, step: number) => join(dir, `checkpoint-${String(step).padStart(9, "0")}.safetensors`);

async function train(more: Partial<FitOptions> = {}) {
  const m = model();
  const history = await fit(m, data, options(more)).finally(() => m.dispose());
  return history;
}

describe("files", () => {
  it("one an epoch by default, the last three kept; the model of each can be loaded, and its weights", async () => {
    const dir = folder();
    const m = model();
    await fit(m, data, options({ epochs: 5, checkpoint: { dir: pathToFileURL(dir) } }));
    expect(readdirSync(dir)).toEqual([9, 12, 15].map((n) => file("", n)));
    const again = await loadModel(file(dir, 15));
    expect(bits(again)).toEqual(bits(m));
    const third = model(9);
    expect(await loadWeights(third, file(dir, 15))).toEqual({ missing: [], unexpected: [] });
    expect(bits(third)).toEqual(bits(m));
    for (const x of [m, again, third]) x.dispose();
  });

  it("temporaries of processes that are gone are removed, those of others and other files stay", async () => {
    const dir = folder();
    mkdirSync(dir);
    const gone = 2 ** 22 - 3;
    for (const name of [
      `.${file("", 3)}.${gone}.0.tmp`,
      `.${file("", 3)}.${process.pid}.7.tmp`,
      `.${file("", 3)}.1.0.tmp`,
      `.other.${gone}.0.tmp`,
      "notes.txt",
    ])
      writeFileSync(join(dir, name), "x");
    await train({ checkpoint: { dir } });
    expect(readdirSync(dir).sort()).toEqual([`.${file("", 3)}.1.0.tmp`, `.other.${gone}.0.tmp`, file("", 3), "notes.txt"].sort());
  });

  it("a state of one's own comes back as it was", async () => {
    const path = join(root, "own.safetensors");
    const state = {
      model: { "0.weight": { shape: [1, 2], data: Float32Array.of(1, Number.NaN) } },
      "a.b": { list: [1, "two", null, true, { three: Float64Array.of(3) }] },
      odd: [Number.NaN, Infinity, -Infinity, -0, 5e-324],
      steps: Int32Array.of(-1, 2),
    };
    await saveCheckpoint(state, path);
    expect(await loadCheckpoint(path)).toEqual(state);
    for (const bad of [() => 1, { f: new Map() }, { $tensor: "x" }, 1n]) await expect(saveCheckpoint(bad, path)).rejects.toThrow(DataError);
    expect(await loadCheckpoint(path)).toEqual(state);
  });
});

describe("at the end", () => {
  const stop = [{ onEpochEnd: ({ epoch }: { epoch: number }) => (epoch === 2 ? ("stop" as const) : undefined) }];
  const cases: [string, Partial<FitOptions>, atEnd: "write" | "skip" | "remove", left: number[]][] = [
    ["a last one is written by default", {}, "write", [3, 6, 9]],
    ["there is none with skip, and those before stay", {}, "skip", [3, 6]],
    ["all are gone with remove", {}, "remove", []],
    ["a callback that ends the run leaves none of its epoch", { callbacks: stop }, "write", [3]],
    ["and none at all with remove", { callbacks: stop }, "remove", []],
  ];
  it.each(cases)("%s", async (_, more, atEnd, left) => {
    const dir = folder();
    await train({ epochs: 3, checkpoint: { dir, atEnd }, ...more });
    expect(readdirSync(dir)).toEqual(left.map((n) => file("", n)));
    if (atEnd === "skip") expect(await train({ epochs: 3, checkpoint: { dir, atEnd }, resume: true })).toMatchObject({ steps: 9 });
  });

  it("one is written when the signal aborts, whatever was asked for; other files and one file are as they should be", async () => {
    for (const atEnd of ["skip", "remove"] as const) {
      const dir = folder();
      mkdirSync(dir);
      writeFileSync(join(dir, "notes.txt"), "x");
      const controller = new AbortController();
      const abort = { onStep: ({ step }: { step: number }) => (step === 4 ? controller.abort() : undefined) };
      const checkpoint = { dir, atEnd, every: { seconds: 3600 } };
      await train({ epochs: 3, checkpoint, signal: controller.signal, callbacks: [abort] });
      expect(readdirSync(dir)).toEqual([file("", 4), "notes.txt"]);
      await train({ epochs: 3, checkpoint, resume: true });
      expect(readdirSync(dir)).toEqual(atEnd === "skip" ? [file("", 4), "notes.txt"] : ["notes.txt"]);
    }
    const path = join(folder(), "one.safetensors");
    await train({ checkpoint: { path, atEnd: "remove" } });
    expect(existsSync(path)).toBe(false);
  });

  it("a run that fails removes nothing", async () => {
    const dir = folder();
    const fails = { onEpochEnd: ({ epoch }: { epoch: number }) => (epoch === 2 ? Promise.reject(new Error("mine")) : undefined) };
    await expect(train({ epochs: 3, checkpoint: { dir, atEnd: "remove" }, callbacks: [fails] })).rejects.toThrow("mine");
    expect(readdirSync(dir)).toEqual([file("", 3)]);
  });
});

describe("many runs at once", () => {
  it("by seconds: one writes at a time, each comes to it, and the others train on", async () => {
    const fs = await import("node:fs/promises");
    const probe = await fs.open(join(root, "probe"), "w");
    const proto = Object.getPrototypeOf(probe) as { writeFile(b: unknown): Promise<void> };
    await probe.close();
    const write = proto.writeFile;
    let [now, most, steps, meanwhile] = [0, 0, 0, 0];
    const slow = vi.spyOn(proto, "writeFile").mockImplementation(async function (this: unknown, bytes: unknown) {
      most = Math.max(most, ++now);
      const before = steps;
      await new Promise((resolve) => setTimeout(resolve, 10));
      meanwhile += steps - before;
      await write.call(this, bytes);
      now--;
    });
    const dirs = Array.from({ length: 8 }, folder);
    const epochs = 400;
    const count = { onStep: () => void steps++ };
    const run = (dir: string) => train({ epochs, checkpoint: { dir, every: { seconds: 0.001 }, atEnd: "skip" }, callbacks: [count] });
    await Promise.all(dirs.map(run)).finally(() => slow.mockRestore());
    expect(most).toBe(1);
    expect(meanwhile).toBeGreaterThan(0);
    for (const dir of dirs) expect(readdirSync(dir).length).toBeGreaterThan(0);
  });
});

describe("a disk that is full, or may not be written", () => {
  it("a FileError, the checkpoint before as it was, the model as after the last step", async () => {
    const dir = folder();
    await train({ checkpoint: { dir } });
    const before = readFileSync(file(dir, 3));
    const fs = await import("node:fs/promises");
    const probe = await fs.open(join(root, "probe"), "w");
    const proto = Object.getPrototypeOf(probe) as { writeFile: unknown };
    await probe.close();
    const full = vi.spyOn(proto as { writeFile: () => Promise<void> }, "writeFile").mockImplementation(async function (this: unknown) {
      await (this as { write(b: Uint8Array): Promise<unknown> }).write(new Uint8Array(100));
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    });
    const error = await train({ epochs: 2, checkpoint: { dir }, resume: true }).catch((e: unknown) => e);
    full.mockRestore();
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ code: "disk-full", cause: { code: "ENOSPC" } });
    expect((error as Error).message).toMatch(
      /cannot write .*checkpoint-000000006.*: the disk is full; free some space \(ENOSPC\); \d+ bytes are needed, and what was there before is as it was/,
    );
    expect(readdirSync(dir)).toEqual([file("", 3)]);
    expect(readFileSync(file(dir, 3)).equals(before)).toBe(true);
    expect(await train({ epochs: 2, checkpoint: { dir }, resume: true })).toMatchObject({ steps: 6 });
  });
});

describe("runs that do not mix", () => {
  it("a place that holds checkpoints already, without resume; a file of elsewhere; an older one with newer beside it", async () => {
    const [dir, other] = [folder(), folder()];
    await train({ epochs: 2, checkpoint: { dir } });
    await train({ checkpoint: { dir: other } });
    const error = await train({ checkpoint: { dir } }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toMatch(/checkpoint-000000006\.safetensors is there already, of another run; pass \{ resume: true \}/);
    await expect(train({ checkpoint: { path: file(dir, 3) } })).rejects.toThrow(/is there already/);
    await expect(train({ checkpoint: { dir }, resume: file(other, 3) })).rejects.toThrow(/is there already/);
    await expect(train({ checkpoint: { dir }, resume: file(dir, 3) })).rejects.toThrow(/000000006.* is newer than .*000000003/);
    expect(await train({ epochs: 3, checkpoint: { dir: folder() }, resume: dir })).toMatchObject({ steps: 9 });
    expect(readdirSync(dir)).toHaveLength(2);
  });

  const cases: [string, Partial<FitOptions>, RegExp][] = [
    ["batchSize", { batchSize: 6 }, /batchSize was 8 and is 6 now/],
    ["accumulate", { accumulate: 2 }, /accumulate was 1 and is 2 now/],
    ["shuffle", { shuffle: false }, /shuffle was true and is false now/],
    ["seed", { seed: 4 }, /the seed was 3 and is 4 now; leave it out/],
    ["ema", { ema: {} }, /ema was not asked for then/],
    ["callbacks", { callbacks: [earlyStopping({ monitor: "loss" })] }, /0 callbacks had a state.*1 have one now/],
    ["metrics", { metrics: ["accuracy"] }, /metrics was 0 and is 1 now/],
    ["optimizer", { optimizer: { type: "sgd" } }, /the state is of "adam", this optimizer is "sgd"/],
  ];
  it.each(cases)("another %s is a StateError, and model and optimizer are as before", async (_, more, says) => {
    const dir = folder();
    await train({ checkpoint: { dir } });
    const m = model(5);
    const before = bits(m);
    const error = await fit(m, data, options({ ...more, resume: dir })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toMatch(says);
    expect(bits(m)).toEqual(before);
    m.dispose();
  });

  it("another model, and a rate that was a function of one's own", async () => {
    const dir = folder();
    const m = model();
    const optimizer = new SGD(m.parameters(), { lr: (step) => 0.1 / (1 + step) });
    await fit(m, data, options({ optimizer, checkpoint: { dir } }));
    optimizer.dispose();
    await expect(fit(m, data, options({ optimizer: { type: "sgd", lr: 0.1 }, resume: dir }))).rejects.toThrow(
      /the rate was a function of your own, which is in no file; pass it again as lr/,
    );
    const { mlp } = await import("../../src/index");
    const larger = mlp([2, 9, 3]);
    const adam = new Adam(larger.parameters());
    await expect(fit(larger, data, options({ optimizer: { type: "sgd", lr: (s) => s }, resume: dir }))).rejects.toThrow(
      /wrong shape: 0\.bias/,
    );
    adam.dispose();
    larger.dispose();
    m.dispose();
  });

  it("options that make no sense", async () => {
    const dir = folder();
    const bad: [Partial<FitOptions>, RegExp][] = [
      [{ resume: true }, /goes on from the newest of \{ checkpoint \}, which is missing/],
      [{ checkpoint: {} }, /needs \{ dir \} or \{ path \}/],
      [{ checkpoint: { dir, path: dir } }, /one of them/],
      [{ checkpoint: { dir, keep: 0 } }, /keep must be a whole number of 1 or more, got 0/],
      [{ checkpoint: { dir, evry: 1 } as never }, /no option "evry"/],
      [{ checkpoint: { dir, atEnd: "keep" as never } }, /atEnd must be "write" or "skip" or "remove", got "keep"/],
      [{ checkpoint: { dir, every: 5 as never } }, /every must be "epoch", \{ steps \} or \{ seconds \}, got 5/],
      [{ checkpoint: { dir, every: { steps: 0 } } }, /every\.steps must be a whole number of 1 or more/],
      [{ checkpoint: { dir, every: { seconds: -1 } } }, /seconds must be a number of 0 or more/],
    ];
    for (const [more, says] of bad) {
      await expect(train(more)).rejects.toThrow(OptionError);
      await expect(train(more)).rejects.toThrow(says);
    }
  });
});

describe("files that are damaged", () => {
  it("an older one stands in for the newest, with a warning, and is not removed for it; none left is the newest one's error", async () => {
    const dir = folder();
    await train({ epochs: 3, checkpoint: { dir, keep: 2 } });
    writeFileSync(file(dir, 9), readFileSync(file(dir, 9)).subarray(0, 500));
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(await train({ epochs: 3, checkpoint: { dir, keep: 1 }, resume: true })).toMatchObject({ steps: 9, stopped: "finished" });
    expect(warn.mock.calls[0]![0]).toMatch(/000000009.*cut short.*looking for an older checkpoint/);
    expect(readdirSync(dir)).toEqual([file("", 9)]);
    writeFileSync(file(dir, 9), "");
    await expect(train({ checkpoint: { dir }, resume: true })).rejects.toThrow(DataError);
    warn.mockRestore();
  });

  it("what is no checkpoint of fit, and what is not there", async () => {
    const dir = folder();
    mkdirSync(dir);
    const m = model();
    const weights = join(dir, "weights.safetensors");
    await saveModel(m, weights);
    await saveCheckpoint({ run: { epoch: 1 } }, join(dir, "own.safetensors"));
    copyFileSync(weights, file(dir, 1));
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await expect(train({ resume: weights })).rejects.toThrow(/this is no checkpoint, but a file of weights; load it with loadModel/);
    await expect(train({ resume: join(dir, "own.safetensors") })).rejects.toThrow(/no checkpoint of fit/);
    await expect(train({ resume: join(dir, "gone") })).rejects.toThrow(/there is no such file or folder/);
    await expect(train({ resume: root })).rejects.toThrow(/holds no checkpoint-STEP/);
    warn.mockRestore();
    m.dispose();
  });
});
