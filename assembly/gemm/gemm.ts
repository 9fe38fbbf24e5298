export function gemm_tiles(i: usize): u32 { return 1; }
export function matmul_nn(i: usize, tile: u32, lane: u32): void {}
export function matmul_tn(i: usize, tile: u32, lane: u32): void {}
export function matmul_nt(i: usize, tile: u32, lane: u32): void {}
/** Bytes of scratch a product needs, for `lanes` lanes. */
export function matmul_scratch(op: i32, m: i32, n: i32, k: i32, lanes: u32): u32 { return 0; }
