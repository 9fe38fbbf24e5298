import { Allocator } from "./allocator";
import { type BinaryName, embedded } from "./embedded";
import { MemoryError, OptionError, StateError } from "./errors";
import { compile, instantiate, type Kernels } from "./loader";
import { shared } from "./shared";
import type { Team } from "./team";
import { checkThreads, setThreads, type Threads } from "./threads";

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
  /** Workers there are, 0: all is done on the calling thread. */
  threads: number;
  /** Why so many. */
  threadsReason: string;
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
  /** The binary, compiled: what workers get. */
  module: WebAssembly.Module;
  kernels: Kernels;
  binary: "simd" | "relaxed";
  reason: string;
  arithmetic: RuntimeInfo["arithmetic"];
  /** Address of the word that stops a run between two instructions. */
  readonly stop: number;
  /** Programs alive: the binary may not change under them. */
  programs: number;
  /** The workers, where there are any. */
  team: Team | undefined;
  /** Workers asked for. */
  threads: Threads;
  /** Why there are as many as there are. */
  threadsReason: string;
}

const state = shared("runtime", () => ({
  engine: undefined as Engine | undefined,
  options: {} as InitOptions,
  /** The last change of the workers. */
  threads: undefined as Promise<void> | undefined,
}));

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

function choose(memory: WebAssembly.Memory): Pick<Engine, "module" | "kernels" | "binary" | "reason"> {
  const { wasm, reproducible } = state.options;
  let own: ReturnType<typeof embedded> | undefined;
  const bytesOf = (name: BinaryName): WebAssembly.Module | Uint8Array<ArrayBuffer> => {
    const given = wasm?.[name];
    if (given !== undefined) return given instanceof Uint8Array ? new Uint8Array(given) : given;
    own ??= embedded();
    return own[name];
  };
  const take = (binary: BinaryName, reason: string) => {
    const module = compile(bytesOf(binary));
    return { module, kernels: instantiate(module, memory), binary, reason };
  };
  if (reproducible) return take("simd", "reproducible was asked for");
  try {
    // not validated first, which compiling does too
    return take("relaxed", "the engine has relaxed SIMD");
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return take("simd", "the engine does not validate relaxed SIMD");
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
    team: undefined,
    threads: 0,
    threadsReason: "none were asked for",
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
    threads: e.team?.size ?? 0,
    threadsReason: e.threadsReason,
    memory: { bytes: e.memory.buffer.byteLength, maxBytes: e.maxBytes },
    highWater: e.allocator.highWater,
  };
}

const BINARIES = ["simd", "relaxed"] as const;
const OPTIONS: readonly (keyof InitOptions)[] = ["threads", "workerUrl", "reproducible", "maxMemory", "wasm"];

function check(options: InitOptions): void {
  for (const name of Object.keys(options))
    if (!(OPTIONS as readonly string[]).includes(name))
      throw new OptionError(`init: there is no option "${name}"; the options of this version are ${OPTIONS.join(", ")}`);
  const { threads, workerUrl, reproducible, maxMemory, wasm } = options;
  checkThreads(threads, workerUrl);
  if (reproducible !== undefined && typeof reproducible !== "boolean")
    throw new OptionError(`init: reproducible must be true or false, got ${String(reproducible)}`);
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
 * Optional: chooses the build and the memory before first use, and the workers. Calling it again with the same options changes nothing; `threads` may change at any time (what
 * runs is finished first), the arithmetic while no program exists, `maxMemory` and `wasm` only before first use. Where workers cannot be had, it says why and
 * goes on without. Throws OptionError for what is no option or out of range, StateError for what comes too late, MemoryError where the engine refuses the memory.
 */
export async function init(options: InitOptions = {}): Promise<RuntimeInfo> {
  check(options);
  const running = state.engine;
  if (running === undefined) state.options = { ...state.options, ...options };
  const another = running !== undefined && change(running, options);
  const e = engine();
  const { threads = e.threads, workerUrl } = state.options;
  // one after the other
  state.threads = (state.threads ?? Promise.resolve())
    .catch(() => {})
    .then(() => {
      if (threads !== e.threads || (another && threads !== 0)) return setThreads(e, threads, workerUrl);
    });
  await state.threads;
  return runtimeInfo();
}

/** Other options for an engine that exists already; returns whether its binary is another now. */
function change(running: Engine, options: InitOptions): boolean {
  const { maxMemory, wasm } = options;
  if (maxMemory !== undefined && Math.floor(maxMemory / PAGE) * PAGE !== running.maxBytes)
    throw new StateError(
      `init: the memory exists already with a maximum of ${running.maxBytes} bytes; call init({ maxMemory }) before anything else`,
    );
  const before = state.options;
  if (wasm !== undefined && BINARIES.some((name) => wasm[name] !== before.wasm?.[name]))
    throw new StateError("init: a binary is compiled already; call init({ wasm }) before anything else of the library");
  state.options = { ...state.options, ...options };
  if ((before.reproducible ?? false) === (state.options.reproducible ?? false)) return false;
  if (running.programs > 0) {
    state.options = before;
    throw new StateError("init: the arithmetic cannot change while recorded programs exist; dispose models and steps first");
  }
  Object.assign(running, choose(running.memory));
  running.arithmetic = probe(running);
  return true;
}
