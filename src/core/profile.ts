import type { Program } from "./program";
import { engine, heap } from "./runtime";
import type { Storage } from "./storage";

export interface ProfileRow {
  index: number;
  text: string;
  layer: string;
  /** Microseconds a run, the least of several. */
  us: number;
  flops: number;
  gflops: number;
  /** Of this machine's measured multiply-add peak on one core. */
  share: number;
}

/** See Program.profile. */
export function profile(program: Program, uses: readonly Storage[], repeats: number): ProfileRow[] {
  const changed = uses.filter((s) => s.kind === "parameter" || s.kind === "state");
  const bytes = (s: Storage) => heap().u8.subarray(s.address, s.address + s.bytes);
  const before = changed.map((s) => bytes(s).slice());
  // whole steps first: temporaries hold what they hold in a step, and the engine has time to replace baseline code
  for (const start = performance.now(); performance.now() - start < 20; ) program.run();
  const us = program.instructions.map((_, k) => timeOf(program, k, repeats));
  for (const [k, s] of changed.entries()) bytes(s).set(before[k]!);
  const peak = ceiling();
  return us.map((time, index) => {
    const flops = program.flops(index);
    const gflops = time > 0 ? flops / time / 1000 : 0;
    return { index, text: program.line(index), layer: program.layer(index), us: time, flops, gflops, share: gflops / peak };
  });
}

/** Microseconds of one instruction, the call into wasm included. */
function timeOf(program: Program, k: number, repeats: number): number {
  let best = Infinity;
  for (let calls = 1, round = 0; round < repeats; ) {
    const start = performance.now();
    for (let c = 0; c < calls; c++) program.run(k, k + 1);
    const us = 1000 * (performance.now() - start);
    // the clock itself takes a fraction of a microsecond
    if (us < 10) calls *= 2;
    else {
      best = Math.min(best, us / calls);
      round++;
    }
  }
  return best;
}

/** Floating-point operations of one turn of the kernel's loop: twelve chains of four lanes, a product and a sum each. */
const CEILING_FLOPS = 96;

/** GFLOP/s of a register-only multiply-add loop on one core, the best of several: what the products are measured against. */
export function ceiling(): number {
  const { kernels } = engine();
  const iterations = 50_000;
  let best = 0;
  // the kernel is short enough to be replaced by its optimised code within a few calls
  for (let k = 0; k < 40; k++) {
    const start = performance.now();
    kernels.ceiling(iterations);
    best = Math.max(best, (CEILING_FLOPS * iterations) / (performance.now() - start) / 1e6);
  }
  return best;
}
