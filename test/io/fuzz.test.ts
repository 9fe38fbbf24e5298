import { expect, it } from "vitest";
import { load, mlp, NeuriteError, readSafetensors, save, writeSafetensors } from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "../random";

noLeaks();

it("3,000 descriptions with something changed are built, or a typed error, and nothing is left over", () => {
  const next = random(3);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(list.length * next())]!;
  const model = mlp([2, 3, 2], { batchNorm: true, activation: "prelu", dropout: 0.1, init: "heNormal" });
  const { tensors, metadata } = readSafetensors(save(model));
  model.dispose();
  const text = metadata.neurite!;
  const pieces = [
    "null",
    "-1",
    "1e999",
    "[]",
    "{}",
    '""',
    '"Linear"',
    '"__proto__"',
    "true",
    "0.5",
    '{"shared":"0"}',
    '{"$module":{"type":"ReLU"}}',
    '{"type":"AveragedModel"}',
  ];
  const tokens = [...text.matchAll(/"[^"]*"(?!:)|\d+|true|null/g)];
  let [built, refused] = [0, 0];
  for (let k = 0; k < 3000; k++) {
    const { index, 0: token } = pick(tokens);
    const changed = text.slice(0, index) + pick(pieces) + text.slice(index + token.length);
    const bytes = writeSafetensors(tensors, { ...metadata, neurite: changed });
    try {
      load(bytes).dispose();
      built++;
    } catch (error) {
      if (!(error instanceof NeuriteError)) throw new Error(`${changed}: ${String(error)}`, { cause: error });
      refused++;
    }
  }
  expect(Math.min(built, refused)).toBeGreaterThan(100);
});
