import { nodeModule } from "../core/node";
import type { InitOptions } from "../core/options";
import { init, runtimeInfo } from "../core/runtime";
import type { DataSet } from "../data/dataset";
import { fromConfig } from "../io/build";
import { describe, type ModuleConfig } from "../io/describe";
import { load, loadWeights, type SaveOptions, save } from "../io/model";
import { type MlpOptions, mlp } from "../nn/mlp";
import type { Module } from "../nn/module";
import { manualSeed } from "../ops/random";
import { type EvaluateOptions, evaluate } from "../train/evaluate";
import { fit } from "../train/fit";
import type { Callback, FitContext, FitOptions } from "../train/options";
import { type PredictOptions, predict } from "../train/predict";
import { type FromWorker, type Greeting, type Hook, isOurs, sent, type Task, type ToWorker } from "./protocol";

/** What a page opens a model from: bytes of save(), a description, or the sizes and options of mlp(). */
export type Source = Uint8Array | ModuleConfig | ({ readonly mlp: readonly number[] } & MlpOptions);

function build(source: Source): Module {
  if (source instanceof Uint8Array) return load(source, { name: "remote" });
  if (!("mlp" in source)) return fromConfig(source as ModuleConfig, {}, "remote");
  const { mlp: sizes, ...options } = source as { mlp: readonly number[] };
  return mlp(sizes, options);
}

/** One model, for the page at the other end of the port. */
class Served {
  private model: Module | undefined;
  private readonly running = new Map<number, AbortController>();
  private readonly waiting = new Map<number, { resolve(verdict: unknown): void; reject(error: unknown): void }>();

  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<ToWorker>) => void this.hear(data);
  }

  private async hear(message: ToWorker): Promise<void> {
    const { id } = message;
    if ("abort" in message) {
      this.running.get(id)?.abort();
      return;
    }
    if ("verdict" in message) {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (message.threw) waiting?.reject(new Error("a callback failed"));
      else waiting?.resolve(message.verdict);
      return;
    }
    const controller = new AbortController();
    if (message.aborted === true) controller.abort();
    this.running.set(id, controller);
    try {
      const value = await this.tasks[message.task](message.args as never, { ...message, signal: controller.signal });
      const { data } = (value ?? {}) as { data?: unknown };
      const moved = value instanceof Uint8Array ? value : data;
      this.say({ id, value }, ArrayBuffer.isView(moved) ? [moved.buffer as ArrayBuffer] : []);
    } catch (error) {
      this.say({ id, error: sent(error) });
    } finally {
      this.running.delete(id);
    }
  }

  private say(message: FromWorker, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  /** Tells a hook of the page's, and waits for its answer. */
  private tell(id: number, hook: Hook, event: unknown): Promise<never> {
    this.say({ id, hook, event });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve: resolve as (verdict: unknown) => void, reject }));
  }

  private readonly tasks: {
    [K in Task]: (args: never, call: { id: number; hooks?: readonly Hook[]; progress?: boolean; signal: AbortSignal }) => unknown;
  } = {
    open: async ([source, options, seed]: [Source, InitOptions | undefined, number | undefined]) => {
      if (options !== undefined) await init(options);
      if (seed !== undefined) manualSeed(seed);
      this.model = build(source);
    },
    fit: ([data, options]: [DataSet, FitOptions], { id, hooks = [], progress, signal }) => {
      const told: Record<Hook, (event: never) => unknown> = {
        onStart: ({ epochs, stepsPerEpoch }: FitContext) => this.tell(id, "onStart", { epochs, stepsPerEpoch }),
        onStep: (event) => this.tell(id, "onStep", event),
        onEpochEnd: (event) => this.tell(id, "onEpochEnd", event),
        onEnd: (event) => this.tell(id, "onEnd", event),
      };
      const callback = Object.fromEntries(hooks.map((h) => [h, told[h]])) as Callback;
      const shown = progress === true ? { progress: (event: unknown) => this.say({ id, hook: "progress", event }) } : {};
      return fit(this.model!, data, { ...options, ...shown, callbacks: [callback], signal });
    },
    evaluate: ([data, options]: [DataSet, EvaluateOptions], { signal }) => evaluate(this.model!, data, { ...options, signal }),
    predict: ([x, options]: [DataSet["x"], PredictOptions], { signal }) => predict(this.model!, x, { ...options, signal }),
    save: ([options]: [SaveOptions]) => save(this.model!, options),
    load: async ([bytes]: [Uint8Array]) => void (await loadWeights(this.model!, bytes)),
    describe: () => describe(this.model!),
    info: () => runtimeInfo(),
    dispose: () => {
      this.model?.dispose();
      this.port.close();
    },
  };
}

/** A lock that this worker holds while it lives: who waits for it learns of the end, which nothing else tells a page. */
async function alive(): Promise<string | undefined> {
  const { navigator } = globalThis as { navigator?: { locks?: LockManager } };
  if (navigator?.locks === undefined) return undefined;
  const name = `neurite-${performance.timeOrigin}-${performance.now()}-${Math.random()}`;
  await new Promise<void>((held) => {
    void navigator.locks!.request(name, () => {
      held();
      return new Promise(() => {});
    });
  });
  return name;
}

let lock: Promise<string | undefined> | undefined;

async function meet(data: unknown): Promise<void> {
  if (!isOurs(data) || data.neurite !== "connect") return;
  const { port } = data;
  new Served(port);
  lock ??= alive();
  port.postMessage({ neurite: "ready", lock: await lock } satisfies Greeting);
}

const hello: Greeting = { neurite: "ready" };
const { process } = globalThis as { process?: { versions?: { node?: string } } };
if (process?.versions?.node === undefined) {
  addEventListener("message", ({ data }: MessageEvent) => void meet(data));
  postMessage(hello);
} else
  void nodeModule("worker_threads").then(({ parentPort }) => {
    parentPort?.on("message", (data: unknown) => void meet(data));
    parentPort?.postMessage(hello);
  });
