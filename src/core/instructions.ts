/**
 * What the operands of every opcode mean. The assembler, the planner of temporaries, the printer, the profiler and the search
 * for the first non-finite value all read this table; an opcode without an entry does not compile.
 */
import { Op, Pair } from "../../assembly/opcodes";
import { ELEMENTWISE } from "./elementwise";
import { channels, type InstructionSpec, matmul, none, PAIR_FLOPS, perItem, random, reduceFlops, rows, select } from "./specs";

const update = (name: string): InstructionSpec => ({
  name,
  operands: ["hyper:a", "scale:r", "limit:f", "flags:n"],
  rest: ["p:rw", "g:r", "a:rw", "b:rw", "c:rw", "n:n"],
  flops: none,
});

export const INSTRUCTIONS: { readonly [K in Exclude<Op, Op.COUNT_>]: InstructionSpec } = {
  /** out[i] = value, n words. */
  [Op.FILL]: { name: "fill", operands: ["out:w", "n:n", "value:f"], flops: none },
  /** out[i] = x[i], n words. */
  [Op.COPY]: { name: "copy", operands: ["out:w", "x:r", "n:n"], flops: none },
  /** Words: out[sum o_k i_k] = x[sum x_k i_k] over the box d3 d2 d1 d0 (d0 innermost); strides in words. Permutes, slices, joins, expands. */
  [Op.STRIDED_COPY]: {
    name: "strided_copy",
    operands: ["out:rw", "x:r", "d3:n", "d2:n", "d1:n", "d0:n", "o3:n", "o2:n", "o1:n", "o0:n", "x3:n", "x2:n", "x1:n", "x0:n"],
    flops: none,
  },
  /** out[r, :] = source[index[*cursor + r], :]; kind U8: as f32, times scale plus offset (one rounding each). cursor 0: from 0. */
  [Op.GATHER_ROWS]: {
    name: "gather_rows",
    operands: ["out:w", "source:r", "index:r", "cursor:a", "rows:n", "cols:n", "kind:n", "scale:f", "offset:f"],
    flops: none,
  },
  /** out[index[r], :] += x[r, :], r ascending. */
  [Op.SCATTER_ADD_ROWS]: {
    name: "scatter_add_rows",
    operands: ["out:rw", "x:r", "index:r", "rows:n", "cols:n"],
    flops: rows(1),
  },
  /** i32 to f32. */
  [Op.CAST_F32]: { name: "cast_f32", operands: ["out:w", "x:r", "n:n"], flops: none },
  /** (*target)[index] = x[0]: puts a scalar where the step table says. */
  [Op.STORE_SCALAR]: { name: "store_scalar", operands: ["x:r", "target:a", "index:n"], flops: none },

  ...ELEMENTWISE,

  /** out[o, i] = (sum over r of x[o, r, i]) / divisor. */
  [Op.SUM]: { name: "sum", operands: ["out:w", "x:r", "outer:n", "r:n", "inner:n", "divisor:f"], flops: reduceFlops },
  /** out[c] = sum of the c-th chunk of CHUNK items of x. */
  [Op.SUM_CHUNKS]: { name: "sum_chunks", operands: ["out:w", "x:r", "n:n"], flops: perItem(1) },
  /** Largest item and its first position along r (i32). A NaN is larger than all. */
  [Op.MAX]: select("max"),
  /** Smallest item and its first position along r (i32). A NaN is smaller than all. */
  [Op.MIN]: select("min"),
  /** dx = 0 but for dx[o, index[o, i], i] = dy[o, i]. */
  [Op.SELECT_GRAD]: {
    name: "select_grad",
    operands: ["dx:w", "dy:r", "index:r", "outer:n", "r:n", "inner:n"],
    flops: none,
  },

  [Op.SOFTMAX]: { name: "softmax", operands: ["out:w", "x:r", "rows:n", "cols:n"], flops: rows(18) },
  /** saved: y. */
  [Op.SOFTMAX_GRAD]: { name: "softmax_grad", operands: ["dx:w", "dy:r", "saved:r", "rows:n", "cols:n"], flops: rows(4) },
  [Op.LOG_SOFTMAX]: { name: "log_softmax", operands: ["out:w", "x:r", "rows:n", "cols:n"], flops: rows(17) },
  /** saved: y. */
  [Op.LOG_SOFTMAX_GRAD]: {
    name: "log_softmax_grad",
    operands: ["dx:w", "dy:r", "saved:r", "rows:n", "cols:n"],
    flops: rows(18),
  },
  /** loss[r] = logsumexp(logits[r]) - logits[r, label[r]]; probs = softmax(logits). A label outside 0..cols-1 gives loss NaN. */
  [Op.CROSS_ENTROPY]: {
    name: "cross_entropy",
    operands: ["loss:w", "probs:w", "logits:r", "labels:r", "rows:n", "cols:n"],
    flops: rows(19),
  },
  /** dx[r, c] = (probs[r, c] - [c = label[r]]) * (dy[r * dyStride] / divisor). */
  [Op.CROSS_ENTROPY_GRAD]: {
    name: "cross_entropy_grad",
    operands: ["dx:w", "probs:r", "labels:r", "dy:r", "rows:n", "cols:n", "dyStride:n", "divisor:f"],
    flops: rows(2),
  },
  /** out = (a - b)^2. */
  [Op.SQUARED_ERROR]: { name: "squared_error", operands: ["out:w", "a:r", "b:r", "n:n"], flops: perItem(2) },
  /** da[i] = (a[i] - b[i]) * (2 * dy[i * dyStride] / divisor). */
  [Op.SQUARED_ERROR_GRAD]: {
    name: "squared_error_grad",
    operands: ["da:w", "a:r", "b:r", "dy:r", "n:n", "dyStride:n", "divisor:f"],
    flops: perItem(2),
  },
  /** out = loss of x against t, item by item; kind: Pair. w: weights of the part of t = 1 (BINARY_LOGIT), or 0. delta: HUBER's. */
  [Op.PAIR_LOSS]: {
    name: "pair_loss",
    operands: ["out:w", "x:r", "t:r", "w:r", "n:n", "kind:n", "delta:f"],
    flops: (n) => n("n") * PAIR_FLOPS[n("kind") as Pair],
  },
  /** dx[i] = derivative of the loss by x, times dy[i * dyStride] / divisor. */
  [Op.PAIR_LOSS_GRAD]: {
    name: "pair_loss_grad",
    operands: ["dx:w", "x:r", "t:r", "w:r", "dy:r", "n:n", "kind:n", "dyStride:n", "divisor:f", "delta:f"],
    flops: (n) => n("n") * (n("kind") === Pair.BINARY_LOGIT ? 22 : 4),
  },

  // x (n, c, l), channel by channel. stats (4, c): a centre near the mean, the mean beyond it, 1 / sqrt(variance + eps), the variance (biased).
  [Op.BATCH_STATS]: { name: "batch_stats", operands: ["stats:w", "x:r", "n:n", "c:n", "l:n", "eps:f"], flops: channels(7) },
  /** stats from a mean and a variance. */
  [Op.RUNNING_STATS]: { name: "running_stats", operands: ["stats:w", "mean:r", "variance:r", "c:n", "eps:f"], flops: (n) => 3 * n("c") },
  /** count += 1; mean and variance (times unbiased) move towards those of stats by momentum, where that is negative by 1 / count. */
  [Op.TRACK_STATS]: {
    name: "track_stats",
    operands: ["mean:rw", "variance:rw", "count:rw", "stats:r", "c:n", "momentum:f", "unbiased:f"],
    flops: (n) => 8 * n("c"),
  },
  /** out = (x - mean) / sqrt(variance + eps) * gamma + beta; gamma and beta may be 0: none. */
  [Op.BATCH_NORM]: {
    name: "batch_norm",
    operands: ["out:w", "x:r", "stats:r", "gamma:r", "beta:r", "n:n", "c:n", "l:n"],
    flops: channels(4),
  },
  /** dgamma = sum of dy xhat, dbeta = sum of dy. */
  [Op.BATCH_NORM_SUMS]: {
    name: "batch_norm_sums",
    operands: ["dgamma:w", "dbeta:w", "x:r", "dy:r", "stats:r", "n:n", "c:n", "l:n"],
    flops: channels(5),
  },
  /** dx = gamma / sqrt(variance + eps) * (dy - (dbeta + xhat dgamma) / items); training 0: without what is subtracted, dgamma and dbeta are not read. */
  [Op.BATCH_NORM_GRAD]: {
    name: "batch_norm_grad",
    operands: ["dx:w", "x:r", "dy:r", "stats:r", "dgamma:r", "dbeta:r", "gamma:r", "n:n", "c:n", "l:n", "training:n"],
    flops: channels(6),
  },

  // out (m, n) = act(beta * out + a b + bias). NN: a (m, k), b (k, n). TN: a (k, m). NT: b (n, k). bias (n) or 0; beta 0 or 1 (then out is read).
  [Op.MATMUL_NN]: matmul("matmul_nn"),
  [Op.MATMUL_TN]: matmul("matmul_tn"),
  [Op.MATMUL_NT]: matmul("matmul_nt"),

  // generator: address of { key0, key1, step, firstRow } (u32). Number (r, c) depends on these, on stream, firstRow + r and c alone.
  [Op.RANDOM_BITS]: random("random_bits"),
  /** low + u * (high - low), u in [0, 1). */
  [Op.RANDOM_UNIFORM]: random("random_uniform", "low:f", "high:f"),
  [Op.RANDOM_NORMAL]: random("random_normal", "mean:f", "std:f"),
  /** 0 with probability p, else 1 / (1 - p). */
  [Op.RANDOM_MASK]: random("random_mask", "p:f"),

  // Updates: the gradient is g * scale (f32 in memory; 0: none) after clipping to [-limit, limit]. hyper and the records' states a, b, c (0: none) are told
  // beside the kernels, in assembly/optimizer.ts.
  [Op.SGD]: update("sgd"),
  [Op.ADAM]: update("adam"),
  [Op.ADAMAX]: update("adamax"),
  [Op.ADAGRAD]: update("adagrad"),
  [Op.ADADELTA]: update("adadelta"),
  [Op.RMSPROP]: update("rmsprop"),
  [Op.RPROP]: update("rprop"),
  [Op.LION]: update("lion"),

  /** out[t] (f64) = the t-th part of sum a b over all pieces; parts of 16384 items, each piece padded to a multiple of 16. */
  [Op.DOT]: { name: "dot", operands: ["out:w"], rest: ["a:r", "b:r", "n:n"], flops: none },
  /** x: n doubles. out = { f64 sum, f32 norm = sqrt(sum), f32 scale = min(1, max / (norm + 1e-6)) }. */
  [Op.NORM]: { name: "norm", operands: ["out:w", "x:r", "n:n", "max:f"], flops: none },
  /** out = alpha x + y, n items; alpha x where y is 0. */
  /** a += weight (b - a) over all pieces, rounded so that weight 1 gives b; weight in memory. */
  [Op.LERP]: { name: "lerp", operands: ["weight:r"], rest: ["a:rw", "b:r", "n:n"], flops: none },
  /** out = g + l2 w + l1 sign(w) over all pieces. */
  [Op.PENALTY]: { name: "penalty", operands: ["l1:f", "l2:f"], rest: ["out:w", "g:r", "w:r", "n:n"], flops: none },
  [Op.AXPY]: { name: "axpy", operands: ["out:w", "x:r", "y:r", "alpha:f", "n:n"], flops: perItem(2) },

  /**
   * For each row r in order and each unit o, w[o] being { w0, w1, ... }: u[r, o] = (w0 + sum of w x[r] > 0); where that is not y[r, o], w0 += rate (y - u),
   * w += rate (y - u) x[r], mistakes[o] += 1. y 0: nothing is learned, and mistakes may be 0.
   */
  [Op.PERCEPTRON]: {
    name: "perceptron",
    operands: ["w:rw", "u:w", "mistakes:rw", "x:r", "y:r", "rows:n", "cols:n", "outputs:n", "rate:f"],
    flops: (n) => 2 * n("rows") * n("cols") * n("outputs"),
  },
};
