import { DisposedError, OptionError, WorkerError } from "../core/errors";
import type { InitOptions } from "../core/options";
import type { RuntimeInfo } from "../core/runtime";
import type { Input } from "../data/column";
import type { DataSet } from "../data/dataset";
import type { ModuleConfig } from "../io/describe";
import type { SaveOptions } from "../io/model";
import type { EvaluateOptions } from "../train/evaluate";
import type { EpochRecord, FitOptions, History, StepEvent, Verdict } from "../train/options";
import type { Prediction, PredictOptions } from "../train/predict";
import type { ProgressUpdate } from "../train/progress";
import { buffersOf, plain } from "./plain";
import { type FromWorker, HOOKS, type Hook, received, type Task, type ToWorker } from "./protocol";
import type { Source } from "./serve";
import { type Connection, connect, start, type WorkerLike } from "./start";

export interface RemoteOptions {
  /** A worker whose script imports "neurite/serve", or a function that starts one. Default: one of its own, ended by dispose(). */
  worker?: WorkerLike | (() => WorkerLike);
  /** For init() in the worker, before the model is built. */
  init?: InitOptions;
  /** For manualSeed() in the worker, before the model is built: the first weights. */
  seed?: number;
}

/** As Callback of fit(), on this side; each is awaited, and onStep then waits for the page at every step. */
export interface RemoteCallback {
  onStart?(run: { epochs: number; stepsPerEpoch: number }): void | Promise<void>;
  onStep?(event: StepEvent): Verdict | Promise<Verdict>;
  onEpochEnd?(record: EpochRecord): Verdict | Promise<Verdict>;
  onEnd?(history: History): void | Promise<void>;
}

export interface RemoteFitOptions extends Omit<FitOptions, "callbacks" | "progress"> {
  callbacks?: readonly RemoteCallback[];
  /** Told about ten times a second. */
  progress?: (update: ProgressUpdate) => void;
  /** Gives the memory of typed arrays in the data to the worker instead of copying it: they are empty afterwards. Default false. */
  transfer?: boolean;
}

interface Call {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  readonly heard?: (hook: Hook | "progress", event: unknown) => void;
}

/** A model that lives in a worker. */
export class RemoteModel {
  private readonly calls = new Map<number, Call>();
  private count = 0;
  private ended: Error | undefined;

  /** @internal */
  constructor(
    private readonly worker: WorkerLike,
    private readonly connection: Connection,
    private readonly owns: boolean,
  ) {
    connection.port.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
    this.hold(false);
    connection.gone.catch((error) => this.end(error));
  }

  /** Trains: fit(), with its options as JSON (loss and optimizer by name or description). Rejects with the errors of fit(), and WorkerError when the worker ends. */
  fit(data: DataSet, { callbacks = [], progress, transfer = false, signal, ...options }: RemoteFitOptions): Promise<History> {
    const hooks = HOOKS.filter((h) => callbacks.some((c) => c[h] !== undefined));
    let failure: { error: unknown } | undefined;
    const answer = async (id: number, hook: Hook, event: never) => {
      let verdict: unknown;
      try {
        for (const c of callbacks) {
          const said = await c[hook]?.(event);
          verdict ??= said;
        }
      } catch (error) {
        failure = { error };
      }
      this.send({ id, verdict, threw: failure !== undefined });
    };
    const args = [plain("fit: data", data), plain("fit: options", options)];
    const call = this.call<History>(
      "fit",
      args,
      { signal, hooks, progress: progress !== undefined },
      transfer ? buffersOf(args[0]) : [],
      (id, hook, event) => {
        if (hook === "progress") progress?.(event as ProgressUpdate);
        else void answer(id, hook, event as never);
      },
    );
    return call.catch((error) => {
      // the page's own error, not what the worker made of it
      throw failure === undefined ? error : failure.error;
    });
  }

  /** Outputs for rows, as predict(): plain arrays. While a fit runs, with the weights as after a whole step of at most a quarter of a second ago. */
  predict(x: DataSet["x"], { signal, transfer = false, ...options }: PredictOptions & { transfer?: boolean } = {}): Promise<Prediction> {
    const rows = plain("predict: x", x) as Input;
    return this.call("predict", [rows, options], { signal }, transfer ? buffersOf(rows) : []);
  }

  /** Loss and metrics over a data set, as evaluate(). */
  evaluate(
    data: DataSet,
    { signal, ...options }: EvaluateOptions & { signal?: AbortSignal },
  ): Promise<Record<string, number> & { loss: number }> {
    return this.call("evaluate", [plain("evaluate: data", data), plain("evaluate: options", options)], { signal });
  }

  /** The model as bytes, as save(). */
  save(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.call("save", [options]);
  }

  /** Weights from bytes, as loadWeights(). */
  load(bytes: Uint8Array): Promise<void> {
    return this.call("load", [bytes]);
  }

  /** Its description, as describe(). */
  describe(): Promise<ModuleConfig> {
    return this.call("describe", []);
  }

  /** What runs in the worker, and why. */
  runtimeInfo(): Promise<RuntimeInfo> {
    return this.call("info", []);
  }

  /** Ends a run, frees the model, and ends the worker unless it was given. A second call does nothing. */
  async dispose(): Promise<void> {
    if (this.ended !== undefined) return;
    const freed = this.call("dispose", []).catch(() => {});
    this.end(new DisposedError("the model in the worker was disposed"));
    if (this.owns) await this.worker.terminate();
    else await freed;
  }

  /** @internal */
  open(source: Source, { init, seed }: RemoteOptions): Promise<void> {
    return this.call("open", [plain("remote", source), init, seed]);
  }

  private call<T>(
    task: Task,
    args: readonly unknown[],
    { signal, ...more }: { signal?: AbortSignal | undefined; hooks?: readonly Hook[]; progress?: boolean } = {},
    transfer: Transferable[] = [],
    heard?: (id: number, hook: Hook | "progress", event: unknown) => void,
  ): Promise<T> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = ++this.count;
    const abort = () => this.send({ id, abort: true });
    return new Promise<T>((resolve, reject) => {
      this.calls.set(id, { resolve, reject, ...(heard === undefined ? {} : { heard: (hook, event) => heard(id, hook, event) }) });
      this.hold(true);
      this.send({ id, task, args, aborted: signal?.aborted === true, ...more }, transfer);
      signal?.addEventListener("abort", abort);
    })
      .catch((error) => {
        // as fetch does: what the page gave as reason
        throw signal?.aborted === true && (error as Error).name === "AbortError" ? signal.reason : error;
      })
      .finally(() => signal?.removeEventListener("abort", abort));
  }

  private send(message: ToWorker, transfer: Transferable[] = []): void {
    try {
      this.connection.port.postMessage(message, transfer);
    } catch (cause) {
      this.settle(message.id)?.reject(new OptionError(`a worker cannot be sent this: ${String(cause)}`));
    }
  }

  private hear(message: FromWorker): void {
    if ("hook" in message) {
      this.calls.get(message.id)?.heard?.(message.hook, message.event);
      return;
    }
    const call = this.settle(message.id);
    if ("error" in message) call?.reject(received(message.error));
    else call?.resolve(message.value as never);
  }

  private settle(id: number): Call | undefined {
    const call = this.calls.get(id);
    this.calls.delete(id);
    if (this.calls.size === 0) this.hold(false);
    return call;
  }

  /** Whether Node stays alive for it: while something is awaited. */
  private hold(on: boolean): void {
    const { port } = this.connection;
    for (const end of [this.worker, port as MessagePort & Pick<WorkerLike, "ref" | "unref">]) on ? end.ref?.() : end.unref?.();
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const id of [...this.calls.keys()]) this.settle(id)?.reject(this.ended);
    this.connection.port.close();
  }
}

/**
 * A model in a worker of its own, so that the page stays smooth: from the sizes and options of mlp() as { mlp: [784, 128, 10], batchNorm: true }, a description by
 * describe(), or bytes by save(). Throws WorkerError where the worker cannot be had, UnsupportedError where it has no WebAssembly with SIMD, MemoryError where its
 * memory is refused, and what fromConfig() and load() throw.
 */
export async function remote(source: Source, options: RemoteOptions = {}): Promise<RemoteModel> {
  const { worker: given } = options;
  const owns = given === undefined || typeof given === "function";
  let worker: WorkerLike | undefined;
  try {
    worker = given === undefined ? await start() : typeof given === "function" ? given() : given;
    const model = new RemoteModel(worker, await connect(worker), owns);
    await model.open(source, options);
    return model;
  } catch (error) {
    if (owns) void worker?.terminate();
    if (error instanceof DOMException)
      throw new WorkerError(
        `the worker could not be started (${error.message}); the page's Content-Security-Policy has to allow it: worker-src 'self'`,
      );
    throw error;
  }
}
