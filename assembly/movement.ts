export function movement_tiles(i: usize): u32 { return 1; }
export function fill(i: usize, tile: u32, lane: u32): void {}
export function copy(i: usize, tile: u32, lane: u32): void {}
export function strided_copy(i: usize, tile: u32, lane: u32): void {}
export function cast_f32(i: usize, tile: u32, lane: u32): void {}
export function store_scalar(i: usize, tile: u32, lane: u32): void {}
