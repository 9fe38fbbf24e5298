import { expect, test } from "vitest";
import { memory } from "../src/core/storage";
import { Linear } from "../src/nn/layers";
import { tensor } from "../src/tensor/create";
import { noLeaks } from "./leaks";

noLeaks();

test("tensors that a test leaves behind are disposed for it, parameters are counted until their module is disposed", () => {
  const { byKind } = memory();
  tensor([1, 2, 3]);
  expect(memory().byKind.eager.tensors).toBe(byKind.eager.tensors + 1);
  const layer = new Linear(3, 2);
  expect(memory().byKind.parameter).toEqual({ tensors: byKind.parameter.tensors + 2, bytes: byKind.parameter.bytes + 32 });
  layer.dispose();
  expect(memory().byKind.parameter).toEqual(byKind.parameter);
});
