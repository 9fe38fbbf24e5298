export function random_tiles(i: usize): u32 { return 1; }
export function random_bits(i: usize, tile: u32, lane: u32): void {}
export function random_uniform(i: usize, tile: u32, lane: u32): void {}
export function random_normal(i: usize, tile: u32, lane: u32): void {}
export function random_mask(i: usize, tile: u32, lane: u32): void {}
