import { nodeModule } from "./node";

/** A module of one function, with one instruction of relaxed SIMD. */
const PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
];

const hasRelaxedSimd = (): boolean => WebAssembly.validate(Uint8Array.from(PROBE));

/**
 * Turns relaxed SIMD on where the engine has it behind a flag: Node 20. The flag is V8's, for the whole process and what it compiles from then on. Asks the engine
 * first, since versions that need no flag do not know it and say so on the console. Returns whether that was needed and helped.
 */
export async function unlockRelaxedSimd(): Promise<boolean> {
  const { process } = globalThis as { process?: { versions?: { node?: string; v8?: string } } };
  if (hasRelaxedSimd() || process?.versions?.node === undefined || process.versions.v8 === undefined) return false;
  const { setFlagsFromString } = await nodeModule("v8");
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  return hasRelaxedSimd();
}
