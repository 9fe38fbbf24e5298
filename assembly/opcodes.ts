/**
 * The numbering of the instructions: the one file that both sides import, AssemblyScript to dispatch and TypeScript to assemble.
 *
 * An instruction is a row of 32-bit words in linear memory: opcode, length in words, number of tiles, then the operands.
 * What each operand of each opcode means stands in src/core/instructions.ts; the kernels name them again where they load them.
 * Numbers may change between versions: programs live in memory only.
 */
export enum Op {
  // data movement
  FILL,
  COPY,
  STRIDED_COPY,
  GATHER_ROWS,
  SCATTER_ADD_ROWS,
  CAST_F32,
  STORE_SCALAR,
  // elementwise on two broadcast operands
  ADD,
  SUB,
  MUL,
  DIV,
  MAXIMUM,
  MINIMUM,
  EQ,
  NE,
  GT,
  GE,
  LT,
  LE,
  EQ_I32,
  PRELU,
  PRELU_SLOPE,
  WHERE,
  // elementwise on one operand, and gradients of these: (dy, saved) -> dx
  NEG,
  ABS,
  SIGN,
  SQUARE,
  SQRT,
  RECIPROCAL,
  EXP,
  LOG,
  RELU,
  RELU_GRAD,
  SIGMOID,
  SIGMOID_GRAD,
  TANH,
  TANH_GRAD,
  // with two numbers beside the operand; gradients: (dy, x) -> dx
  STEP,
  LEAKY_RELU,
  LEAKY_RELU_GRAD,
  HARDTANH,
  HARDTANH_GRAD,
  ELU,
  ELU_GRAD,
  GELU,
  GELU_GRAD,
  GELU_TANH,
  GELU_TANH_GRAD,
  SILU,
  SILU_GRAD,
  MISH,
  MISH_GRAD,
  SOFTPLUS,
  SOFTPLUS_GRAD,
  // reductions of (outer, r, inner) over r
  SUM,
  SUM_CHUNKS,
  MAX,
  MIN,
  SELECT_GRAD,
  // rows
  SOFTMAX,
  SOFTMAX_GRAD,
  LOG_SOFTMAX,
  LOG_SOFTMAX_GRAD,
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRAD,
  SQUARED_ERROR,
  SQUARED_ERROR_GRAD,
  PAIR_LOSS,
  PAIR_LOSS_GRAD,
  // normalisation over the items of a channel
  BATCH_STATS,
  RUNNING_STATS,
  TRACK_STATS,
  BATCH_NORM,
  BATCH_NORM_SUMS,
  BATCH_NORM_GRAD,
  // products
  MATMUL_NN,
  MATMUL_TN,
  MATMUL_NT,
  // random numbers
  RANDOM_BITS,
  RANDOM_UNIFORM,
  RANDOM_NORMAL,
  RANDOM_MASK,
  // updates of a parameter group
  SGD,
  ADAM,
  ADAMAX,
  ADAGRAD,
  ADADELTA,
  RMSPROP,
  RPROP,
  LION,
  // vectors in pieces
  DOT,
  NORM,
  AXPY,
  LERP,
  PENALTY,
  // learning without gradients
  PERCEPTRON,
  COUNT_,
}

/** Instructions that often follow each other: the first has this number for its own, and the length of all. The others stand behind it as ever. */
export enum Joined {
  GATHERS = 96,
  PRODUCTS,
  SQUARED_LOSS,
  CROSS_ENTROPY_LOSS,
  LAYER_GRADIENT,
  WEIGHT_GRADIENT,
}

/** Words of the control block of a program that several lanes run; what they are for is told in assembly/team.ts. A line of the cache has 16. */
export enum Team {
  CHANGES = 0,
  SLEEPERS,
  DONE = 16,
  STEP,
  STEP_END,
  RESULT,
  BATON,
  /** 0, 1: finished, 2: given up. */
  STATE = 32,
  FROM,
  UPDATE,
  TO,
  TABLE,
  ROW_BYTES,
  ROW,
  COUNT,
  /** Address of a loss that must be finite before an update; 0: updates as the row says. */
  GUARD,
  LANES,
  /** Looks at the number of changes before a lane sleeps. */
  PATIENCE,
  /** A line for each lane. */
  SHARES = 48,
}

/** Words before the first operand: opcode, length, tiles. */
export const HEADER_WORDS = 3;

/** Items of one tile of an elementwise kernel, and terms of one partial sum. Part of the numerics: sums are chunked by it. */
export const CHUNK = 4096;

/** Activation a product may apply to what it stores. */
export enum Act {
  NONE,
  RELU,
  SIGMOID,
  TANH,
}

/** Element kind of the source of GATHER_ROWS. */
export enum Source {
  WORD,
  U8,
}

/** Which loss PAIR_LOSS computes of an output x and a target t; formulas in src/ops/pair.ts. */
export enum Pair {
  ABSOLUTE,
  HUBER,
  LOG_PROBABILITY,
  PROBABILITY,
  DIVERGENCE,
  BINARY,
  BINARY_LOGIT,
}
