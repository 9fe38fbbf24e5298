/** The history in a checkpoint: the same records again, in little room. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DataError, type EpochRecord, type FitOptions, fit, loadCheckpoint, saveCheckpoint } from "../../src/index";
import { EpochTable, epochsOf } from "../../src/train/epoch-table";
import { noLeaks } from "../leaks";
import { data, model, options } from "../small";

noLeaks();

const root = mkdtempSync(join(tmpdir(), "neurite-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const folder = () => join(root, String(folders++));

const record = (epoch: number, more: Record<string, unknown> = {}) =>
  ({ epoch, loss: 1 / epoch, lr: 0.1, seconds: epoch / 7, samplesPerSecond: 1e6 / epoch, ...more }) as EpochRecord;
const there = (records: readonly EpochRecord[]) => {
  const table = new EpochTable();
  for (let k = 1; k <= records.length; k++) table.follow(records.slice(0, k));
  return epochsOf(table.packed, "here");
};

describe("records", () => {
  const cases: Record<string, EpochRecord[]> = {
    none: [],
    "many of them": Array.from({ length: 100 }, (_, k) =>
      record(k + 1, { accuracy: k / 100, validation: { loss: k, accuracy: 1 / (k + 1) } }),
    ),
    "with figures that JSON does not know": [
      record(1, { loss: Number.NaN }),
      record(2, { loss: -0 }),
      record(3, { validation: { loss: Infinity } }),
    ],
    "whose figures change": [record(1), record(2, { validation: { loss: 1 } }), record(3, { validation: { loss: 1 } }), record(4)],
    "into which a callback put something": [
      record(1),
      record(2, { note: "x" }),
      record(3, { note: null }),
      record(4),
      record(5, { validation: {} }),
    ],
    "with odd names": [
      record(1, JSON.parse('{"__proto__": 1, "constructor": {"prototype": 2, "__proto__": 3}}') as object as Record<string, unknown>),
    ],
  };
  it.each(Object.entries(cases))("%s come back as they were, in the order of their figures", (_, records) => {
    const again = there(records);
    expect(again).toEqual(records);
    expect(JSON.stringify(again)).toBe(JSON.stringify(records));
    expect(({} as Record<string, unknown>).prototype).toBeUndefined();
  });

  it("that are damaged are a DataError", () => {
    const rows = { names: ["a", ["b", "c"]], values: new Float64Array(2) };
    for (const bad of [
      undefined,
      {},
      [null],
      [{}],
      [{ ...rows, names: [] }],
      [{ ...rows, names: [1, 2] }],
      [{ ...rows, names: [["a"], "b"] }],
      [{ ...rows, values: [1, 2] }],
      [{ ...rows, values: new Float64Array(3) }],
    ])
      expect(() => epochsOf(bad as never, "file"), JSON.stringify(bad)).toThrow(DataError);
    expect(epochsOf([rows] as never, "file")).toEqual([{ a: 0, b: { c: 0 } }]);
  });
});

const train = async (more: Partial<FitOptions>) => {
  const m = model();
  return fit(m, data, options({ validation: data, metrics: ["accuracy"], ...more })).finally(() => m.dispose());
};

it("a run that goes on has the history of before, to the last bit", async () => {
  const dir = folder();
  const first = await train({ epochs: 4, checkpoint: { dir } });
  const second = await train({ epochs: 6, checkpoint: { dir }, resume: true });
  expect(second.epochs.slice(0, 4)).toEqual(first.epochs);
  expect(second.epochs.map((e) => e.epoch)).toEqual([1, 2, 3, 4, 5, 6]);
});

it("1,000 epochs with metrics and validation take less than 80 bytes each", async () => {
  const size = async (epochs: number) => {
    const dir = folder();
    await train({ epochs, batchSize: "all", checkpoint: { dir, every: { seconds: 3600 } } });
    return statSync(join(dir, readdirSync(dir)[0]!)).size;
  };
  expect(((await size(1001)) - (await size(1))) / 1000).toBeLessThan(80);
});

it("a checkpoint whose history is damaged is a DataError that names the file", async () => {
  const dir = folder();
  await train({ epochs: 2, checkpoint: { dir } });
  const path = join(dir, readdirSync(dir).at(-1)!);
  const { run } = (await loadCheckpoint(path)) as { run: { history: { epochs: unknown } } };
  run.history.epochs = [{ names: ["loss"], values: "x" }];
  const damaged = join(folder(), "damaged.safetensors");
  await train({ checkpoint: { path: damaged } });
  await saveCheckpoint({ run }, damaged);
  await expect(train({ epochs: 3, resume: damaged })).rejects.toThrow(/damaged\.safetensors: the history in this checkpoint is damaged/);
});
