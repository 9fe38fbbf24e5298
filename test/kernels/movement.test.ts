import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { type Block, builds, noise } from "./harness";

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, CHUNK - 1, CHUNK, CHUNK + 1, 10007];
/** Words that a detour through arithmetic would change: NaNs with a payload, denormals, -0. */
const awkward = [0x7fc00001, 0x7f800001, 0xffc12345, 0x00000001, 0x80000000, 0x807fffff, 0x7f800000, 0xff800000];
const bits = (n: number) => Int32Array.from(noise(n), (v, i) => awkward[i % 11] ?? v * 2 ** 31);
const GUARD = 0x5a5a5a5a;

interface Box {
  readonly d: readonly number[];
  readonly o: readonly number[];
  readonly x: readonly number[];
}

/** Words of a box's storage: one past the furthest. */
const span = (d: readonly number[], s: readonly number[]) => 1 + d.reduce((sum, n, k) => sum + (n - 1) * s[k]!, 0);

function strided(box: Box, x: Int32Array, out: Int32Array): Int32Array {
  const [d3, d2, d1, d0] = box.d as [number, number, number, number];
  for (let a = 0; a < d3; a++)
    for (let b = 0; b < d2; b++)
      for (let c = 0; c < d1; c++)
        for (let d = 0; d < d0; d++) {
          const at = (s: readonly number[]) => a * s[0]! + b * s[1]! + c * s[2]! + d * s[3]!;
          out[at(box.o)] = x[at(box.x)]!;
        }
  return out;
}

/** Row-major strides. */
const dense = (d: readonly number[]) => d.map((_, k) => d.slice(k + 1).reduce((p, n) => p * n, 1));
/** out = x.permute(order), out dense, x dense with dimensions d. */
function permuted(d: readonly number[], order: readonly number[]): Box {
  const s = dense(d);
  const to = order.map((k) => d[k]!);
  return { d: to, o: dense(to), x: order.map((k) => s[k]!) };
}

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  /** A block with a guard word after its end, which no store may touch. */
  const guarded = (n: number, skew: number) => {
    const block = k.i32(new Int32Array(n + 1).fill(GUARD), skew);
    return { block, view: block.view.subarray(0, n), intact: () => block.view[n] === GUARD };
  };

  it.each([0, 4, 12])("fill, copy and cast are exact and stay within bounds, skew %i", (skew) => {
    for (const n of sizes) {
      for (const value of [0, -2.5, NaN, Infinity, 1e-42]) {
        const out = guarded(n, skew);
        k.exec(Op.FILL, [out.block.at, n, value]);
        expect(firstDifference(out.view, new Float32Array(n).fill(value))).toBe(-1);
        expect(out.intact()).toBe(true);
      }
      for (const reversed of [false, true]) {
        const x = k.i32(bits(n), skew);
        const out = guarded(n, (8 + skew) % 16);
        out.view.fill(7);
        k.exec(Op.COPY, [out.block.at, x.at, n], reversed);
        expect(firstDifference(out.view, x.view)).toBe(-1);
        expect(out.intact()).toBe(true);
        k.exec(Op.CAST_F32, [out.block.at, x.at, n], reversed);
        expect(firstDifference(out.view, Float32Array.from(x.view))).toBe(-1);
        expect(out.intact()).toBe(true);
      }
      k.reset();
    }
  });

  it("cast rounds integers above 2^24 to nearest even", () => {
    const x = k.i32([2 ** 24 + 1, 2 ** 24 + 3, -(2 ** 24) - 1, 2 ** 31 - 1, -(2 ** 31)]);
    const out = k.f32(5);
    k.exec(Op.CAST_F32, [out, x, 5]);
    expect(Array.from(out.view)).toEqual([2 ** 24, 2 ** 24 + 4, -(2 ** 24), 2 ** 31, -(2 ** 31)]);
  });

  it("store_scalar writes word `index` of the block the target points to, and no other", () => {
    const block = k.f32([1, 2, 3]);
    const target = k.i32([block.at]);
    k.exec(Op.STORE_SCALAR, [k.f32([NaN, 5]), target.at, 1]);
    expect(Array.from(block.view)).toEqual([1, NaN, 3]);
  });

  const exact = (box: Box, skew = 0) => {
    const x = k.i32(bits(span(box.d, box.x)), skew);
    const n = span(box.d, box.o);
    const expected = strided(box, x.view, new Int32Array(n).fill(9));
    for (const reversed of [false, true]) {
      const out = guarded(n, 8 - skew);
      out.view.fill(9);
      k.exec(Op.STRIDED_COPY, [out.block as Block<never>, x, ...box.d, ...box.o, ...box.x], reversed);
      expect({ box, same: out.view.every((v, i) => v === expected[i]), intact: out.intact() }).toEqual({ box, same: true, intact: true });
    }
    k.reset();
  };

  it("strided_copy: every permutation of a box, exact, also misaligned", () => {
    const orders = [0, 1, 2, 3].flatMap((a) =>
      [0, 1, 2, 3].flatMap((b) =>
        [0, 1, 2, 3].flatMap((c) => [[a, b, c, 6 - a - b - c]].filter((o) => new Set(o).size === 4 && o.every((v) => v >= 0 && v < 4))),
      ),
    );
    expect(orders.length).toBe(24);
    for (const d of [
      [2, 3, 5, 4],
      [1, 1, 9, 7],
      [3, 2, 17, 31],
      [2, 1, 70, 67],
    ])
      for (const order of orders) for (const skew of [0, 4]) exact(permuted(d, order), skew);
  });

  it.each([1, 3, 4, 5, 7, 8, 9, 63, 64, 65, 131])("strided_copy: transposes %i x n, exact", (m) => {
    for (const n of [1, 2, 3, 4, 5, 8, 64, 67, 127, 128, 1031]) exact(permuted([1, 1, m, n], [0, 1, 3, 2]));
  });

  it("strided_copy: slices, joins, expansions and reversed rows, exact", () => {
    for (const n of [1, 3, 4, 5, 9, 16, 130, 4096, 4099]) {
      for (const rows of [1, 2, 5, 33]) {
        exact({ d: [1, 1, rows, n], o: [0, 0, n, 1], x: [0, 0, n + 3, 1] }); // columns of a wider matrix
        exact({ d: [1, 1, rows, n], o: [0, 0, n + 5, 1], x: [0, 0, n, 1] }); // into a wider one
        exact({ d: [1, 1, rows, n], o: [0, 0, n, 1], x: [0, 0, 1, 0] }); // (rows, 1) expanded
        exact({ d: [1, 1, rows, n], o: [0, 0, n, 1], x: [0, 0, 0, 1] }); // (1, n) expanded
        exact({ d: [1, 1, rows, n], o: [0, 0, n, 1], x: [0, 0, 2 * n, 2] }); // every other column
        exact({ d: [2, 3, rows, n], o: [3 * rows * n, rows * n, n, 1], x: [0, n, 0, 1] });
      }
    }
  });

  it("strided_copy: an empty box has no tiles", () => {
    expect(k.exports.tiles(k.encode(Op.STRIDED_COPY, [0, 0, 1, 1, 0, 4, 1, 1, 1, 1, 1, 1, 1, 1])[0])).toBe(0);
  });

  it("strided_copy: a large plane is split into tiles", () => {
    expect(k.exports.tiles(k.encode(Op.STRIDED_COPY, [0, 0, 1, 1, 1024, 1024, 0, 0, 1024, 1, 0, 0, 1, 1024])[0])).toBe(256);
  });
});
