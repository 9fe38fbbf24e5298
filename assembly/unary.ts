export function unary_tiles(i: usize): u32 { return 1; }
export function where(i: usize, tile: u32, lane: u32): void {}
export function neg(i: usize, tile: u32, lane: u32): void {}
export function abs(i: usize, tile: u32, lane: u32): void {}
export function sign(i: usize, tile: u32, lane: u32): void {}
export function square(i: usize, tile: u32, lane: u32): void {}
export function sqrt(i: usize, tile: u32, lane: u32): void {}
export function reciprocal(i: usize, tile: u32, lane: u32): void {}
export function exp(i: usize, tile: u32, lane: u32): void {}
export function log(i: usize, tile: u32, lane: u32): void {}
