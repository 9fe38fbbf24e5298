import { expect, test } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

test("bytes are converted, copied as a whole, viewed by rows, and refused everywhere else", () => {
  n.scope(() => {
    const bytes = Uint8Array.from({ length: 21 }, (_, k) => 235 + k);
    const x = n.tensor(bytes, [7, 3]);
    expect(n.toF32(x).toArray()).toEqual(Array.from({ length: 7 }, (_, r) => [235 + 3 * r, 236 + 3 * r, 237 + 3 * r]));
    expect([...n.toF32(n.rows(x, 1, 3)).data()]).toEqual([238, 239, 240, 241, 242, 243]);
    expect(n.clone(x).data()).toEqual(bytes);
    const refused = [
      () => n.permute(x, [1, 0]),
      () => n.slice(x, 0, 1, 1),
      () => n.concat([x, x]),
      () => n.expand(x, [2, 7, 3]),
      () => n.add(x, 1),
      () => n.relu(x),
      () => n.sum(x),
      () => n.max(x),
      () => n.softmax(x),
      () => n.gatherRows(x, n.tensor(new Int32Array(1))),
    ];
    for (const f of refused) expect(f, String(f)).toThrow(/u8.*toF32\(\) converts/);
    expect(x.data()).toEqual(bytes);
  });
});

test("whole numbers are refused where floats are needed, in every operand", () => {
  n.scope(() => {
    const i = n.tensor(new Int32Array(4), [2, 2]);
    const f = n.ones([2, 2]);
    const refused = [
      () => n.matmul(f, i),
      () => n.linear(i, f),
      () => n.linear(f, i),
      () => n.linear(f, f, n.tensor(new Int32Array(2))),
      () => n.where(i, f, f),
      () => n.where(f, f, i),
      () => n.mul(f, i),
      () => n.mse(f, i),
      () => n.crossEntropy(i, n.tensor(new Int32Array(2))),
    ];
    for (const g of refused) expect(g, String(g)).toThrow(n.DTypeError);
    expect(() => n.crossEntropy(f, n.tensor([0, 1]))).toThrow(/labels|i32/);
    expect(() => n.gatherRows(f, n.tensor([0, 1]))).toThrow(n.DTypeError);
  });
});

test("gatherRows refuses an index outside the rows, naming it", () => {
  n.scope(() => {
    const x = n.ones([4, 2]);
    for (const bad of [-1, 4, 2 ** 31 - 1])
      expect(() => n.gatherRows(x, n.tensor(new Int32Array([0, 3, bad])))).toThrow(new RegExp(`item 2 is ${bad}.*4 rows.*from 0 to 3`));
    expect(() => n.gatherRows(n.ones([0, 2]), n.tensor(new Int32Array([0])))).toThrow(n.DataError);
  });
});
