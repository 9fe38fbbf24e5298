import { Allocator } from "./allocator";
import { type BinaryName, embedded } from "./embedded";
import { MemoryError, StateError } from "./errors";
import { compile, instantiate, type Kernels } from "./loader";
import { BINARIES, checkInit, type InitOptions, MOST_PAGES, PAGE } from "./options";
import { refused } from "./refused";
import { unlockRelaxedSimd } from "./relaxed";
import { shared } from "./shared";
import type { Team } from "./team";
import { setThreads, type Threads } from "./threads";

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
  /** Times that shutdown() has ended a team: runs from before then end too. */
  shutdowns: number;
}

type Past = Pick<Engine, "arithmetic" | "binary" | "reason" | "threadsReason" | "maxBytes" | "programs" | "shutdowns"> & {
  highWater: number;
};

/** What there is, and was; for shutdown.ts alone beside this file. */
export const state = shared("runtime", () => ({
  engine: undefined as Engine | undefined,
  options: {} as InitOptions,
  unlocked: false,
  /** What is known of an engine that shutdown() has dropped. */
  past: undefined as Past | undefined,
  /** Brings back what was in its memory. */
  returning: undefined as (() => void) | undefined,
  /** The last change of the workers. */
  threads: undefined as Promise<void> | undefined,
}));

function createMemory(maxBytes: number | undefined): { memory: WebAssembly.Memory; maxBytes: number } {
  if (typeof WebAssembly === "undefined") throw refused(undefined, false);
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
  try {
    if (reproducible) return take("simd", "reproducible was asked for");
    try {
      // not validated first, which compiling does too
      return take("relaxed", state.unlocked ? 'relaxedSimd: "force" turned relaxed SIMD on' : "the engine has relaxed SIMD");
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError)) throw error;
      return take("simd", 'the engine does not validate relaxed SIMD (Node 20 does after init({ relaxedSimd: "force" }))');
    }
  } catch (error) {
    throw refused(error, wasm !== undefined);
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
    programs: state.past?.programs ?? 0,
    team: undefined,
    threads: 0,
    shutdowns: state.past?.shutdowns ?? 0,
    threadsReason: state.past?.threadsReason ?? "none were asked for",
  };
  engine.heap.i32[engine.stop / 4] = 0;
  return engine;
}

/** The engine; compiled synchronously at first use. */
export function engine(): Engine {
  if (state.engine !== undefined) return state.engine;
  state.engine = create();
  state.returning?.();
  state.returning = undefined;
  return state.engine;
}

/** Does something once there is a memory again, after dropEngine(). */
export function whenBack(back: () => void): void {
  state.returning = back;
}

/** Bytes of linear memory there are. */
export const reserved = (): number =>
  state.engine?.memory.buffer.byteLength ?? (state.past === undefined ? engine().memory.buffer.byteLength : 0);

/** Counts programs, also where shutdown() has let go of the engine. */
export function countPrograms(more: number): void {
  (state.engine ?? state.past ?? engine()).programs += more;
}

/** The engine's current views. */
export function heap(): Heap {
  return engine().heap;
}

/** What runs and why. */
export function runtimeInfo(): RuntimeInfo {
  const { engine: now, past } = state;
  const { arithmetic, binary, reason, threadsReason, maxBytes } = now ?? past ?? engine();
  return {
    arithmetic,
    binary,
    reason,
    threads: now?.team?.size ?? 0,
    threadsReason,
    memory: { bytes: reserved(), maxBytes },
    highWater: Math.max(state.engine?.allocator.highWater ?? 0, past?.highWater ?? 0),
  };
}

/**
 * Optional: chooses the build and the memory before first use, and the workers. Calling it again with the same options changes nothing; `threads` may change at any time (what
 * runs is finished first), the arithmetic while no program exists, `maxMemory` and `wasm` only before first use. Where workers cannot be had, it says why and
 * goes on without. Throws OptionError for what is no option or out of range, StateError for what comes too late, MemoryError where the engine refuses the memory.
 */
export async function init(options: InitOptions = {}): Promise<RuntimeInfo> {
  checkInit(options);
  // the flag does no harm where a check below throws: what is compiled already stays
  if (options.relaxedSimd === "force" && (await unlockRelaxedSimd())) state.unlocked = true;
  // the programs of before shutdown() are of its build
  const running = state.engine ?? ((state.past?.programs ?? 0) > 0 ? engine() : undefined);
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
  const before = state.options;
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
  if (!changes) return false;
  Object.assign(running, choose(running.memory));
  running.arithmetic = probe(running);
  return true;
}
