"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Source = exports.Act = exports.CHUNK = exports.HEADER_WORDS = exports.Op = void 0;
/**
 * The numbering of the instructions: the one file that both sides import, AssemblyScript to dispatch and TypeScript to assemble.
 *
 * An instruction is a row of 32-bit words in linear memory: opcode, length in words, number of tiles, then the operands.
 * What each operand of each opcode means stands in src/core/instructions.ts; the kernels name them again where they load them.
 * Numbers may change between versions: programs live in memory only.
 */
var Op;
(function (Op) {
    // data movement
    Op[Op["FILL"] = 0] = "FILL";
    Op[Op["COPY"] = 1] = "COPY";
    Op[Op["STRIDED_COPY"] = 2] = "STRIDED_COPY";
    Op[Op["GATHER_ROWS"] = 3] = "GATHER_ROWS";
    Op[Op["SCATTER_ADD_ROWS"] = 4] = "SCATTER_ADD_ROWS";
    Op[Op["CAST_F32"] = 5] = "CAST_F32";
    Op[Op["STORE_SCALAR"] = 6] = "STORE_SCALAR";
    // elementwise on two broadcast operands
    Op[Op["ADD"] = 7] = "ADD";
    Op[Op["SUB"] = 8] = "SUB";
    Op[Op["MUL"] = 9] = "MUL";
    Op[Op["DIV"] = 10] = "DIV";
    Op[Op["MAXIMUM"] = 11] = "MAXIMUM";
    Op[Op["MINIMUM"] = 12] = "MINIMUM";
    Op[Op["EQ"] = 13] = "EQ";
    Op[Op["NE"] = 14] = "NE";
    Op[Op["GT"] = 15] = "GT";
    Op[Op["GE"] = 16] = "GE";
    Op[Op["LT"] = 17] = "LT";
    Op[Op["LE"] = 18] = "LE";
    Op[Op["EQ_I32"] = 19] = "EQ_I32";
    Op[Op["WHERE"] = 20] = "WHERE";
    // elementwise on one operand, and gradients of these: (dy, saved) -> dx
    Op[Op["NEG"] = 21] = "NEG";
    Op[Op["ABS"] = 22] = "ABS";
    Op[Op["SIGN"] = 23] = "SIGN";
    Op[Op["SQUARE"] = 24] = "SQUARE";
    Op[Op["SQRT"] = 25] = "SQRT";
    Op[Op["RECIPROCAL"] = 26] = "RECIPROCAL";
    Op[Op["EXP"] = 27] = "EXP";
    Op[Op["LOG"] = 28] = "LOG";
    Op[Op["RELU"] = 29] = "RELU";
    Op[Op["RELU_GRAD"] = 30] = "RELU_GRAD";
    Op[Op["SIGMOID"] = 31] = "SIGMOID";
    Op[Op["SIGMOID_GRAD"] = 32] = "SIGMOID_GRAD";
    Op[Op["TANH"] = 33] = "TANH";
    Op[Op["TANH_GRAD"] = 34] = "TANH_GRAD";
    // reductions of (outer, r, inner) over r
    Op[Op["SUM"] = 35] = "SUM";
    Op[Op["SUM_CHUNKS"] = 36] = "SUM_CHUNKS";
    Op[Op["MAX"] = 37] = "MAX";
    Op[Op["MIN"] = 38] = "MIN";
    Op[Op["SELECT_GRAD"] = 39] = "SELECT_GRAD";
    // rows
    Op[Op["SOFTMAX"] = 40] = "SOFTMAX";
    Op[Op["SOFTMAX_GRAD"] = 41] = "SOFTMAX_GRAD";
    Op[Op["LOG_SOFTMAX"] = 42] = "LOG_SOFTMAX";
    Op[Op["LOG_SOFTMAX_GRAD"] = 43] = "LOG_SOFTMAX_GRAD";
    Op[Op["CROSS_ENTROPY"] = 44] = "CROSS_ENTROPY";
    Op[Op["CROSS_ENTROPY_GRAD"] = 45] = "CROSS_ENTROPY_GRAD";
    Op[Op["SQUARED_ERROR"] = 46] = "SQUARED_ERROR";
    Op[Op["SQUARED_ERROR_GRAD"] = 47] = "SQUARED_ERROR_GRAD";
    // products
    Op[Op["MATMUL_NN"] = 48] = "MATMUL_NN";
    Op[Op["MATMUL_TN"] = 49] = "MATMUL_TN";
    Op[Op["MATMUL_NT"] = 50] = "MATMUL_NT";
    // random numbers
    Op[Op["RANDOM_BITS"] = 51] = "RANDOM_BITS";
    Op[Op["RANDOM_UNIFORM"] = 52] = "RANDOM_UNIFORM";
    Op[Op["RANDOM_NORMAL"] = 53] = "RANDOM_NORMAL";
    Op[Op["RANDOM_MASK"] = 54] = "RANDOM_MASK";
    // updates of a parameter group
    Op[Op["SGD"] = 55] = "SGD";
    Op[Op["ADAM"] = 56] = "ADAM";
    Op[Op["COUNT_"] = 57] = "COUNT_";
})(Op || (exports.Op = Op = {}));
/** Words before the first operand: opcode, length, tiles. */
exports.HEADER_WORDS = 3;
/** Items of one tile of an elementwise kernel, and terms of one partial sum. Part of the numerics: sums are chunked by it. */
exports.CHUNK = 4096;
/** Activation a product may apply to what it stores. */
var Act;
(function (Act) {
    Act[Act["NONE"] = 0] = "NONE";
    Act[Act["RELU"] = 1] = "RELU";
    Act[Act["SIGMOID"] = 2] = "SIGMOID";
    Act[Act["TANH"] = 3] = "TANH";
})(Act || (exports.Act = Act = {}));
/** Element kind of the source of GATHER_ROWS. */
var Source;
(function (Source) {
    Source[Source["WORD"] = 0] = "WORD";
    Source[Source["U8"] = 1] = "U8";
})(Source || (exports.Source = Source = {}));
