import { Allocator } from "./allocator";
import { type BinaryName, embedded } from "./embedded";
import { MemoryError, OptionError, StateError } from "./errors";
import { instantiate, type Kernels } from "./loader";
import { unlockRelaxedSimd } from "./relaxed";
import { shared } from "./shared";

export interface InitOptions {
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

export interface RuntimeInfo {
  /** `plain`: separate multiply and add; `fused`: one rounding; `unfused`: the relaxed build on a CPU without fused multiply-add. */
  arithmetic: "plain" | "fused" | "unfused";
  binary: "simd" | "relaxed";
  /** Why this binary. */
  reason: string;
  threads: number;
  memory: { bytes: number; maxBytes: number };
  /** Most bytes ever in use at once. */
  highWater: number;
}

/** Typed views of the whole memory as it is now. Never keep one across a call that may allocate. */
export interface Heap {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
}

const PAGE = 65536;
const MOST_PAGES = 32768;

export interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly maxBytes: number;
  readonly allocator: Allocator;
  heap: Heap;
  kernels: Kernels;
  binary: "simd" | "relaxed";
  reason: string;
  arithmetic: RuntimeInfo["arithmetic"];
  /** Address of the word that stops a run between two instructions. */
  readonly stop: number;
  /** Programs alive: the binary may not change under them. */
  programs: number;
}

const state = shared("runtime", () => ({ engine: undefined as Engine | undefined, options: {} as InitOptions, unlocked: false }));

function createMemory(maxBytes: number | undefined): { memory: WebAssembly.Memory; maxBytes: number } {
  let maximum = maxBytes === undefined ? MOST_PAGES : Math.floor(maxBytes / PAGE);
  for (;;) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 16, maximum, shared: true }), maxBytes: maximum * PAGE };
    } catch (error) {
      if (maxBytes !== undefined || maximum <= 2048)
        throw new MemoryError(`the engine refuses ${maximum * PAGE} bytes of shared linear memory: ${String(error)}`);
      maximum /= 2;
    }
  }
}

function views(memory: WebAssembly.Memory): Heap {
  const b = memory.buffer;
  return { f32: new Float32Array(b), i32: new Int32Array(b), u32: new Uint32Array(b), u8: new Uint8Array(b) };
}

function choose(memory: WebAssembly.Memory): Pick<Engine, "kernels" | "binary" | "reason"> {
  const { wasm, reproducible } = state.options;
  let own: ReturnType<typeof embedded> | undefined;
  const bytesOf = (name: BinaryName): WebAssembly.Module | Uint8Array<ArrayBuffer> => {
    const given = wasm?.[name];
    if (given !== undefined) return given instanceof Uint8Array ? new Uint8Array(given) : given;
    own ??= embedded();
    return own[name];
  };
  const take = (binary: BinaryName, reason: string) => ({ kernels: instantiate(bytesOf(binary), memory), binary, reason });
  if (reproducible) return take("simd", "reproducible was asked for");
  try {
    // not validated first, which compiling does too
    return take("relaxed", state.unlocked ? 'relaxedSimd: "force" turned relaxed SIMD on' : "the engine has relaxed SIMD");
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return take("simd", 'the engine does not validate relaxed SIMD (Node 20 does after init({ relaxedSimd: "force" }))');
  }
}

/** (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 with one rounding and 0 with two. */
function probe({ binary, kernels }: Pick<Engine, "binary" | "kernels">): RuntimeInfo["arithmetic"] {
  const e = 1 + 2 ** -12;
  return binary === "simd" ? "plain" : kernels.multiply_add(e, e, -1 - 2 ** -11) === 0 ? "unfused" : "fused";
}

function create(): Engine {
  const { memory, maxBytes } = createMemory(state.options.maxMemory);
  const chosen = choose(memory);
  const allocator = new Allocator(memory, () => {
    engine.heap = views(memory);
  });
  const engine: Engine = {
    memory,
    maxBytes,
    allocator,
    heap: views(memory),
    ...chosen,
    arithmetic: probe(chosen),
    stop: allocator.allocate(4),
    programs: 0,
  };
  engine.heap.i32[engine.stop / 4] = 0;
  return engine;
}

/** The engine; compiled synchronously at first use. */
export function engine(): Engine {
  state.engine ??= create();
  return state.engine;
}

/** The engine's current views. */
export function heap(): Heap {
  return engine().heap;
}

/** What runs and why. */
export function runtimeInfo(): RuntimeInfo {
  const e = engine();
  return {
    arithmetic: e.arithmetic,
    binary: e.binary,
    reason: e.reason,
    threads: 0,
    memory: { bytes: e.memory.buffer.byteLength, maxBytes: e.maxBytes },
    highWater: e.allocator.highWater,
  };
}

const BINARIES = ["simd", "relaxed"] as const;
const OPTIONS: readonly (keyof InitOptions)[] = ["reproducible", "relaxedSimd", "maxMemory", "wasm"];

function check(options: InitOptions): void {
  for (const name of Object.keys(options))
    if (!(OPTIONS as readonly string[]).includes(name))
      throw new OptionError(`init: there is no option "${name}"; the options of this version are ${OPTIONS.join(", ")}`);
  const { reproducible, relaxedSimd, maxMemory, wasm } = options;
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

/**
 * Optional: chooses the build and the memory before first use. Calling it again with the same options changes nothing; the arithmetic may
 * change while no program exists, `maxMemory` and `wasm` only before first use. Throws OptionError for what is no option or out of range, StateError for what comes
 * too late, MemoryError where the engine refuses the memory.
 */
export async function init(options: InitOptions = {}): Promise<RuntimeInfo> {
  check(options);
  const { maxMemory, wasm } = options;
  // the flag does no harm where a check below throws: what is compiled already stays
  if (options.relaxedSimd === "force" && (await unlockRelaxedSimd())) state.unlocked = true;
  const before = state.options;
  const running = state.engine;
  if (running === undefined) {
    state.options = { ...before, ...options };
    return runtimeInfo();
  }
  if (maxMemory !== undefined && Math.floor(maxMemory / PAGE) * PAGE !== running.maxBytes)
    throw new StateError(
      `init: the memory exists already with a maximum of ${running.maxBytes} bytes; call init({ maxMemory }) before anything else`,
    );
  if (wasm !== undefined && BINARIES.some((name) => wasm[name] !== before.wasm?.[name]))
    throw new StateError("init: a binary is compiled already; call init({ wasm }) before anything else of the library");
  const plain = options.reproducible ?? before.reproducible ?? false;
  const changes =
    plain !== (before.reproducible ?? false) || (!plain && options.relaxedSimd === "force" && state.unlocked && running.binary === "simd");
  if (changes && running.programs > 0)
    throw new StateError("init: the arithmetic cannot change while recorded programs exist; dispose models and steps first");
  state.options = { ...before, ...options };
  if (changes) {
    Object.assign(running, choose(running.memory));
    running.arithmetic = probe(running);
  }
  return runtimeInfo();
}
