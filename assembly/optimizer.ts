export function optimizer_tiles(i: usize): u32 { return 1; }
export function sgd(i: usize, tile: u32, lane: u32): void {}
export function adam(i: usize, tile: u32, lane: u32): void {}
