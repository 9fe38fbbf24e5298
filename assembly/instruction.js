"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.opcode = opcode;
exports.byteLength = byteLength;
exports.tileCount = tileCount;
exports.ptr = ptr;
exports.int = int;
exports.float = float;
const opcodes_1 = require("./opcodes");
// Reading an instruction. `i` is its address; operands are numbered from 0.
// @ts-ignore: decorator
function opcode(i) { return load(i); }
// @ts-ignore: decorator
function byteLength(i) { return load(i, 4) << 2; }
// @ts-ignore: decorator
function tileCount(i) { return load(i, 8); }
// @ts-ignore: decorator
function ptr(i, operand) { return load(i + ((opcodes_1.HEADER_WORDS + operand) << 2)); }
// @ts-ignore: decorator
function int(i, operand) { return load(i + ((opcodes_1.HEADER_WORDS + operand) << 2)); }
// @ts-ignore: decorator
function float(i, operand) { return load(i + ((opcodes_1.HEADER_WORDS + operand) << 2)); }
