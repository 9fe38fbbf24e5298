import { Op, Source } from "../../assembly/opcodes";
import { emit, type Opcode } from "../core/emit";
import { empty, fromValues, type Tensor } from "../tensor/tensor";
import { add, div, mul } from "./binary";
import { type Context, consume, defineOp, expectDType } from "./define";

/** One instruction on every item. */
function each(op: Opcode, name: string, x: Tensor): Tensor {
  expectDType(name, "f32", x);
  const out = empty(x.shape);
  emit(op, out.ref, x.ref, x.size);
  return out;
}

/** The gradient kernel that goes with a forward kernel: from dy and what was saved. */
function slope(op: Opcode, dy: Tensor, saved: Tensor): Tensor {
  const dx = empty(saved.shape);
  emit(op, dx.ref, dy.ref, saved.ref, saved.size);
  return dx;
}

type Slope = (context: Context<undefined>, dy: Tensor) => Tensor;

const unary = <const N extends string>(name: N, op: Opcode, uses: { inputs?: readonly number[]; output?: boolean }, gradient: Slope) =>
  defineOp<N, undefined>({
    name,
    forward: ([x]) => ({ out: each(op, name, x!) }),
    uses,
    gradient: (c, dy) => [gradient(c, dy)],
  });

const input = { inputs: [0] } as const;
const output = { output: true } as const;

export const negOp = unary("neg", Op.NEG, {}, (_, dy) => neg(dy));
export const absOp = unary("abs", Op.ABS, input, ({ inputs: [x] }, dy) => mul(dy, sign(x!)));
export const squareOp = unary("square", Op.SQUARE, input, ({ inputs: [x] }, dy) => mul(dy, mul(x!, 2)));
export const sqrtOp = unary("sqrt", Op.SQRT, output, (c, dy) => div(dy, mul(c.output, 2)));
export const reciprocalOp = unary("reciprocal", Op.RECIPROCAL, output, (c, dy) => neg(mul(dy, square(c.output))));
export const expOp = unary("exp", Op.EXP, output, (c, dy) => mul(dy, c.output));
export const logOp = unary("log", Op.LOG, input, ({ inputs: [x] }, dy) => div(dy, x!));
export const reluOp = unary("relu", Op.RELU, output, (c, dy) => slope(Op.RELU_GRAD, dy, c.output));
export const sigmoidOp = unary("sigmoid", Op.SIGMOID, output, (c, dy) => slope(Op.SIGMOID_GRAD, dy, c.output));
export const tanhOp = unary("tanh", Op.TANH, output, (c, dy) => slope(Op.TANH_GRAD, dy, c.output));
export const signOp = defineOp<"sign", undefined>({ name: "sign", forward: ([x]) => ({ out: each(Op.SIGN, "sign", x!) }), gradient: null });
/** i32 or u8 to f32. */
export const toF32Op = defineOp<"toF32", undefined>({
  name: "toF32",
  forward: ([x]) => {
    const out = empty(x!.shape);
    if (x!.dtype === "u8") bytesAsOneRow(out, x!);
    else {
      expectDType("toF32", "i32", x!);
      emit(Op.CAST_F32, out.ref, x!.ref, x!.size);
    }
    return { out };
  },
  gradient: null,
});

/** The kernel that reads rows of data sets converts bytes on the way. */
function bytesAsOneRow(out: Tensor, x: Tensor): void {
  const first = fromValues([0], [1], "i32");
  emit(Op.GATHER_ROWS, out.ref, x.ref, first.ref, 0, 1, x.size, Source.U8, 1, 0);
  first.dispose();
}

const callable = (op: (inputs: readonly Tensor[], attrs: undefined) => Tensor) => (x: Tensor) => op([x], undefined);

/** -x */
export const neg = callable(negOp);
/** |x|; gradient 0 at 0. */
export const abs = callable(absOp);
/** -1, 0 or 1. */
export const sign = callable(signOp);
/** x * x */
export const square = callable(squareOp);
/** Square root; NaN below 0. */
export const sqrt = callable(sqrtOp);
/** 1 / x */
export const reciprocal = callable(reciprocalOp);
/** e^x, to 2 ulp. */
export const exp = callable(expOp);
/** Natural logarithm, to 2 ulp; -Infinity at 0, NaN below. */
export const log = callable(logOp);
/** max(x, 0); gradient 0 at 0. */
export const relu = callable(reluOp);
/** 1 / (1 + e^-x) */
export const sigmoid = callable(sigmoidOp);
/** Hyperbolic tangent, to 2 ulp. */
export const tanh = callable(tanhOp);
/** An i32 or u8 tensor as f32; an f32 one as it is. */
export const toF32 = (x: Tensor): Tensor => (x.dtype === "f32" ? x : toF32Op([x], undefined));

/**
 * x to a fixed power: whole ones from -64 to 64 by repeated products, 0.5 by square root, others as exp(p log x), which needs x > 0.
 */
export function pow(x: Tensor, p: number): Tensor {
  if (p === 0.5) return sqrt(x);
  if (!Number.isInteger(p) || Math.abs(p) > 64)
    return consume(
      consume(log(x), (t) => mul(t, p)),
      exp,
    );
  if (p < 0) return consume(pow(x, -p), reciprocal);
  if (p === 1) return mul(x, 1);
  // 1 with a gradient of 0, for infinities too: tanh makes them finite
  if (p === 0)
    return consume(
      consume(tanh(x), (t) => mul(t, 0)),
      (t) => add(t, 1),
    );
  if (p === 2) return square(x);
  const half = consume(pow(x, Math.floor(p / 2)), square);
  return p % 2 === 0 ? half : consume(half, (t) => mul(t, x));
}
