import { nodeModule } from "./node";

/**
 * What runs in a worker, whole: it needs the compiled binary and the memory, and does what it is told: the name of an export and its arguments. But for the `port`, the
 * same text in Node, in pages, and as the file that `init({ workerUrl })` names where a page's policy forbids workers from blobs.
 */
const lane = (port: string) => `"use strict";
const port = ${port};
let kernels;
port.onmessage = ({ data }) => {
  try {
    if (data.module) {
      kernels = new WebAssembly.Instance(data.module, { env: { memory: data.memory } }).exports;
      port.postMessage("ready");
      return;
    }
    const [name, ...values] = data;
    const start = performance.now();
    const value = kernels[name](...values);
    port.postMessage({ value, ms: performance.now() - start });
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
};
`;
/** For pages: dist/lane.js. */
export const LANE = lane("self");

/** A worker of either kind. */
export interface Thread {
  post(message: unknown): void;
  /** Whether the process stays alive for it. */
  hold(on: boolean): void;
  end(): Promise<unknown>;
}

interface Listener {
  message(data: unknown): void;
  /** It has ended, or never begun. */
  gone(why: string): void;
}

export interface Platform {
  /** Threads that can run at once. */
  readonly cores: number;
  start(listener: Listener): Thread;
}

async function node(): Promise<Platform> {
  const [{ Worker }, os] = await Promise.all([nodeModule("worker_threads"), nodeModule("os")]);
  return {
    cores: os.availableParallelism(),
    start: ({ message, gone }) => {
      // none of the process's flags: they may preload modules
      const worker = new Worker(lane('require("node:worker_threads").parentPort'), { eval: true, execArgv: [], env: {} });
      worker.on("message", message);
      worker.on("error", (error) => gone(String(error)));
      worker.on("exit", (code) => gone(`it ended with exit code ${code}`));
      return {
        post: (m) => worker.postMessage(m),
        hold: (on) => (on ? worker.ref() : worker.unref()),
        end: () => worker.terminate(),
      };
    },
  };
}

function page(workerUrl: string | URL | undefined): Platform {
  return {
    cores: navigator.hardwareConcurrency,
    start: ({ message, gone }) => {
      const url = workerUrl ?? URL.createObjectURL(new Blob([LANE], { type: "text/javascript" }));
      const worker = new Worker(url);
      worker.onmessage = ({ data }) => {
        if (workerUrl === undefined) URL.revokeObjectURL(url as string);
        message(data);
      };
      worker.onerror = ({ message: why }) =>
        gone(why || "the page's policy may forbid workers from blobs; pass init({ workerUrl }) with the address of neurite/lane.js");
      return {
        post: (m) => worker.postMessage(m),
        hold: () => {},
        end: async () => worker.terminate(),
      };
    },
  };
}

/** Why a worker cannot have the memory, from what the platform said. */
export function unshared(cause: unknown): string {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return crossOriginIsolated === false
    ? "a page has to be isolated to share memory with workers: send it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp"
    : `this engine does not share memory with workers: ${cause instanceof Error ? cause.message : String(cause)}`;
}

/** The workers of this platform; undefined where there are none. */
export async function platform(workerUrl?: string | URL): Promise<Platform | undefined> {
  const { process, Worker: Web } = globalThis as { process?: { versions?: { node?: string } }; Worker?: unknown };
  if (process?.versions?.node !== undefined) return node();
  return Web === undefined ? undefined : page(workerUrl);
}
