import { HEADER_WORDS } from "./opcodes";

// Reading an instruction. `i` is its address; operands are numbered from 0.

// @ts-ignore: decorator
@inline export function opcode(i: usize): i32 { return load<i32>(i); }
// @ts-ignore: decorator
@inline export function byteLength(i: usize): usize { return <usize>load<u32>(i, 4) << 2; }
// @ts-ignore: decorator
@inline export function tileCount(i: usize): u32 { return load<u32>(i, 8); }
// @ts-ignore: decorator
@inline export function ptr(i: usize, operand: i32): usize { return <usize>load<u32>(i + (<usize>(HEADER_WORDS + operand) << 2)); }
// @ts-ignore: decorator
@inline export function int(i: usize, operand: i32): i32 { return load<i32>(i + (<usize>(HEADER_WORDS + operand) << 2)); }
// @ts-ignore: decorator
@inline export function float(i: usize, operand: i32): f32 { return load<f32>(i + (<usize>(HEADER_WORDS + operand) << 2)); }
