export function binary_tiles(i: usize): u32 { return 1; }
export function add(i: usize, tile: u32, lane: u32): void {}
export function sub(i: usize, tile: u32, lane: u32): void {}
export function mul(i: usize, tile: u32, lane: u32): void {}
export function div(i: usize, tile: u32, lane: u32): void {}
export function maximum(i: usize, tile: u32, lane: u32): void {}
export function minimum(i: usize, tile: u32, lane: u32): void {}
export function eq(i: usize, tile: u32, lane: u32): void {}
export function ne(i: usize, tile: u32, lane: u32): void {}
export function gt(i: usize, tile: u32, lane: u32): void {}
export function ge(i: usize, tile: u32, lane: u32): void {}
export function lt(i: usize, tile: u32, lane: u32): void {}
export function le(i: usize, tile: u32, lane: u32): void {}
export function eq_i32(i: usize, tile: u32, lane: u32): void {}
