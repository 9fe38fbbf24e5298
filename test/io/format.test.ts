/** Against files that the format's own writer made: see test/golden/make_safetensors.py. */
import { describe, expect, it } from "vitest";
import {
  BatchNorm1d,
  LayerNorm,
  Linear,
  loadWeights,
  PReLU,
  predict,
  readSafetensors,
  type SafeDType,
  Sequential,
  save,
  Tanh,
  writeSafetensors,
} from "../../src/index";
import { read } from "../golden/files";
import { noLeaks } from "../leaks";

noLeaks();

interface File {
  base64: string;
  metadata: Record<string, string>;
  tensors: Record<string, { dtype: SafeDType; shape: number[]; data: (number | string)[] }>;
}
const golden = read<{ files: Record<string, File>; net: File & { x: number[]; y: number[] } }>("safetensors.json");
const bytesOf = (f: File) => new Uint8Array(Buffer.from(f.base64, "base64"));
const files = { ...golden.files, "a state_dict of PyTorch's": golden.net };

const net = () =>
  new Sequential(new Linear(3, 5), new BatchNorm1d(5), new PReLU(), new Sequential(new Linear(5, 4), new LayerNorm(4)), new Tanh());

describe.each(Object.entries(files))("%s", (_, file) => {
  it("is read to the last bit", () => {
    const { tensors, metadata } = readSafetensors(bytesOf(file));
    expect({ ...metadata }).toEqual(file.metadata);
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(file.tensors).sort());
    for (const [name, { dtype, shape, data }] of Object.entries(file.tensors)) {
      expect(tensors[name], name).toMatchObject({ dtype, shape });
      expect([...tensors[name]!.data], name).toEqual(data.map(Number));
    }
  });

  it("is written to the last byte as the format's own writer does, from what was read", () => {
    const { tensors, metadata } = readSafetensors(bytesOf(file));
    expect(Buffer.from(writeSafetensors(tensors, metadata)).toString("latin1")).toBe(Buffer.from(bytesOf(file)).toString("latin1"));
  });

  it("is read from anywhere within a larger buffer", () => {
    const bytes = bytesOf(file);
    for (const shift of [1, 3, 8]) {
      const larger = new Uint8Array(bytes.length + 16);
      larger.set(bytes, shift);
      expect(readSafetensors(larger.subarray(shift, shift + bytes.length))).toEqual(readSafetensors(bytes));
    }
  });
});

it("weights written by PyTorch, num_batches_tracked among them, give PyTorch's outputs, error below 1e-6", async () => {
  const model = net();
  expect(await loadWeights(model, bytesOf(golden.net))).toEqual({ missing: [], unexpected: [] });
  expect(model.stateDict()["1.num_batches_tracked"]!.data[0]).toBe(3);
  const { data } = await predict(model, { data: Float32Array.from(golden.net.x), shape: [4, 3] });
  expect(Math.max(...golden.net.y.map((y, k) => Math.abs(y - data[k]!)))).toBeLessThan(1e-6);
  model.dispose();
});

it("a model's weights are written under the names, kinds and with the bytes of PyTorch's file", async () => {
  const model = net();
  await loadWeights(model, bytesOf(golden.net));
  const { tensors, metadata } = readSafetensors(save(model));
  expect(metadata.format).toBe("pt");
  expect(tensors["1.num_batches_tracked"]!.dtype).toBe("I64");
  const { neurite: _, ...pt } = metadata;
  expect(Buffer.from(writeSafetensors(tensors, pt)).equals(Buffer.from(bytesOf(golden.net)))).toBe(true);
  model.dispose();
});

describe("numbers of 16 bits", () => {
  it("every F16 and BF16 comes back as it was, NaN as NaN", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, k) => k);
    for (const dtype of ["F16", "BF16"] as const) {
      const as16 = writeSafetensors({ a: { shape: [65536], data: bits } });
      const text = new TextDecoder("latin1").decode(as16).replace('"U16"', dtype === "F16" ? '"F16"' : '"BF16"');
      // one character less, or as many: the header is padded to the same length
      const bytes = Uint8Array.from(dtype === "BF16" ? text.replace("} ", "}") : text, (c) => c.charCodeAt(0));
      const { data } = readSafetensors(bytes).tensors.a!;
      const again = readSafetensors(writeSafetensors({ a: { shape: [65536], data, dtype } })).tensors.a!.data;
      expect(again).toEqual(data);
      expect(data.filter((v) => Number.isNaN(v)).length).toBe(dtype === "F16" ? 2 * 1023 : 2 * 127);
    }
  });

  it("rounds to the nearest, ties to even, and to infinity past the largest", () => {
    const f16 = (v: number) =>
      readSafetensors(writeSafetensors({ a: { shape: [], data: Float64Array.of(v), dtype: "F16" } })).tensors.a!.data[0];
    const bf16 = (v: number) =>
      readSafetensors(writeSafetensors({ a: { shape: [], data: Float64Array.of(v), dtype: "BF16" } })).tensors.a!.data[0];
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20, 65519, 65520, 2 ** -25, 1.5 * 2 ** -24, 3e-8].map(f16)).toEqual([
      1,
      1 + 2 ** -9,
      1 + 2 ** -10,
      65504,
      Infinity,
      0,
      2 ** -23,
      2 ** -24 * 1,
    ]);
    expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -16, 3.4e38, -3.4e38].map(bf16)).toEqual([
      1,
      1 + 2 ** -6,
      1 + 2 ** -7,
      Infinity,
      -Infinity,
    ]);
  });
});
