import { ShapeError } from "../core/errors";

export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

function kindOf(x: unknown): string {
  if (x === null || typeof x !== "object") return String(x);
  return "shape" in x ? "a tensor" : `an object { ${Object.keys(x).join(", ")} }`;
}

/** Throws unless it is an array whose every dimension is a whole number, 0 or more. */
export function checkShape(shape: Shape, what: string): void {
  if (!Array.isArray(shape)) throw new ShapeError(`${what}: a shape is an array of whole numbers such as [2, 3], got ${kindOf(shape)}`);
  for (const d of shape)
    if (!Number.isInteger(d) || d < 0) throw new ShapeError(`${what}: a shape holds whole numbers of 0 or more, got ${showShape(shape)}`);
}

/** Steps, in items, of a contiguous tensor of this shape. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    strides[k] = step;
    step *= shape[k]!;
  }
  return strides;
}

/** The shape two operands broadcast to, aligned at the last dimension; a dimension of 1 stretches. */
export function broadcastShapes(a: Shape, b: Shape, what: string): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let k = 1; k <= rank; k++) {
    const x = a[a.length - k] ?? 1;
    const y = b[b.length - k] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new ShapeError(
        `${what}: ${showShape(a)} and ${showShape(b)} do not broadcast (${x} against ${y} in dimension ${rank - k}); reshape one of them`,
      );
    out[rank - k] = x === 1 ? y : x;
  }
  return out;
}

/** Steps of an operand of `shape` inside the shape it is broadcast to: 0 where it is stretched. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const own = stridesOf(shape);
  return to.map((_, k) => {
    const j = k - (to.length - shape.length);
    return j < 0 || shape[j] === 1 ? 0 : own[j]!;
  });
}

/** Joins neighbouring dimensions along which every operand steps evenly, and drops those of length 1. Innermost last. */
export function collapse(shape: Shape, ...strides: readonly number[][]): { shape: number[]; strides: number[][] } {
  const dims: number[] = [];
  const steps = strides.map((): number[] => []);
  for (let k = 0; k < shape.length; k++) {
    if (shape[k] === 1) continue;
    const last = dims.length - 1;
    const even = last >= 0 && strides.every((s, j) => steps[j]![last] === s[k]! * shape[k]!);
    if (even) {
      dims[last]! *= shape[k]!;
      for (const [j, s] of strides.entries()) steps[j]![last] = s[k]!;
    } else {
      dims.push(shape[k]!);
      for (const [j, s] of strides.entries()) steps[j]!.push(s[k]!);
    }
  }
  return { shape: dims, strides: steps };
}

/** A dimension counted from either end, as an index. */
export function axis(dim: number, rank: number, what: string): number {
  const k = dim < 0 ? dim + rank : dim;
  if (!Number.isInteger(dim) || k < 0 || k >= rank)
    throw new ShapeError(`${what}: dimension ${dim} does not exist in a tensor of ${rank} dimension${rank === 1 ? "" : "s"}`);
  return k;
}
