export function reduce_tiles(i: usize): u32 { return 1; }
export function sum(i: usize, tile: u32, lane: u32): void {}
export function sum_chunks(i: usize, tile: u32, lane: u32): void {}
export function max_(i: usize, tile: u32, lane: u32): void {}
export function min_(i: usize, tile: u32, lane: u32): void {}
export function select_grad(i: usize, tile: u32, lane: u32): void {}
