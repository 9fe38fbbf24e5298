import { describe, expect, test } from "vitest";
import {
  clone,
  concat,
  detach,
  expand,
  gatherRows,
  permute,
  reshape,
  rows,
  ShapeError,
  scope,
  slice,
  type Tensor,
  tensor,
  transpose,
  where,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { at, indices, plainOf } from "./reference";

noLeaks();

const SHAPES = [[5], [3, 5], [5, 1], [2, 3, 4], [3, 1, 4], [2, 3, 4, 5], [1, 2, 1, 3], [0, 3], [9, 17], [2, 0, 2]];
/** Every item different; the i32 ones cannot be told apart as floats. */
const make = (shape: readonly number[], dtype: "f32" | "i32" = "f32"): Tensor => {
  const n = shape.reduce((p, d) => p * d, 1);
  return tensor(
    Array.from({ length: n }, (_, k) => (dtype === "f32" ? k + 0.5 : 2 ** 30 + k)),
    shape,
    { dtype },
  );
};
/** Compares with the item of the source that `from` names for each index. */
function expectItems(y: Tensor, x: Tensor, shape: readonly number[], from: (index: number[]) => number[]): void {
  const source = plainOf(x);
  expect(y.shape).toEqual(shape);
  expect(y.dtype).toBe(x.dtype);
  expect([...y.data()]).toEqual([...indices(shape)].map((index) => at(source, from(index))));
}
const permutations = (list: readonly number[]): number[][] =>
  list.length < 2 ? [[...list]] : list.flatMap((v, k) => permutations(list.filter((_, j) => j !== k)).map((rest) => [v, ...rest]));

describe.each(["f32", "i32"] as const)("%s", (dtype) => {
  test("permute by every order of up to four dimensions", () => {
    for (const shape of SHAPES)
      for (const dims of permutations(shape.map((_, k) => k)))
        scope(() => {
          const x = make(shape, dtype);
          const back = (index: number[]) => shape.map((_, k) => index[dims.indexOf(k)]!);
          expectItems(
            permute(x, dims),
            x,
            dims.map((d) => shape[d]!),
            back,
          );
        });
  });

  test("slice every range of every dimension, also of a view, with ends counted from the end", () => {
    for (const shape of SHAPES)
      for (const [dim, n] of shape.entries())
        for (let start = 0; start <= n; start++)
          for (let end = start; end <= n; end++)
            scope(() => {
              const x = make(shape, dtype);
              const to = shape.map((d, k) => (k === dim ? end - start : d));
              const shift = (index: number[]) => index.map((v, k) => (k === dim ? v + start : v));
              expectItems(slice(x, start, end, dim), x, to, shift);
              if (end < n) expect(slice(x, start - n, end - n, dim - shape.length).data()).toEqual(slice(x, start, end, dim).data());
              if (end === n) expect(slice(x, start, undefined, dim).shape).toEqual(to);
            });
  });

  test("concat along every dimension gives back what slice cut", () => {
    for (const shape of SHAPES)
      for (const [dim, n] of shape.entries())
        scope(() => {
          const x = make(shape, dtype);
          const cuts = [0, Math.floor(n / 3), Math.floor(n / 3), n];
          const parts = cuts.slice(1).map((end, k) => slice(x, cuts[k]!, end, dim));
          expectItems(concat(parts, dim), x, shape, (index) => index);
          expectItems(concat([x], dim - shape.length), x, shape, (index) => index);
        });
  });

  test("expand into new and one-item dimensions", () => {
    const cases: [number[], number[]][] = [
      [[], [3]],
      [[], [2, 3]],
      [[1], [4]],
      [[5], [3, 5]],
      [
        [3, 1],
        [3, 4],
      ],
      [
        [3, 1],
        [2, 3, 4],
      ],
      [
        [2, 1, 3],
        [2, 5, 3],
      ],
      [
        [1, 3, 1, 2],
        [4, 3, 5, 2],
      ],
      [[1], [0]],
    ];
    for (const [shape, to] of cases)
      scope(() => {
        const x = make(shape, dtype);
        expectItems(expand(x, to), x, to, (index) => index);
      });
    scope(() => expect(() => expand(make([3], dtype), [4])).toThrow(ShapeError));
  });

  test("reshape shares memory, fills in -1, and refuses what does not fit", () => {
    scope(() => {
      const x = make([2, 3, 4], dtype);
      const y = reshape(x, [4, -1]);
      expect([y.shape, [...y.data()]]).toEqual([[4, 6], [...x.data()]]);
      y.set(Array.from({ length: 24 }, () => 7));
      expect(new Set(x.data())).toEqual(new Set([7]));
      for (const bad of [[5, -1], [-1, -1], [23], [2, 3, 4, 0], [-24]]) expect(() => reshape(x, bad), String(bad)).toThrow(ShapeError);
    });
  });

  test("clone has memory of its own, detach and rows share it", () => {
    scope(() => {
      const x = make([4, 3], dtype);
      const [c, d, r] = [clone(x), detach(x), rows(x, 1, 3)];
      x.set(Array.from({ length: 12 }, (_, k) => -k));
      expect([c.data()[5], d.data()[5], [...r.data()]]).toEqual([make([4, 3], dtype).data()[5], -5, [-3, -4, -5, -6, -7, -8]]);
    });
  });
});

test("clone of bytes, at lengths that fill no word", () => {
  for (let n = 0; n < 10; n++)
    scope(() => {
      const bytes = Uint8Array.from({ length: n }, (_, k) => 250 + k);
      expect(clone(tensor(bytes)).data()).toEqual(bytes);
    });
});

test("transpose exchanges the last two dimensions, or the two named", () => {
  scope(() => {
    const x = make([2, 3, 4]);
    expect(transpose(x).data()).toEqual(permute(x, [0, 2, 1]).data());
    expect(transpose(x, 0, -1).data()).toEqual(permute(x, [2, 1, 0]).data());
    expect(() => permute(x, [0, 1])).toThrow(ShapeError);
    expect(() => permute(x, [0, 1, 1])).toThrow(ShapeError);
    expect(() => slice(x, 2, 1)).toThrow(ShapeError);
    expect(() => concat([x, make([2, 3])])).toThrow(ShapeError);
  });
});

test("gatherRows repeats and reorders rows, for an index of any shape", () => {
  scope(() => {
    for (const shape of [[4], [4, 3], [4, 2, 3], [4, 1], [4, 0]])
      for (const [list, of] of [
        [[2, 0, 2, 2, 3], [5]],
        [
          [0, 1, 2, 3, 3, 0],
          [2, 3],
        ],
        [[], [0]],
        [[3], []],
      ] as const) {
        const x = make(shape);
        const y = gatherRows(x, tensor(Int32Array.from(list), of));
        const source = plainOf(x);
        expect(y.shape).toEqual([...of, ...shape.slice(1)]);
        const rest = [...indices(shape.slice(1))];
        expect([...y.data()]).toEqual(list.flatMap((r) => rest.map((index) => at(source, [r, ...index]))));
      }
  });
});

test("where chooses by what is not 0: NaN and -1 choose the first, -0 the second; broadcast in every pattern", () => {
  scope(() => {
    const c = tensor([0, -0, 1, -1, Number.NaN, 0.5]);
    expect([...where(c, 1, 2).data()]).toEqual([2, 2, 1, 1, 1, 1]);
    for (const [cs, as, bs] of [
      [[3, 1], [4], [1, 4]],
      [[], [3, 4], [3, 1]],
      [[2, 3, 4], [], [4]],
    ]) {
      const [p, q, r] = [
        make(cs!)
          .data()
          .map((v) => Math.floor(v) % 2),
        make(as!),
        make(bs!),
      ];
      const condition = tensor(p, cs!);
      const y = where(condition, q, r);
      const [cp, qp, rp] = [plainOf(condition), plainOf(q), plainOf(r)];
      expect([...y.data()]).toEqual([...indices(y.shape)].map((i) => (at(cp, i) !== 0 ? at(qp, i) : at(rp, i))));
    }
    expect([...where(tensor([1, 0]), tensor([Number.NaN, Number.NaN]), tensor([3, 4])).data()]).toEqual([Number.NaN, 4]);
  });
});
