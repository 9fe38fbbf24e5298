import { fill, copy, strided_copy, cast_f32, store_scalar } from "./movement";
import { gather_rows, scatter_add_rows } from "./gather";
import { add, sub, mul, div, maximum, minimum, eq, ne, gt, ge, lt, le, eq_i32, prelu, prelu_slope } from "./binary";
import { where, neg, abs, sign, square, sqrt, reciprocal, exp, log } from "./unary";
import { relu, relu_grad, sigmoid, sigmoid_grad, tanh, tanh_grad } from "./activation";
import { step, leaky_relu, leaky_relu_grad, hardtanh, hardtanh_grad } from "./piecewise";
import { elu, elu_grad, gelu, gelu_grad, gelu_tanh, gelu_tanh_grad, silu, silu_grad, mish, mish_grad, softplus, softplus_grad } from "./smooth";
import { sum, sum_chunks, max_, min_, select_grad } from "./reduce";
import { softmax, softmax_grad, log_softmax, log_softmax_grad } from "./softmax";
import { cross_entropy, cross_entropy_grad, squared_error, squared_error_grad } from "./loss";
import { pair_loss, pair_loss_grad } from "./pair";
import { batch_stats, running_stats, track_stats, batch_norm, batch_norm_sums, batch_norm_grad } from "./norm";
import { matmul_nn, matmul_tn, matmul_nt } from "./gemm/gemm";
import { takesWhole, WHOLE } from "./gemm/plan";
import { random_bits, random_uniform, random_normal, random_mask } from "./random";
import { sgd, adam, adamax, adagrad, adadelta, rmsprop, rprop, lion } from "./optimizer";
import { dot, norm, axpy, lerp, penalty } from "./vectors";
import { perceptron } from "./perceptron";
import { byteLength, opcode, tileCount } from "./instruction";
import { HEADER_WORDS, Joined, Op } from "./opcodes";
import { tiles } from "./tiles";

/** Bytes of an instruction of so many operands. */
// @ts-ignore: decorator
@inline function bytes(operands: i32): usize { return <usize>(HEADER_WORDS + operands) << 2; }

/** One tile of one instruction, for tests: nothing joined. */
export function dispatch(i: usize, tile: u32, lane: u32): void { one(false, i, tile, lane); }

/** One tile of one instruction. Every kernel is exported, so that it is not inlined here: V8 never replaces a function while it runs. */
// @ts-ignore: decorator
@inline function one(joins: bool, i: usize, tile: u32, lane: u32): void {
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
    case Op.PAIR_LOSS: pair_loss(i, tile, lane); break;
    case Op.PAIR_LOSS_GRAD: pair_loss_grad(i, tile, lane); break;
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
    case Op.ADAMAX: adamax(i, tile, lane); break;
    case Op.ADAGRAD: adagrad(i, tile, lane); break;
    case Op.ADADELTA: adadelta(i, tile, lane); break;
    case Op.RMSPROP: rmsprop(i, tile, lane); break;
    case Op.RPROP: rprop(i, tile, lane); break;
    case Op.LION: lion(i, tile, lane); break;
    case Op.DOT: dot(i, tile, lane); break;
    case Op.NORM: norm(i, tile, lane); break;
    case Op.AXPY: axpy(i, tile, lane); break;
    case Op.LERP: lerp(i, tile, lane); break;
    case Op.PENALTY: penalty(i, tile, lane); break;
    case Op.PERCEPTRON: perceptron(i, tile, lane); break;
    case Joined.GATHERS:
      if (!joins) unreachable();
      gather_rows(i, 0, lane);
      gather_rows(i + bytes(9), 0, lane);
      break;
    case Joined.PRODUCTS:
      if (!joins) unreachable();
      matmul_nt(i, 0, lane);
      matmul_nt(i + bytes(10), 0, lane);
      break;
    case Joined.SQUARED_LOSS:
      if (!joins) unreachable();
      squared_error(i, 0, lane);
      sum(i + bytes(4), 0, lane);
      store_scalar(i + bytes(4) + bytes(6), 0, lane);
      squared_error_grad(i + bytes(4) + bytes(6) + bytes(3), 0, lane);
      break;
    case Joined.CROSS_ENTROPY_LOSS:
      if (!joins) unreachable();
      cross_entropy(i, 0, lane);
      sum(i + bytes(6), 0, lane);
      store_scalar(i + bytes(6) + bytes(6), 0, lane);
      cross_entropy_grad(i + bytes(6) + bytes(6) + bytes(3), 0, lane);
      break;
    case Joined.LAYER_GRADIENT:
      if (!joins) unreachable();
      matmul_nn(i, 0, lane);
      matmul_tn(i + bytes(10), 0, lane);
      sum(i + bytes(10) + bytes(10), 0, lane);
      break;
    case Joined.WEIGHT_GRADIENT:
      if (!joins) unreachable();
      matmul_tn(i, 0, lane);
      sum(i + bytes(10), 0, lane);
      break;
    default: unreachable();
  }
}

/** Sets the tile count of one instruction and runs it whole: the eager call. */
export function execute(i: usize): void {
  store<u32>(i, tiles(i), 8);
  run(i, i + byteLength(i), 0, 0);
}

/**
 * Runs the instructions from `from` up to `to` on one lane. Looks at the stop word (0: there is none) before each; returns the address of the
 * first instruction not run (`to` when all were).
 */
export function run(from: usize, to: usize, lane: u32, stop: usize): usize {
  let i = from;
  while (i < to) {
    if (stop && atomic.load<i32>(stop)) break;
    let t: u32 = 0, end = tileCount(i);
    if (end > 1 && takesWhole(i)) {
      t = WHOLE;
      end = WHOLE + 1;
    }
    for (; t < end; t++) one(true, i, t, lane);
    i += byteLength(i);
  }
  return i;
}

/**
 * One step whose update waits for its loss: runs up to `update`, and the rest only if the float at `loss` is finite. Returns whether it did, or 0 too where it
 * was stopped.
 */
export function guarded(from: usize, update: usize, to: usize, loss: usize, lane: u32, stop: usize): bool {
  if (run(from, update, lane, stop) < update || !isFinite(load<f32>(loss))) return false;
  return run(update, to, lane, stop) == to;
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
