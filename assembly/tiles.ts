import { movement_tiles } from "./movement";
import { gather_tiles } from "./gather";
import { binary_tiles } from "./binary";
import { unary_tiles } from "./unary";
import { activation_tiles } from "./activation";
import { piecewise_tiles } from "./piecewise";
import { smooth_tiles } from "./smooth";
import { reduce_tiles } from "./reduce";
import { softmax_tiles } from "./softmax";
import { loss_tiles } from "./loss";
import { pair_tiles } from "./pair";
import { norm_tiles } from "./norm";
import { gemm_tiles } from "./gemm/gemm";
import { random_tiles } from "./random";
import { optimizer_tiles } from "./optimizer";
import { vector_tiles } from "./vectors";
import { perceptron_tiles } from "./perceptron";
import { opcode } from "./instruction";
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
    case Op.PAIR_LOSS:
    case Op.PAIR_LOSS_GRAD: return pair_tiles(i);
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
    case Op.ADAM:
    case Op.ADAMAX:
    case Op.ADAGRAD:
    case Op.ADADELTA:
    case Op.RMSPROP:
    case Op.RPROP:
    case Op.LION: return optimizer_tiles(i);
    case Op.DOT:
    case Op.NORM:
    case Op.AXPY:
    case Op.LERP:
    case Op.PENALTY: return vector_tiles(i);
    case Op.PERCEPTRON: return perceptron_tiles(i);
    default: return 1;
  }
}
