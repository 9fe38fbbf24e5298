import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import {
  BatchNorm1d,
  DataError,
  describe as describeModel,
  FileError,
  fit,
  Linear,
  load,
  loadModel,
  loadWeights,
  Module,
  manualSeed,
  mlp,
  OptionError,
  predict,
  readSafetensors,
  Sequential,
  StateError,
  save,
  saveModel,
  type Tensor,
  writeSafetensors,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options } from "../small";

noLeaks();

const folder = mkdtempSync(join(tmpdir(), "neurite-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

class Mine extends Module {
  static override readonly type = "Mine";
  readonly inner = new Linear(2, 3);
  forward(x: Tensor): Tensor {
    return this.inner.forward(x);
  }
}

const net = () => {
  manualSeed(4);
  return mlp([2, 8, 6, 3], { activation: "gelu", batchNorm: true, dropout: 0.2, init: "heNormal" });
};

describe("a model that was trained, saved and loaded", () => {
  it("has the same description, bits and predictions, from a path, a URL or bytes", async () => {
    const m = net();
    await fit(m, data, options({ epochs: 2 }));
    const path = file("net.safetensors");
    await saveModel(m, path);
    const { data: before } = await predict(m, data.x);
    for (const again of [await loadModel(path), await loadModel(pathToFileURL(path)), load(save(m)), load(readFileSync(path))]) {
      expect(describeModel(again)).toEqual(describeModel(m));
      expect(bits(again)).toEqual(bits(m));
      expect((await predict(again, data.x)).data).toEqual(before);
      again.dispose();
    }
    m.dispose();
  });

  it("its file is the same each time, aligned, and leaves nothing beside it", async () => {
    const m = net();
    const path = file("twice.safetensors");
    await saveModel(m, pathToFileURL(path), { metadata: { author: "somebody" } });
    const first = readFileSync(path);
    await saveModel(m, path, { metadata: { author: "somebody" } });
    expect(readFileSync(path).equals(first)).toBe(true);
    expect(readSafetensors(first).metadata).toMatchObject({ format: "pt", author: "somebody" });
    expect(Number(first.readBigUInt64LE()) % 8).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
    m.dispose();
  });

  it("in half the room: F16 and BF16 within their rounding, counters exact", () => {
    const m = new Sequential(new Linear(40, 40), new BatchNorm1d(40));
    for (const [dtype, bound] of [
      ["F16", 2 ** -11],
      ["BF16", 2 ** -8],
    ] as const) {
      const bytes = save(m, { dtype });
      expect(bytes.length).toBeLessThan(0.65 * save(m).length);
      const again = load(bytes);
      for (const [name, { data: values }] of Object.entries(again.stateDict()))
        for (const [k, v] of values.entries()) {
          const was = m.stateDict()[name]!.data[k]!;
          expect(Math.abs(v - was)).toBeLessThanOrEqual(bound * Math.abs(was) + 2 ** -25);
        }
      expect(readSafetensors(bytes).tensors["1.num_batches_tracked"]!.dtype).toBe("I64");
      again.dispose();
    }
    expect(() => save(m, { dtype: "F8" as never })).toThrow(OptionError);
    m.dispose();
  });

  it("with a class of one's own", async () => {
    const m = new Sequential(new Mine());
    const path = file("mine.safetensors");
    await saveModel(m, path);
    const again = await loadModel(path, { modules: [Mine] });
    expect(bits(again)).toEqual(bits(m));
    await expect(loadModel(path)).rejects.toThrow(`${path}: 0 of the model is of type "Mine", which is not known here`);
    again.dispose();
    m.dispose();
  });
});

describe("loadWeights", () => {
  it("strict: missing, unexpected and misshapen entries are named with the file, and nothing changes", async () => {
    const m = model();
    const before = bits(m);
    const path = file("other.safetensors");
    writeFileSync(
      path,
      writeSafetensors({
        "0.weight": { shape: [2, 8], data: new Float32Array(16) },
        "0.bias": { shape: [8], data: new Float32Array(8) },
        "2.weight": { shape: [3, 8], data: new Float32Array(24) },
        more: { shape: [], data: new Float32Array(1) },
      }),
    );
    await expect(loadWeights(m, path)).rejects.toThrow(StateError);
    await expect(loadWeights(m, path)).rejects.toThrow(`${path}: loadStateDict`);
    await expect(loadWeights(m, path)).rejects.toThrow(
      /missing: 2\.bias; unexpected: more; wrong shape: 0\.weight is \[2, 8\], expected \[8, 2\]/,
    );
    await expect(loadWeights(m, path, { strict: false })).rejects.toThrow(/wrong shape/);
    expect(bits(m)).toEqual(before);
    m.dispose();
  });

  it("strict: false takes what fits by name and says what did not", async () => {
    const m = model();
    const bytes = writeSafetensors({
      "2.bias": { shape: [3], data: Float64Array.of(1, 2, 3) },
      more: { shape: [], data: new Float32Array(1) },
    });
    expect(await loadWeights(m, bytes, { strict: false })).toEqual({ missing: ["0.weight", "0.bias", "2.weight"], unexpected: ["more"] });
    expect([...m.stateDict()["2.bias"]!.data]).toEqual([1, 2, 3]);
    m.dispose();
  });

  it("takes weights of models that cannot be described; load() says why not", async () => {
    const m = new Sequential(new Linear(2, 3), (x) => x);
    const again = new Sequential(new Linear(2, 3), (x) => x);
    const bytes = save(m);
    expect(await loadWeights(again, bytes)).toEqual({ missing: [], unexpected: [] });
    expect(bits(again)).toEqual(bits(m));
    expect(() => load(bytes)).toThrow(
      /the model was not described \(describe: 1 of the model is a function.*build the model in code and call loadWeights/,
    );
    m.dispose();
    again.dispose();
  });
});

describe("errors", () => {
  it("files that are not there, folders, and paths into nowhere are a FileError with its cause", async () => {
    const m = model();
    const gone = file("gone.safetensors");
    const error = await loadModel(gone).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toBe(`cannot read ${gone}: there is no such file or folder (ENOENT)`);
    expect((error as { cause: { code: string } }).cause.code).toBe("ENOENT");
    await expect(loadModel(folder)).rejects.toThrow(/it is a folder \(EISDIR\)/);
    await expect(saveModel(m, join(folder, "no", "where"))).rejects.toThrow(
      /cannot write .*no such file or folder \(ENOENT\); \d+ bytes are needed/,
    );
    await expect(saveModel(m, folder)).rejects.toThrow(FileError);
    expect(readdirSync(tmpdir()).filter((name) => name.endsWith(".tmp") && name.startsWith(".neurite-"))).toEqual([]);
    m.dispose();
  });

  it("arguments the wrong way round", async () => {
    await expect(saveModel("path" as never, {} as never)).rejects.toThrow(/expected a model first, got string/);
    await expect(loadModel(3 as never)).rejects.toThrow(OptionError);
    expect(() => save({} as never)).toThrow(OptionError);
  });

  it("a description that is not JSON, of another version, or of another model than the weights", () => {
    const m = model();
    const { tensors, metadata } = readSafetensors(save(m));
    const withOwn = (own: string) => writeSafetensors(tensors, { ...metadata, neurite: own });
    expect(() => load(withOwn("{"))).toThrow(DataError);
    expect(() => load(withOwn("[]"))).toThrow(/not an object/);
    expect(() => load(withOwn('{"version":2}'))).toThrow(/version 2 of the layout, version 1 can be read/);
    expect(() => load(withOwn('{"version":1,"model":{"type":"Linear","inFeatures":2,"outFeatures":8}}'))).toThrow(
      /missing: weight, bias; unexpected: 0\.bias/,
    );
    expect(() => load(writeSafetensors(tensors))).toThrow(/it has no description of a model, as files by PyTorch have none/);
    m.dispose();
  });
});
