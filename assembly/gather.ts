export function gather_tiles(i: usize): u32 { return 1; }
export function gather_rows(i: usize, tile: u32, lane: u32): void {}
export function scatter_add_rows(i: usize, tile: u32, lane: u32): void {}
