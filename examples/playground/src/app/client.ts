import type { CallName, FromWorker, Progress, Reply, Request } from "../shared/messages";

/** Milliseconds between two questions whether the worker is alive, and without any word of it until it counts as lost. */
const [ASK, LOST] = [3000, 9000];

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: Error): void;
  progress: ((p: never) => void) | undefined;
}

/** What the worker said, under its own name. */
export class RemoteError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** A worker that is gone: what was asked of it stays without answer. */
export class GoneError extends Error {
  override name = "GoneError";
}

/** The page's side of the conversation with the worker. */
export class Client {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;
  private heard = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** `lost` is told, in words for the reader, when the worker cannot be had or does not answer any more. */
  constructor(private readonly lost: (message: string) => void) {}

  start(): void {
    this.stop();
    try {
      this.worker = new Worker(new URL("../worker/main.ts", import.meta.url), { type: "module", name: "neurite" });
    } catch (error) {
      this.fail(refused(String(error)));
      return;
    }
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.take(data);
    this.worker.onerror = (event) => {
      event.preventDefault?.();
      this.fail(this.heard === 0 ? refused(event.message ?? "") : `The worker failed: ${event.message}`);
    };
  }

  call<N extends CallName>(name: N, request: Request<N>, progress?: (p: Progress<N>) => void): Promise<Reply<N>> {
    const { worker } = this;
    if (worker === undefined) return Promise.reject(new GoneError("there is no worker"));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (reply: unknown) => void, reject, progress });
      this.watch();
      worker.postMessage({ id, name, request });
    });
  }

  private take(message: FromWorker): void {
    this.heard = performance.now();
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.kind === "progress") {
      waiting.progress?.(message.progress as never);
      return;
    }
    this.waiting.delete(message.id);
    if (message.kind === "reply") waiting.resolve(message.reply);
    else waiting.reject(new RemoteError(message.error.name, message.error.message));
  }

  /** Asks now and then while an answer is missing: a worker that the browser ended says nothing by itself. */
  private watch(): void {
    if (this.timer !== undefined) return;
    let since = performance.now();
    this.timer = setInterval(() => {
      if (this.waiting.size === 0) {
        clearInterval(this.timer);
        this.timer = undefined;
        return;
      }
      // a page in the background is not given its turns
      if (document.hidden) since = performance.now();
      if (performance.now() - Math.max(since, this.heard) > LOST)
        this.fail(
          "The worker that computes does not answer any more; the browser may have ended it to save memory. Your settings are kept.",
        );
      else this.worker?.postMessage({ id: 0, name: "ping", request: undefined });
    }, ASK);
  }

  private fail(message: string): void {
    this.stop();
    this.lost(message);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.worker?.terminate();
    this.worker = undefined;
    this.heard = 0;
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) reject(new GoneError("the worker is gone"));
  }
}

const refused = (detail: string) =>
  `The worker that computes could not be started. If you serve this page yourself, its Content-Security-Policy has to allow worker-src 'self' and script-src 'wasm-unsafe-eval', and all files of the build have to lie beside it.${detail === "" ? "" : ` (${detail})`}`;
