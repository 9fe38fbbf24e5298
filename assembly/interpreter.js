"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.tiles = tiles;
exports.dispatch = dispatch;
exports.execute = execute;
exports.run = run;
exports.steps = steps;
const movement_1 = require("./movement");
const gather_1 = require("./gather");
const binary_1 = require("./binary");
const unary_1 = require("./unary");
const activation_1 = require("./activation");
const reduce_1 = require("./reduce");
const softmax_1 = require("./softmax");
const loss_1 = require("./loss");
const gemm_1 = require("./gemm/gemm");
const random_1 = require("./random");
const optimizer_1 = require("./optimizer");
const instruction_1 = require("./instruction");
const opcodes_1 = require("./opcodes");
/** How many independent tiles an instruction has. Asked once, when a program is assembled; a pure function of the instruction. */
function tiles(i) {
    switch ((0, instruction_1.opcode)(i)) {
        case opcodes_1.Op.FILL:
        case opcodes_1.Op.COPY:
        case opcodes_1.Op.STRIDED_COPY:
        case opcodes_1.Op.CAST_F32:
        case opcodes_1.Op.STORE_SCALAR: return (0, movement_1.movement_tiles)(i);
        case opcodes_1.Op.GATHER_ROWS:
        case opcodes_1.Op.SCATTER_ADD_ROWS: return (0, gather_1.gather_tiles)(i);
        case opcodes_1.Op.ADD:
        case opcodes_1.Op.SUB:
        case opcodes_1.Op.MUL:
        case opcodes_1.Op.DIV:
        case opcodes_1.Op.MAXIMUM:
        case opcodes_1.Op.MINIMUM:
        case opcodes_1.Op.EQ:
        case opcodes_1.Op.NE:
        case opcodes_1.Op.GT:
        case opcodes_1.Op.GE:
        case opcodes_1.Op.LT:
        case opcodes_1.Op.LE:
        case opcodes_1.Op.EQ_I32: return (0, binary_1.binary_tiles)(i);
        case opcodes_1.Op.WHERE:
        case opcodes_1.Op.NEG:
        case opcodes_1.Op.ABS:
        case opcodes_1.Op.SIGN:
        case opcodes_1.Op.SQUARE:
        case opcodes_1.Op.SQRT:
        case opcodes_1.Op.RECIPROCAL:
        case opcodes_1.Op.EXP:
        case opcodes_1.Op.LOG: return (0, unary_1.unary_tiles)(i);
        case opcodes_1.Op.RELU:
        case opcodes_1.Op.RELU_GRAD:
        case opcodes_1.Op.SIGMOID:
        case opcodes_1.Op.SIGMOID_GRAD:
        case opcodes_1.Op.TANH:
        case opcodes_1.Op.TANH_GRAD: return (0, activation_1.activation_tiles)(i);
        case opcodes_1.Op.SUM:
        case opcodes_1.Op.SUM_CHUNKS:
        case opcodes_1.Op.MAX:
        case opcodes_1.Op.MIN:
        case opcodes_1.Op.SELECT_GRAD: return (0, reduce_1.reduce_tiles)(i);
        case opcodes_1.Op.SOFTMAX:
        case opcodes_1.Op.SOFTMAX_GRAD:
        case opcodes_1.Op.LOG_SOFTMAX:
        case opcodes_1.Op.LOG_SOFTMAX_GRAD: return (0, softmax_1.softmax_tiles)(i);
        case opcodes_1.Op.CROSS_ENTROPY:
        case opcodes_1.Op.CROSS_ENTROPY_GRAD:
        case opcodes_1.Op.SQUARED_ERROR:
        case opcodes_1.Op.SQUARED_ERROR_GRAD: return (0, loss_1.loss_tiles)(i);
        case opcodes_1.Op.MATMUL_NN:
        case opcodes_1.Op.MATMUL_TN:
        case opcodes_1.Op.MATMUL_NT: return (0, gemm_1.gemm_tiles)(i);
        case opcodes_1.Op.RANDOM_BITS:
        case opcodes_1.Op.RANDOM_UNIFORM:
        case opcodes_1.Op.RANDOM_NORMAL:
        case opcodes_1.Op.RANDOM_MASK: return (0, random_1.random_tiles)(i);
        case opcodes_1.Op.SGD:
        case opcodes_1.Op.ADAM: return (0, optimizer_1.optimizer_tiles)(i);
        default: return 1;
    }
}
/** One tile of one instruction. Every kernel is exported, so that it is not inlined here: V8 never replaces a function while it runs. */
function dispatch(i, tile, lane) {
    switch ((0, instruction_1.opcode)(i)) {
        case opcodes_1.Op.FILL:
            (0, movement_1.fill)(i, tile, lane);
            break;
        case opcodes_1.Op.COPY:
            (0, movement_1.copy)(i, tile, lane);
            break;
        case opcodes_1.Op.STRIDED_COPY:
            (0, movement_1.strided_copy)(i, tile, lane);
            break;
        case opcodes_1.Op.GATHER_ROWS:
            (0, gather_1.gather_rows)(i, tile, lane);
            break;
        case opcodes_1.Op.SCATTER_ADD_ROWS:
            (0, gather_1.scatter_add_rows)(i, tile, lane);
            break;
        case opcodes_1.Op.CAST_F32:
            (0, movement_1.cast_f32)(i, tile, lane);
            break;
        case opcodes_1.Op.STORE_SCALAR:
            (0, movement_1.store_scalar)(i, tile, lane);
            break;
        case opcodes_1.Op.ADD:
            (0, binary_1.add)(i, tile, lane);
            break;
        case opcodes_1.Op.SUB:
            (0, binary_1.sub)(i, tile, lane);
            break;
        case opcodes_1.Op.MUL:
            (0, binary_1.mul)(i, tile, lane);
            break;
        case opcodes_1.Op.DIV:
            (0, binary_1.div)(i, tile, lane);
            break;
        case opcodes_1.Op.MAXIMUM:
            (0, binary_1.maximum)(i, tile, lane);
            break;
        case opcodes_1.Op.MINIMUM:
            (0, binary_1.minimum)(i, tile, lane);
            break;
        case opcodes_1.Op.EQ:
            (0, binary_1.eq)(i, tile, lane);
            break;
        case opcodes_1.Op.NE:
            (0, binary_1.ne)(i, tile, lane);
            break;
        case opcodes_1.Op.GT:
            (0, binary_1.gt)(i, tile, lane);
            break;
        case opcodes_1.Op.GE:
            (0, binary_1.ge)(i, tile, lane);
            break;
        case opcodes_1.Op.LT:
            (0, binary_1.lt)(i, tile, lane);
            break;
        case opcodes_1.Op.LE:
            (0, binary_1.le)(i, tile, lane);
            break;
        case opcodes_1.Op.EQ_I32:
            (0, binary_1.eq_i32)(i, tile, lane);
            break;
        case opcodes_1.Op.WHERE:
            (0, unary_1.where)(i, tile, lane);
            break;
        case opcodes_1.Op.NEG:
            (0, unary_1.neg)(i, tile, lane);
            break;
        case opcodes_1.Op.ABS:
            (0, unary_1.abs)(i, tile, lane);
            break;
        case opcodes_1.Op.SIGN:
            (0, unary_1.sign)(i, tile, lane);
            break;
        case opcodes_1.Op.SQUARE:
            (0, unary_1.square)(i, tile, lane);
            break;
        case opcodes_1.Op.SQRT:
            (0, unary_1.sqrt)(i, tile, lane);
            break;
        case opcodes_1.Op.RECIPROCAL:
            (0, unary_1.reciprocal)(i, tile, lane);
            break;
        case opcodes_1.Op.EXP:
            (0, unary_1.exp)(i, tile, lane);
            break;
        case opcodes_1.Op.LOG:
            (0, unary_1.log)(i, tile, lane);
            break;
        case opcodes_1.Op.RELU:
            (0, activation_1.relu)(i, tile, lane);
            break;
        case opcodes_1.Op.RELU_GRAD:
            (0, activation_1.relu_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.SIGMOID:
            (0, activation_1.sigmoid)(i, tile, lane);
            break;
        case opcodes_1.Op.SIGMOID_GRAD:
            (0, activation_1.sigmoid_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.TANH:
            (0, activation_1.tanh)(i, tile, lane);
            break;
        case opcodes_1.Op.TANH_GRAD:
            (0, activation_1.tanh_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.SUM:
            (0, reduce_1.sum)(i, tile, lane);
            break;
        case opcodes_1.Op.SUM_CHUNKS:
            (0, reduce_1.sum_chunks)(i, tile, lane);
            break;
        case opcodes_1.Op.MAX:
            (0, reduce_1.max_)(i, tile, lane);
            break;
        case opcodes_1.Op.MIN:
            (0, reduce_1.min_)(i, tile, lane);
            break;
        case opcodes_1.Op.SELECT_GRAD:
            (0, reduce_1.select_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.SOFTMAX:
            (0, softmax_1.softmax)(i, tile, lane);
            break;
        case opcodes_1.Op.SOFTMAX_GRAD:
            (0, softmax_1.softmax_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.LOG_SOFTMAX:
            (0, softmax_1.log_softmax)(i, tile, lane);
            break;
        case opcodes_1.Op.LOG_SOFTMAX_GRAD:
            (0, softmax_1.log_softmax_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.CROSS_ENTROPY:
            (0, loss_1.cross_entropy)(i, tile, lane);
            break;
        case opcodes_1.Op.CROSS_ENTROPY_GRAD:
            (0, loss_1.cross_entropy_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.SQUARED_ERROR:
            (0, loss_1.squared_error)(i, tile, lane);
            break;
        case opcodes_1.Op.SQUARED_ERROR_GRAD:
            (0, loss_1.squared_error_grad)(i, tile, lane);
            break;
        case opcodes_1.Op.MATMUL_NN:
            (0, gemm_1.matmul_nn)(i, tile, lane);
            break;
        case opcodes_1.Op.MATMUL_TN:
            (0, gemm_1.matmul_tn)(i, tile, lane);
            break;
        case opcodes_1.Op.MATMUL_NT:
            (0, gemm_1.matmul_nt)(i, tile, lane);
            break;
        case opcodes_1.Op.RANDOM_BITS:
            (0, random_1.random_bits)(i, tile, lane);
            break;
        case opcodes_1.Op.RANDOM_UNIFORM:
            (0, random_1.random_uniform)(i, tile, lane);
            break;
        case opcodes_1.Op.RANDOM_NORMAL:
            (0, random_1.random_normal)(i, tile, lane);
            break;
        case opcodes_1.Op.RANDOM_MASK:
            (0, random_1.random_mask)(i, tile, lane);
            break;
        case opcodes_1.Op.SGD:
            (0, optimizer_1.sgd)(i, tile, lane);
            break;
        case opcodes_1.Op.ADAM:
            (0, optimizer_1.adam)(i, tile, lane);
            break;
        default: unreachable();
    }
}
/** Sets the tile count of one instruction and runs it whole: the eager call. */
function execute(i) {
    const count = tiles(i);
    store(i, count, 8);
    for (let t = 0; t < count; t++)
        dispatch(i, t, 0);
}
/**
 * Runs the instructions from `from` up to `to` on one lane. Looks at the stop word before each; returns the address of the
 * first instruction not run (`to` when all were).
 */
function run(from, to, lane, stop) {
    let i = from;
    while (i < to) {
        if (atomic.load(stop))
            break;
        const count = (0, instruction_1.tileCount)(i);
        for (let t = 0; t < count; t++)
            dispatch(i, t, lane);
        i += (0, instruction_1.byteLength)(i);
    }
    return i;
}
/**
 * Runs `count` steps. Before each, one row of the step table (`rowBytes`, a multiple of 16) is copied to `row`, where the instructions look for
 * what differs between steps. The update section, from `update` to `to`, runs only where bit 0 of the row's first word is set.
 * Returns how many steps were run to their end.
 */
function steps(from, update, to, table, rowBytes, row, count, lane, stop) {
    for (let s = 0; s < count; s++) {
        for (let b = 0; b < rowBytes; b += 16)
            v128.store(row + b, v128.load(table + b));
        table += rowBytes;
        const end = load(row) & 1 ? to : update;
        if (run(from, end, lane, stop) < end)
            return s;
    }
    return count;
}
