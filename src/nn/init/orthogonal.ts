import { Op } from "../../../assembly/opcodes";
import { emit } from "../../core/emit";
import { ShapeError } from "../../core/errors";
import { div, mul, sub } from "../../ops/binary";
import { linear, matmul } from "../../ops/matmul";
import { normalInto } from "../../ops/random";
import { sum } from "../../ops/reduce";
import { clone, rows, transpose } from "../../ops/shape";
import { sqrt, square } from "../../ops/unary";
import { showShape } from "../../tensor/shape";
import { empty, scope, type Tensor } from "../../tensor/tensor";

/** Rows taken together: what is taken off them are two matrix products. */
const PANEL = 32;

/** x (m, n) without its parts along the orthonormal rows of q (k, n). */
const without = (x: Tensor, q: Tensor): Tensor => sub(x, matmul(linear(x, q), q));

/** Puts values into rows of a tensor from `row` on. */
function put(into: Tensor, row: number, values: Tensor): void {
  const { storage, offset } = into.ref;
  emit(Op.COPY, { storage, offset: offset + 4 * row * into.shape[1]! }, values.ref, values.size);
}

/** Gram-Schmidt on few rows, in place. Each is cleaned twice, which is enough: what the first time leaves over by rounding, the second removes. */
function orthonormalize(x: Tensor): void {
  for (let r = 0; r < x.shape[0]!; r++)
    scope(() => {
      let row = rows(x, r, r + 1);
      const before = rows(x, 0, r);
      if (r > 0) for (let pass = 0; pass < 2; pass++) row = without(row, before);
      put(x, r, div(row, sqrt(sum(square(row)))));
    });
}

/**
 * `count` orthonormal rows of n numbers, count <= n, from normal ones by Gram-Schmidt in panels: Q of a QR decomposition with positive diagonal, so that every
 * orthogonal matrix is as likely as any other (Mezzadri, How to generate random matrices from the classical compact groups, 2007).
 */
function orthonormalRows(count: number, n: number): Tensor {
  const q = normalInto(empty([count, n]), 0, 1);
  for (let start = 0; start < count; start += PANEL)
    scope(() => {
      let panel = clone(rows(q, start, Math.min(count, start + PANEL)));
      // twice, again: where little was left of a row, the rounding of what was taken off it counts
      for (let pass = 0; pass < 2; pass++) {
        if (start > 0) panel = without(panel, rows(q, 0, start));
        orthonormalize(panel);
      }
      put(q, start, panel);
    });
  return q;
}

/** Fills t (out, ...), seen as (out, everything else), with orthonormal rows, or columns where it is taller than wide, times gain. */
export function orthogonalInto(t: Tensor, gain: number): void {
  if (t.rank < 2) throw new ShapeError(`orthogonal: needs two dimensions or more, got ${showShape(t.shape)}`);
  if (t.size === 0) return;
  const out = t.shape[0]!;
  const others = t.size / out;
  const q = out <= others ? orthonormalRows(out, others) : transpose(orthonormalRows(others, out));
  emit(Op.COPY, t.ref, mul(q, gain).ref, t.size);
}
