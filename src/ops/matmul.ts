import { Act, Op } from "../../assembly/opcodes";
import { emit, sink } from "../core/emit";
import { ShapeError } from "../core/errors";
import { engine } from "../core/runtime";
import { sameShape, showShape, sizeOf } from "../tensor/shape";
import { empty, scope, type Tensor, view } from "../tensor/tensor";
import { consume, defineOp, expectDType } from "./define";
import { concat, reshape, rows } from "./shape";

/** NN: a b. TN: transposed a, b. NT: a, transposed b. */
export type Form = "NN" | "TN" | "NT";
const OPCODE = { NN: Op.MATMUL_NN, TN: Op.MATMUL_TN, NT: Op.MATMUL_NT } as const;

/** One product instruction: out (m, n) from matrices stored as the form says. */
function product(form: Form, a: Tensor, b: Tensor, bias: Tensor | undefined, m: number, n: number, k: number): Tensor {
  const out = empty([m, n]);
  if (m === 0 || n === 0) return out;
  if (k === 0) return noTerms(out, bias, m, n);
  const op = OPCODE[form];
  const scratch = sink().scratch((lanes) => engine().kernels.matmul_scratch(op, m, n, k, lanes));
  emit(op, out.ref, a.ref, b.ref, bias === undefined ? 0 : bias.ref, scratch, m, n, k, 0, Act.NONE);
  return out;
}

/** Sums of no terms: 0, or the bias. */
function noTerms(out: Tensor, bias: Tensor | undefined, m: number, n: number): Tensor {
  emit(Op.FILL, out.ref, out.size, 0);
  if (bias !== undefined) emit(Op.ADD, out.ref, out.ref, bias.ref, n, 1, 1, m, 0, 0, n, 0, 0, 0, 1, 1);
  return out;
}

function sizes(form: Form, a: Tensor, b: Tensor): [number, number, number] {
  const [p, q] = a.shape as [number, number];
  const [r, s] = b.shape as [number, number];
  return form === "NN" ? [p, s, q] : form === "TN" ? [q, s, p] : [p, r, q];
}

export const matmulOp = defineOp<"matmul", { form: Form }>({
  name: "matmul",
  forward: ([a, b], { form }) => ({ out: product(form, a!, b!, undefined, ...sizes(form, a!, b!)) }),
  uses: { inputs: [0, 1] },
  gradient: ({ inputs, attrs: { form }, needs }, dy): (Tensor | undefined)[] => {
    const [a, b] = inputs as [Tensor, Tensor];
    const mm = (f: Form, x: Tensor, y: Tensor): Tensor => matmulOp([x, y], { form: f });
    const da = () => (form === "NN" ? mm("NT", dy, b) : form === "NT" ? mm("NN", dy, b) : mm("NT", b, dy));
    const db = () => (form === "NN" ? mm("TN", a, dy) : form === "NT" ? mm("TN", dy, a) : mm("NN", a, dy));
    return [needs[0] ? da() : undefined, needs[1] ? db() : undefined];
  },
});

/**
 * Matrix product. (m, k) with (k, n) gives (m, n); a vector counts as one row (left) or column (right) and its dimension goes away;
 * a of more dimensions is a stack of rows; where both have three, the products of the stacks.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  expectDType("matmul", "f32", a, b);
  const fail = (): never => {
    throw new ShapeError(`matmul: inner dimensions differ or do not fit, a is ${showShape(a.shape)}, b is ${showShape(b.shape)}`);
  };
  if (a.rank === 0 || b.rank === 0) return fail();
  if (b.rank === 1) {
    if (a.shape.at(-1) !== b.size) return fail();
    return consume(
      consume(reshape(b, [b.size, 1]), (column) => matmul(a, column)),
      (t) => reshape(t, a.shape.slice(0, -1)),
    );
  }
  const [k, n] = b.shape.slice(-2) as [number, number];
  if (a.shape.at(-1) !== k) return fail();
  if (b.rank === 2) {
    const by = (t: Tensor) => matmulOp([t, b], { form: "NN" });
    if (a.rank === 2) return by(a);
    return consume(consume(reshape(a, [rowsOf(a), k]), by), (t) => reshape(t, [...a.shape.slice(0, -1), n]));
  }
  if (!sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))) return fail();
  const m = a.shape.at(-2)!;
  const count = sizeOf(b.shape.slice(0, -2));
  if (count === 0) return reshape(a, [...a.shape.slice(0, -1), n]);
  return scope(() => {
    const [as, bs] = [reshape(a, [count, m, k]), reshape(b, [count, k, n])];
    const one = (t: Tensor, j: number) => reshape(rows(t, j, j + 1), t.shape.slice(1));
    const outs = Array.from({ length: count }, (_, j) => reshape(matmulOp([one(as, j), one(bs, j)], { form: "NN" }), [1, m, n]));
    return reshape(concat(outs, 0), [...a.shape.slice(0, -1), n]);
  });
}

/** Everything but the last dimension as one; not size / k, which may be 0 / 0. */
const rowsOf = (x: Tensor): number => sizeOf(x.shape.slice(0, -1));
const flat = (x: Tensor, k: number): Tensor => (x.rank === 2 ? x : view(x, [rowsOf(x), k]));

export const linearOp = defineOp<"linear", undefined>({
  name: "linear",
  forward: ([x, w, bias]) => {
    const [out, k] = w!.shape as [number, number];
    const m = rowsOf(x!);
    const y = product("NT", x!, w!, bias, m, out, k);
    return { out: x!.rank === 2 ? y : view(y, [...x!.shape.slice(0, -1), out]) };
  },
  uses: { inputs: [0, 1] },
  gradient: ({ inputs: [x, w, bias], needs }, dy) => {
    const [out, k] = w!.shape as [number, number];
    const m = rowsOf(x!);
    const g = flat(dy, out);
    const db = () => {
      const sum = empty([out]);
      emit(Op.SUM, sum.ref, g.ref, 1, m, out, 1);
      return sum;
    };
    return [
      needs[0] ? view(product("NN", g, w!, undefined, m, k, out), x!.shape) : undefined,
      needs[1] ? product("TN", g, flat(x!, k), undefined, out, k, m) : undefined,
      bias !== undefined && needs[2] ? db() : undefined,
    ];
  },
});

/**
 * x (..., in) times transposed weight (out, in), plus bias (out): (..., out). One op: the bias is added to each finished sum.
 * Throws ShapeError.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  expectDType("linear", "f32", x, weight, ...(bias === undefined ? [] : [bias]));
  if (weight.rank !== 2 || x.rank === 0 || x.shape.at(-1) !== weight.shape[1])
    throw new ShapeError(
      `linear: x is ${showShape(x.shape)}, weight ${showShape(weight.shape)} (out, in); the last dimension of x must be ${weight.shape[1]}`,
    );
  if (bias !== undefined && (bias.rank !== 1 || bias.size !== weight.shape[0]))
    throw new ShapeError(`linear: bias is ${showShape(bias.shape)}, expected [${weight.shape[0]}]`);
  return linearOp(bias === undefined ? [x, weight] : [x, weight, bias], undefined);
}
