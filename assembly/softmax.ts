export function softmax_tiles(i: usize): u32 { return 1; }
export function softmax(i: usize, tile: u32, lane: u32): void {}
export function softmax_grad(i: usize, tile: u32, lane: u32): void {}
export function log_softmax(i: usize, tile: u32, lane: u32): void {}
export function log_softmax_grad(i: usize, tile: u32, lane: u32): void {}
