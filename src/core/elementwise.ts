/** What the operands of the elementwise instructions mean: the part of the table in instructions.ts that is about single items. */
import { Op } from "../../assembly/opcodes";
import { binary, type InstructionSpec, perItem, unary, unaryGrad } from "./specs";

/** Activations with two numbers, and their gradients from the saved x. */
const shaped = (name: string, k: number): InstructionSpec => ({
  name,
  operands: ["out:w", "x:r", "n:n", "a:f", "b:f"],
  flops: perItem(k),
});
const shapedGrad = (name: string, k: number): InstructionSpec => ({
  name,
  operands: ["dx:w", "dy:r", "saved:r", "n:n", "a:f", "b:f"],
  flops: perItem(k),
});

export const ELEMENTWISE = {
  // out has d2 x d1 x d0 x n items, contiguous; a and b advance by the given strides (in items) along d2, d1, d0, and by ai, bi (0 or 1) along n.
  [Op.ADD]: binary("add"),
  [Op.SUB]: binary("sub"),
  [Op.MUL]: binary("mul"),
  [Op.DIV]: binary("div"),
  [Op.MAXIMUM]: binary("maximum"),
  [Op.MINIMUM]: binary("minimum"),
  // comparisons give 1 or 0
  [Op.EQ]: binary("eq"),
  [Op.NE]: binary("ne"),
  [Op.GT]: binary("gt"),
  [Op.GE]: binary("ge"),
  [Op.LT]: binary("lt"),
  [Op.LE]: binary("le"),
  /** Two i32 operands, f32 result. */
  [Op.EQ_I32]: binary("eq_i32"),
  /** a > 0 ? a : a b. */
  [Op.PRELU]: binary("prelu"),
  /** a > 0 ? 1 : b. */
  [Op.PRELU_SLOPE]: binary("prelu_slope"),
  /** out = c != 0 ? a : b, all n items. A NaN condition chooses a. */
  [Op.WHERE]: { name: "where", operands: ["out:w", "c:r", "a:r", "b:r", "n:n"], flops: perItem(1) },

  [Op.NEG]: unary("neg"),
  [Op.ABS]: unary("abs"),
  /** -1, 0 or 1; NaN stays. */
  [Op.SIGN]: unary("sign"),
  [Op.SQUARE]: unary("square"),
  [Op.SQRT]: unary("sqrt"),
  [Op.RECIPROCAL]: unary("reciprocal"),
  [Op.EXP]: unary("exp", 14),
  [Op.LOG]: unary("log", 20),
  [Op.RELU]: unary("relu"),
  /** saved: y. */
  [Op.RELU_GRAD]: unaryGrad("relu_grad", 1),
  [Op.SIGMOID]: unary("sigmoid", 17),
  /** saved: y. */
  [Op.SIGMOID_GRAD]: unaryGrad("sigmoid_grad", 3),
  [Op.TANH]: unary("tanh", 20),
  /** saved: y. */
  [Op.TANH_GRAD]: unaryGrad("tanh_grad", 3),

  /** x > 0 ? 1 : 0. */
  [Op.STEP]: shaped("step", 1),
  /** x > 0 ? x : a x. */
  [Op.LEAKY_RELU]: shaped("leaky_relu", 1),
  [Op.LEAKY_RELU_GRAD]: shapedGrad("leaky_relu_grad", 1),
  /** x between a and b. */
  [Op.HARDTANH]: shaped("hardtanh", 2),
  [Op.HARDTANH_GRAD]: shapedGrad("hardtanh_grad", 2),
  /** x > 0 ? b x : a (e^x - 1). */
  [Op.ELU]: shaped("elu", 16),
  [Op.ELU_GRAD]: shapedGrad("elu_grad", 16),
  /** x Phi(x). */
  [Op.GELU]: shaped("gelu", 40),
  [Op.GELU_GRAD]: shapedGrad("gelu_grad", 42),
  /** x sigmoid(1.5957691 (x + 0.044715 x^3)). */
  [Op.GELU_TANH]: shaped("gelu_tanh", 22),
  [Op.GELU_TANH_GRAD]: shapedGrad("gelu_tanh_grad", 30),
  /** x sigmoid(x). */
  [Op.SILU]: shaped("silu", 18),
  [Op.SILU_GRAD]: shapedGrad("silu_grad", 22),
  /** x tanh(ln(1 + e^x)). */
  [Op.MISH]: shaped("mish", 20),
  [Op.MISH_GRAD]: shapedGrad("mish_grad", 27),
  /** ln(1 + e^(a x)) / a; x where a x > b. */
  [Op.SOFTPLUS]: shaped("softplus", 36),
  [Op.SOFTPLUS_GRAD]: shapedGrad("softplus_grad", 18),
} satisfies { readonly [K in Op]?: InstructionSpec };
