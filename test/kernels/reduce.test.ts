import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { beyond, cycle, EPS, inexact, outputs, SPECIAL } from "./elementwise.support";
import { type Block, builds, noise } from "./harness";

const DIMS = [1, 3, 4, 5, 7, 129, 1000];
/** Every (outer, r, inner) of at most `most` items. */
const shapes = (most: number, ...more: (readonly [number, number, number])[]) => [
  ...DIMS.flatMap((o) => DIMS.flatMap((r) => DIMS.flatMap((i) => (o * r * i <= most ? [[o, r, i] as const] : [])))),
  ...more,
];

/** Sums, and sums of magnitudes, in double precision. */
function sums(x: ArrayLike<number>, outer: number, r: number, inner: number): { sum: Float64Array; magnitude: Float64Array } {
  const sum = new Float64Array(outer * inner);
  const magnitude = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < r; k++)
      for (let c = 0; c < inner; c++) {
        const v = x[(o * r + k) * inner + c]!;
        sum[o * inner + c]! += v;
        magnitude[o * inner + c]! += Math.abs(v);
      }
  return { sum, magnitude };
}
/** Longest chain of roundings of a sum of r terms: 128 in a block, 4 of a tail, 4 to join accumulators and lanes. The bound is that of Higham, 4.2. */
const chain = (r: number) => Math.min(r, 132) + 4;

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it("sum: error at most (min(r, 132) + 4) 2^-24 sum |x|, however long r is; divided with two more roundings", () => {
    for (const [outer, r, inner] of shapes(
      6e4,
      [1, 2047, 1],
      [1, 2049, 1],
      [3, 2063, 1],
      [1, 100_003, 1],
      [1, 128, 33],
      [1, 20_011, 5],
      [3, 1000, 129],
      [1000, 1000, 1],
      [1, 1000, 1000],
      [1000, 1, 129],
      [129, 129, 7],
    )) {
      const x = k.f32(noise(outer * r * inner, outer + r), r % 2 ? 4 : 0);
      const { sum, magnitude } = sums(x.view, outer, r, inner);
      for (const divisor of outer * r * inner < 1e5 ? [1, 7] : [1]) {
        const out = outputs(k, Op.SUM, outer * inner, (to) => [to, x, outer, r, inner, divisor], 8);
        const failure = beyond(
          out,
          (i) => sum[i]! / divisor,
          (i) => ((chain(r) + 2) * EPS * magnitude[i]!) / divisor,
        );
        expect({ outer, r, inner, divisor, failure }).toEqual({ outer, r, inner, divisor, failure: "" });
      }
      k.reset();
    }
  });

  it("sum: a million times 0.1 within 1e-6 of its sum, along rows and columns (one accumulator alone is 1 % off)", () => {
    const n = 1 << 20;
    for (const inner of [1, 4]) {
      const x = k.f32(new Float32Array(inner * n).fill(0.1));
      const out = outputs(k, Op.SUM, inner, (to) => [to, x, 1, n, inner, n]);
      for (const y of out) expect(Math.abs(y / Math.fround(0.1) - 1)).toBeLessThan(1e-6);
      k.reset();
    }
  });

  it("sum: a column's bits do not depend on how many columns there are, nor a row's on how many rows", () => {
    const r = 300;
    const terms = noise(r, 9);
    const results = [1, 4, 5, 17, 64, 67].flatMap((inner) =>
      [1, 3, 200].flatMap((outer) => {
        if (inner === 1) return [];
        const x = k.f32(Float32Array.from({ length: outer * r * inner }, (_, i) => terms[Math.floor(i / inner) % r]!));
        const out = Array.from(outputs(k, Op.SUM, outer * inner, (to) => [to, x, outer, r, inner, 1]));
        k.reset();
        return out;
      }),
    );
    expect(new Set(results).size).toBe(1);
    const rows = [1, 3, 200].flatMap((outer) =>
      Array.from(
        outputs(k, Op.SUM, outer, (to) => [
          to,
          k.f32(
            Float32Array.from({ length: outer * r }, (_, i) => terms[i % r]!),
            4,
          ),
          outer,
          r,
          1,
          1,
        ]),
      ),
    );
    expect(new Set(rows).size).toBe(1);
  });

  it("sum: infinities and NaN come through, also past the middle; what lies after the last row does not", () => {
    for (const [r, inner] of [
      [5, 1],
      [1000, 1],
      [5, 7],
      [1000, 3],
    ] as const) {
      for (const [bad, expected] of [
        [NaN, NaN],
        [Infinity, Infinity],
        [-Infinity, -Infinity],
      ] as const) {
        for (const at of [0, Math.floor(r / 2), r - 1]) {
          // the harness leaves no zeros after a block by itself
          const x = k.f32(new Float32Array(r * inner + 16).fill(NaN));
          x.view.fill(1, 0, r * inner);
          x.view[at * inner + inner - 1] = bad;
          const out = outputs(k, Op.SUM, inner, (to) => [to, x, 1, r, inner, 1]);
          expect(Array.from(out)).toEqual([...new Array(inner - 1).fill(r), expected]);
        }
      }
      k.reset();
    }
  });

  it("sum_chunks: each CHUNK items within (132 + 4) 2^-24 sum |x|, the last one shorter", () => {
    for (const n of [1, 3, 4, 5, 15, 16, 17, 129, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 1009]) {
      for (const skew of [0, 4]) {
        const x = k.f32(noise(n, n), skew);
        const chunks = Math.ceil(n / CHUNK);
        const part = (c: number) =>
          sums(x.view.subarray(c * CHUNK, Math.min(n, (c + 1) * CHUNK)), 1, Math.min(n, (c + 1) * CHUNK) - c * CHUNK, 1);
        const out = outputs(k, Op.SUM_CHUNKS, chunks, (to) => [to, x, n], skew);
        expect(
          beyond(
            out,
            (c) => part(c).sum[0]!,
            (c) => 136 * EPS * part(c).magnitude[0]!,
          ),
        ).toBe("");
        k.reset();
      }
    }
  });

  const selects = [
    ["max", Op.MAX, (a: number, b: number) => a > b],
    ["min", Op.MIN, (a: number, b: number) => a < b],
  ] as const;
  const select = (op: Op, x: Block, outer: number, r: number, inner: number) => {
    const n = outer * inner;
    const index = k.i32(n);
    const values = outputs(k, op, n, (to) => [to, index, x, outer, r, inner], 4);
    const positions = outputs(k, op, n, (to) => [k.f32(n), to, x, outer, r, inner], 8);
    const at = new Int32Array(positions.buffer, positions.byteOffset, n);
    expect(Array.from(at)).toEqual(Array.from(index.view));
    return { values, at };
  };

  it.each(selects)("%s: value and first position exact for all shapes, ties and NaN too", (_, op, better) => {
    for (const [outer, r, inner] of shapes(3e4, [2, 1000, 37], [1, 5, 5000])) {
      for (const kind of ["distinct", "ties", "NaN"]) {
        const coarse = noise(outer * r * inner, r).map((v, i) =>
          kind === "distinct" ? v : kind === "NaN" && (i * 7919) % 61 === 5 ? NaN : Math.round(v * 3),
        );
        const x = k.f32(coarse, 4);
        const { values, at } = select(op, x, outer, r, inner);
        let failure = "";
        for (let o = 0; o < outer && !failure; o++)
          for (let c = 0; c < inner && !failure; c++) {
            let best = 0;
            const item = (q: number) => x.view[(o * r + q) * inner + c]!;
            for (let q = 1; q < r && !Number.isNaN(item(best)); q++) if (better(item(q), item(best)) || Number.isNaN(item(q))) best = q;
            const to = o * inner + c;
            if (at[to] !== best || !Object.is(values[to], item(best)))
              failure = `(${o}, ${c}): ${values[to]} at ${at[to]}, not ${item(best)} at ${best}`;
          }
        expect({ outer, r, inner, kind, failure }).toEqual({ outer, r, inner, kind, failure: "" });
        k.reset();
      }
    }
  });

  it.each(selects)("%s: infinities; all alike gives position 0; 0 and -0 are ties", (_, op) => {
    for (const r of [1, 3, 4, 5, 17])
      for (const inner of [1, 3, 4, 9]) {
        for (const v of [-Infinity, Infinity, NaN, 0]) {
          const { values, at } = select(op, k.f32(new Float32Array(r * inner).fill(v)), 1, r, inner);
          expect(Array.from(values)).toEqual(new Array(inner).fill(v));
          expect(Array.from(at)).toEqual(new Array(inner).fill(0));
        }
        expect(Array.from(select(op, k.f32(cycle([0, -0], r)), 1, r, 1).at)).toEqual([0]);
      }
  });

  it("select_grad: exact, zero elsewhere, all shapes", () => {
    for (const [outer, r, inner] of shapes(3e4, [2, 1000, 37], [1, 5, 5000])) {
      const n = outer * inner;
      const index = k.i32(Int32Array.from(noise(n, 3), (v) => Math.floor((v + 1) * 0.5 * r)));
      const dy = k.f32(cycle([...noise(31), ...SPECIAL], n), 4);
      const dx = outputs(k, Op.SELECT_GRAD, n * r, (to) => [to, dy, index, outer, r, inner]);
      const failure = inexact(dx, (i) => {
        const o = Math.floor(i / (r * inner));
        const c = i % inner;
        return index.view[o * inner + c] === Math.floor(i / inner) % r ? dy.view[o * inner + c]! : 0;
      });
      expect({ outer, r, inner, failure }).toEqual({ outer, r, inner, failure: "" });
      k.reset();
    }
  });

  it("about CHUNK items a tile: outer items where they are smaller, ranges of at least 32 columns where they are larger", () => {
    const tiles = (op: Op, ...operands: number[]) => k.exports.tiles(k.encode(op, operands)[0]);
    const sum = (outer: number, r: number, inner: number) => tiles(Op.SUM, 0, 0, outer, r, inner, 1);
    expect([
      sum(1, 32, 128),
      sum(10, 4096, 1),
      sum(1000, 10, 1),
      sum(3, 64, 128),
      sum(1, 1 << 20, 65),
      sum(0, 5, 1),
      sum(5, 0, 1),
      sum(5, 5, 0),
    ]).toEqual([1, 10, 3, 6, 3, 0, 1, 0]);
    expect([
      tiles(Op.MAX, 0, 0, 0, 1000, 10, 1),
      tiles(Op.SUM_CHUNKS, 0, 0, CHUNK + 1),
      tiles(Op.SELECT_GRAD, 0, 0, 0, 2, 100, 4096),
    ]).toEqual([3, 2, 200]);
  });
});
