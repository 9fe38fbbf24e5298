export function activation_tiles(i: usize): u32 { return 1; }
export function relu(i: usize, tile: u32, lane: u32): void {}
export function relu_grad(i: usize, tile: u32, lane: u32): void {}
export function sigmoid(i: usize, tile: u32, lane: u32): void {}
export function sigmoid_grad(i: usize, tile: u32, lane: u32): void {}
export function tanh(i: usize, tile: u32, lane: u32): void {}
export function tanh_grad(i: usize, tile: u32, lane: u32): void {}
