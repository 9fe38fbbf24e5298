import { UnsupportedError, WorkerError } from "../core/errors";
import { nodeModule } from "../core/node";
import { type Connect, type Greeting, isOurs } from "./protocol";

// biome-ignore lint/suspicious/noExplicitAny: each platform has other types of events
type Listener = (event: any) => void;

/** What is used of a worker: a page's, or one of Node's. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: never): void;
  terminate(): unknown;
  addEventListener?(type: string, listener: Listener): unknown;
  on?(type: string, listener: Listener): unknown;
  ref?(): void;
  unref?(): void;
}

/** A worker that runs neurite/serve. */
export async function start(): Promise<WorkerLike> {
  const { process, Worker: Web } = globalThis as { process?: { versions?: { node?: string } }; Worker?: unknown };
  if (process?.versions?.node !== undefined) {
    const { Worker } = await nodeModule("worker_threads");
    return new Worker(new URL("./serve.js", import.meta.url), { execArgv: [] }) as WorkerLike;
  }
  if (Web === undefined) throw new UnsupportedError("this platform has no workers; use fit() and predict() of neurite itself");
  // in these words bundlers find the file, and bundle it
  return new Worker(new URL("./serve.js", import.meta.url), { type: "module" });
}

const ENDED = "what it held is lost: open the model again from what save() gave last";
const NEVER =
  "the worker did not start: its file was not found (bundle it, or pass { worker }), or the page's Content-Security-Policy forbids it (worker-src, or script-src, has to allow 'self')";

export interface Connection {
  readonly port: MessagePort;
  /** Rejects when the worker has ended. */
  readonly gone: Promise<never>;
}

/** A port to a worker that answers. Throws WorkerError where the worker cannot be had. */
export function connect(worker: WorkerLike): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let open = false;
    let end: (error: WorkerError) => void = reject;
    const gone = new Promise<never>((_, rejectGone) => {
      end = (error) => {
        reject(error);
        rejectGone(error);
      };
    });
    // whoever waits for an answer hears of it
    gone.catch(() => {});
    const failed = (why: string) =>
      end(new WorkerError(open ? `the worker ended (${why}); ${ENDED}` : `${NEVER}${why === "" ? "" : `: ${why}`}`, open));
    const ask = () => {
      if (open) return;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<Greeting>) => {
        if (open) return;
        open = true;
        if (data.lock !== undefined) void navigator.locks.request(data.lock, () => failed("it was terminated"));
        resolve({ port: port1, gone });
      };
      worker.postMessage({ neurite: "connect", port: port2 } satisfies Connect, [port2] as never);
    };
    const hear = (data: unknown) => {
      // asked before it could hear
      if (isOurs(data)) ask();
    };
    if (worker.addEventListener !== undefined) {
      worker.addEventListener("message", ({ data }: MessageEvent) => hear(data));
      worker.addEventListener("error", ({ message }: ErrorEvent) => failed(message ?? ""));
    } else {
      worker.on!("message", hear);
      worker.on!("error", (error: unknown) => failed(String(error)));
      worker.on!("exit", (code: number) => failed(`exit code ${code}`));
    }
    ask();
  });
}
