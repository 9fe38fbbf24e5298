import { OptionError } from "./errors";
import { checkThreads, type Threads } from "./threads";

export interface InitOptions {
  /**
   * Workers that compute for fit, evaluate, predict and step.async, so that the calling thread does not: so many, or "auto" for a core less than there are (one at
   * least). Default 0: all on the calling thread. Results are the same to the last bit.
   */
  threads?: Threads;
  /** Address of neurite/lane.js, for pages whose policy forbids workers from blobs. */
  workerUrl?: string | URL;
  /** The same bits on every machine: the plain build, whatever the engine offers. Default false. */
  reproducible?: boolean;
  /**
   * "force" turns relaxed SIMD, and with it fused multiply-adds, on in Node 20, which has it behind a flag: one of V8's, for all that the process compiles from then
   * on. Elsewhere it changes nothing; runtimeInfo().reason tells. Default "auto": what the engine offers by itself.
   */
  relaxedSimd?: "auto" | "force";
  /** Most bytes of linear memory, up to 2 GiB. Default: 2 GiB, or the largest half of it the engine reserves, down to 128 MiB. */
  maxMemory?: number;
  /** Compiled modules or bytes of neurite/simd.wasm and neurite/relaxed.wasm, for pages whose policy forbids compiling embedded bytes. */
  wasm?: { simd?: WebAssembly.Module | Uint8Array; relaxed?: WebAssembly.Module | Uint8Array };
}

export const PAGE = 65536;
export const MOST_PAGES = 32768;

export const BINARIES = ["simd", "relaxed"] as const;
const OPTIONS: readonly (keyof InitOptions)[] = ["threads", "workerUrl", "reproducible", "relaxedSimd", "maxMemory", "wasm"];

/** Throws OptionError. */
export function checkInit(options: InitOptions): void {
  for (const name of Object.keys(options))
    if (!(OPTIONS as readonly string[]).includes(name))
      throw new OptionError(`init: there is no option "${name}"; the options of this version are ${OPTIONS.join(", ")}`);
  const { threads, workerUrl, reproducible, relaxedSimd, maxMemory, wasm } = options;
  checkThreads(threads, workerUrl);
  if (reproducible !== undefined && typeof reproducible !== "boolean")
    throw new OptionError(`init: reproducible must be true or false, got ${String(reproducible)}`);
  if (relaxedSimd !== undefined && relaxedSimd !== "auto" && relaxedSimd !== "force")
    throw new OptionError(`init: relaxedSimd must be "auto" or "force", got ${String(relaxedSimd)}`);
  if (reproducible === true && relaxedSimd === "force")
    throw new OptionError('init: reproducible takes the plain build and relaxedSimd: "force" the other; pass one of them');
  if (maxMemory !== undefined && !(maxMemory >= 16 * PAGE && maxMemory <= MOST_PAGES * PAGE))
    throw new OptionError(`init: maxMemory must lie between ${16 * PAGE} and ${MOST_PAGES * PAGE} bytes, got ${maxMemory}`);
  if (wasm === undefined) return;
  if (typeof wasm !== "object" || wasm === null) throw new OptionError(`init: wasm must be { simd, relaxed }, got ${String(wasm)}`);
  for (const [name, binary] of Object.entries(wasm)) {
    if (!(BINARIES as readonly string[]).includes(name))
      throw new OptionError(`init: wasm has no "${name}"; its binaries are ${BINARIES.join(" and ")}`);
    if (binary !== undefined && !(binary instanceof Uint8Array || binary instanceof WebAssembly.Module))
      throw new OptionError(
        `init: wasm.${name} must be a Uint8Array or a WebAssembly.Module; read the file, or await WebAssembly.compileStreaming(fetch(url))`,
      );
  }
}
