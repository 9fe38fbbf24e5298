import { movement_tiles, fill, copy, strided_copy, cast_f32, store_scalar } from "./movement";
import { gather_tiles, gather_rows, scatter_add_rows } from "./gather";
import { binary_tiles, add, sub, mul, div, maximum, minimum, eq, ne, gt, ge, lt, le, eq_i32, prelu, prelu_slope } from "./binary";
import { unary_tiles, where, neg, abs, sign, square, sqrt, reciprocal, exp, log } from "./unary";
import { activation_tiles, relu, relu_grad, sigmoid, sigmoid_grad, tanh, tanh_grad } from "./activation";
import { piecewise_tiles, step, leaky_relu, leaky_relu_grad, hardtanh, hardtanh_grad } from "./piecewise";
import {
  smooth_tiles, elu, elu_grad, gelu, gelu_grad, gelu_tanh, gelu_tanh_grad, silu, silu_grad, mish, mish_grad, softplus, softplus_grad,
} from "./smooth";
import { reduce_tiles, sum, sum_chunks, max_, min_, select_grad } from "./reduce";
import { softmax_tiles, softmax, softmax_grad, log_softmax, log_softmax_grad } from "./softmax";
import { loss_tiles, cross_entropy, cross_entropy_grad, squared_error, squared_error_grad } from "./loss";
import { norm_tiles, batch_stats, running_stats, track_stats, batch_norm, batch_norm_sums, batch_norm_grad } from "./norm";
import { gemm_tiles, matmul_nn, matmul_tn, matmul_nt } from "./gemm/gemm";
import { random_tiles, random_bits, random_uniform, random_normal, random_mask } from "./random";
import { optimizer_tiles, sgd, adam } from "./optimizer";
import { perceptron_tiles, perceptron } from "./perceptron";
import { byteLength, opcode, tileCount } from "./instruction";
import { Op } from "./opcodes";

/** How many independent tiles an instruction has. Asked once, when a program is assembled; a pure function of the instruction. */
export function tiles(i: usize): u32 {
  switch (opcode(i)) {
    case Op.FILL:
    case Op.COPY:
    case Op.STRIDED_COPY:
    case Op.CAST_F32:
    case Op.STORE_SCALAR: return movement_tiles(i);
    case Op.GATHER_ROWS:
    case Op.SCATTER_ADD_ROWS: return gather_tiles(i);
    case Op.ADD:
    case Op.SUB:
    case Op.MUL:
    case Op.DIV:
    case Op.MAXIMUM:
    case Op.MINIMUM:
    case Op.EQ:
    case Op.NE:
    case Op.GT:
    case Op.GE:
    case Op.LT:
    case Op.LE:
    case Op.EQ_I32:
    case Op.PRELU:
    case Op.PRELU_SLOPE: return binary_tiles(i);
    case Op.WHERE:
    case Op.NEG:
    case Op.ABS:
    case Op.SIGN:
    case Op.SQUARE:
    case Op.SQRT:
    case Op.RECIPROCAL:
    case Op.EXP:
    case Op.LOG: return unary_tiles(i);
    case Op.RELU:
    case Op.RELU_GRAD:
    case Op.SIGMOID:
    case Op.SIGMOID_GRAD:
    case Op.TANH:
    case Op.TANH_GRAD: return activation_tiles(i);
    case Op.STEP:
    case Op.LEAKY_RELU:
    case Op.LEAKY_RELU_GRAD:
    case Op.HARDTANH:
    case Op.HARDTANH_GRAD: return piecewise_tiles(i);
    case Op.ELU:
    case Op.ELU_GRAD:
    case Op.GELU:
    case Op.GELU_GRAD:
    case Op.GELU_TANH:
    case Op.GELU_TANH_GRAD:
    case Op.SILU:
    case Op.SILU_GRAD:
    case Op.MISH:
    case Op.MISH_GRAD:
    case Op.SOFTPLUS:
    case Op.SOFTPLUS_GRAD: return smooth_tiles(i);
    case Op.SUM:
    case Op.SUM_CHUNKS:
    case Op.MAX:
    case Op.MIN:
    case Op.SELECT_GRAD: return reduce_tiles(i);
    case Op.SOFTMAX:
    case Op.SOFTMAX_GRAD:
    case Op.LOG_SOFTMAX:
    case Op.LOG_SOFTMAX_GRAD: return softmax_tiles(i);
    case Op.CROSS_ENTROPY:
    case Op.CROSS_ENTROPY_GRAD:
    case Op.SQUARED_ERROR:
    case Op.SQUARED_ERROR_GRAD: return loss_tiles(i);
    case Op.BATCH_STATS:
    case Op.RUNNING_STATS:
    case Op.TRACK_STATS:
    case Op.BATCH_NORM:
    case Op.BATCH_NORM_SUMS:
    case Op.BATCH_NORM_GRAD: return norm_tiles(i);
    case Op.MATMUL_NN:
    case Op.MATMUL_TN:
    case Op.MATMUL_NT: return gemm_tiles(i);
    case Op.RANDOM_BITS:
    case Op.RANDOM_UNIFORM:
    case Op.RANDOM_NORMAL:
    case Op.RANDOM_MASK: return random_tiles(i);
    case Op.SGD:
    case Op.ADAM: return optimizer_tiles(i);
    case Op.PERCEPTRON: return perceptron_tiles(i);
    default: return 1;
  }
}

/** One tile of one instruction. Every kernel is exported, so that it is not inlined here: V8 never replaces a function while it runs. */
export function dispatch(i: usize, tile: u32, lane: u32): void {
  switch (opcode(i)) {
    case Op.FILL: fill(i, tile, lane); break;
    case Op.COPY: copy(i, tile, lane); break;
    case Op.STRIDED_COPY: strided_copy(i, tile, lane); break;
    case Op.GATHER_ROWS: gather_rows(i, tile, lane); break;
    case Op.SCATTER_ADD_ROWS: scatter_add_rows(i, tile, lane); break;
    case Op.CAST_F32: cast_f32(i, tile, lane); break;
    case Op.STORE_SCALAR: store_scalar(i, tile, lane); break;
    case Op.ADD: add(i, tile, lane); break;
    case Op.SUB: sub(i, tile, lane); break;
    case Op.MUL: mul(i, tile, lane); break;
    case Op.DIV: div(i, tile, lane); break;
    case Op.MAXIMUM: maximum(i, tile, lane); break;
    case Op.MINIMUM: minimum(i, tile, lane); break;
    case Op.EQ: eq(i, tile, lane); break;
    case Op.NE: ne(i, tile, lane); break;
    case Op.GT: gt(i, tile, lane); break;
    case Op.GE: ge(i, tile, lane); break;
    case Op.LT: lt(i, tile, lane); break;
    case Op.LE: le(i, tile, lane); break;
    case Op.EQ_I32: eq_i32(i, tile, lane); break;
    case Op.PRELU: prelu(i, tile, lane); break;
    case Op.PRELU_SLOPE: prelu_slope(i, tile, lane); break;
    case Op.WHERE: where(i, tile, lane); break;
    case Op.NEG: neg(i, tile, lane); break;
    case Op.ABS: abs(i, tile, lane); break;
    case Op.SIGN: sign(i, tile, lane); break;
    case Op.SQUARE: square(i, tile, lane); break;
    case Op.SQRT: sqrt(i, tile, lane); break;
    case Op.RECIPROCAL: reciprocal(i, tile, lane); break;
    case Op.EXP: exp(i, tile, lane); break;
    case Op.LOG: log(i, tile, lane); break;
    case Op.RELU: relu(i, tile, lane); break;
    case Op.RELU_GRAD: relu_grad(i, tile, lane); break;
    case Op.SIGMOID: sigmoid(i, tile, lane); break;
    case Op.SIGMOID_GRAD: sigmoid_grad(i, tile, lane); break;
    case Op.TANH: tanh(i, tile, lane); break;
    case Op.TANH_GRAD: tanh_grad(i, tile, lane); break;
    case Op.STEP: step(i, tile, lane); break;
    case Op.LEAKY_RELU: leaky_relu(i, tile, lane); break;
    case Op.LEAKY_RELU_GRAD: leaky_relu_grad(i, tile, lane); break;
    case Op.HARDTANH: hardtanh(i, tile, lane); break;
    case Op.HARDTANH_GRAD: hardtanh_grad(i, tile, lane); break;
    case Op.ELU: elu(i, tile, lane); break;
    case Op.ELU_GRAD: elu_grad(i, tile, lane); break;
    case Op.GELU: gelu(i, tile, lane); break;
    case Op.GELU_GRAD: gelu_grad(i, tile, lane); break;
    case Op.GELU_TANH: gelu_tanh(i, tile, lane); break;
    case Op.GELU_TANH_GRAD: gelu_tanh_grad(i, tile, lane); break;
    case Op.SILU: silu(i, tile, lane); break;
    case Op.SILU_GRAD: silu_grad(i, tile, lane); break;
    case Op.MISH: mish(i, tile, lane); break;
    case Op.MISH_GRAD: mish_grad(i, tile, lane); break;
    case Op.SOFTPLUS: softplus(i, tile, lane); break;
    case Op.SOFTPLUS_GRAD: softplus_grad(i, tile, lane); break;
    case Op.SUM: sum(i, tile, lane); break;
    case Op.SUM_CHUNKS: sum_chunks(i, tile, lane); break;
    case Op.MAX: max_(i, tile, lane); break;
    case Op.MIN: min_(i, tile, lane); break;
    case Op.SELECT_GRAD: select_grad(i, tile, lane); break;
    case Op.SOFTMAX: softmax(i, tile, lane); break;
    case Op.SOFTMAX_GRAD: softmax_grad(i, tile, lane); break;
    case Op.LOG_SOFTMAX: log_softmax(i, tile, lane); break;
    case Op.LOG_SOFTMAX_GRAD: log_softmax_grad(i, tile, lane); break;
    case Op.CROSS_ENTROPY: cross_entropy(i, tile, lane); break;
    case Op.CROSS_ENTROPY_GRAD: cross_entropy_grad(i, tile, lane); break;
    case Op.SQUARED_ERROR: squared_error(i, tile, lane); break;
    case Op.SQUARED_ERROR_GRAD: squared_error_grad(i, tile, lane); break;
    case Op.BATCH_STATS: batch_stats(i, tile, lane); break;
    case Op.RUNNING_STATS: running_stats(i, tile, lane); break;
    case Op.TRACK_STATS: track_stats(i, tile, lane); break;
    case Op.BATCH_NORM: batch_norm(i, tile, lane); break;
    case Op.BATCH_NORM_SUMS: batch_norm_sums(i, tile, lane); break;
    case Op.BATCH_NORM_GRAD: batch_norm_grad(i, tile, lane); break;
    case Op.MATMUL_NN: matmul_nn(i, tile, lane); break;
    case Op.MATMUL_TN: matmul_tn(i, tile, lane); break;
    case Op.MATMUL_NT: matmul_nt(i, tile, lane); break;
    case Op.RANDOM_BITS: random_bits(i, tile, lane); break;
    case Op.RANDOM_UNIFORM: random_uniform(i, tile, lane); break;
    case Op.RANDOM_NORMAL: random_normal(i, tile, lane); break;
    case Op.RANDOM_MASK: random_mask(i, tile, lane); break;
    case Op.SGD: sgd(i, tile, lane); break;
    case Op.ADAM: adam(i, tile, lane); break;
    case Op.PERCEPTRON: perceptron(i, tile, lane); break;
    default: unreachable();
  }
}

/** Sets the tile count of one instruction and runs it whole: the eager call. */
export function execute(i: usize): void {
  const count = tiles(i);
  store<u32>(i, count, 8);
  for (let t: u32 = 0; t < count; t++) dispatch(i, t, 0);
}

/**
 * Runs the instructions from `from` up to `to` on one lane. Looks at the stop word before each; returns the address of the
 * first instruction not run (`to` when all were).
 */
export function run(from: usize, to: usize, lane: u32, stop: usize): usize {
  let i = from;
  while (i < to) {
    if (atomic.load<i32>(stop)) break;
    const count = tileCount(i);
    for (let t: u32 = 0; t < count; t++) dispatch(i, t, lane);
    i += byteLength(i);
  }
  return i;
}

/**
 * Runs `count` steps. Before each, one row of the step table (`rowBytes`, a multiple of 16) is copied to `row`, where the instructions look for
 * what differs between steps. The update section, from `update` to `to`, runs only where bit 0 of the row's first word is set.
 * Returns how many steps were run to their end.
 */
export function steps(from: usize, update: usize, to: usize, table: usize, rowBytes: usize, row: usize, count: u32, lane: u32, stop: usize): u32 {
  for (let s: u32 = 0; s < count; s++) {
    for (let b: usize = 0; b < rowBytes; b += 16) v128.store(row + b, v128.load(table + b));
    table += rowBytes;
    const end = load<u32>(row) & 1 ? to : update;
    if (run(from, end, lane, stop) < end) return s;
  }
  return count;
}
