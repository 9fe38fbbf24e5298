import * as errors from "../core/errors";

/** What a page asks of a model in a worker, each with the arguments of its function. */
export type Task = "open" | "fit" | "evaluate" | "predict" | "save" | "load" | "describe" | "info" | "dispose";

/** Hooks of a callback that a page may have. */
export const HOOKS = ["onStart", "onStep", "onEpochEnd", "onEnd"] as const;
export type Hook = (typeof HOOKS)[number];

export type ToWorker =
  | {
      readonly id: number;
      readonly task: Task;
      readonly args: readonly unknown[];
      readonly hooks?: readonly Hook[];
      readonly progress?: boolean;
      /** The signal had aborted before. */
      readonly aborted?: boolean;
    }
  | { readonly id: number; readonly abort: true }
  /** What a hook answered; `threw`: it failed, and the run with it. */
  | { readonly id: number; readonly verdict: unknown; readonly threw: boolean };

export type FromWorker =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError }
  | { readonly id: number; readonly hook: Hook | "progress"; readonly event: unknown };

/** A worker's first word, and what it answers each page that sends a port. `lock` is held by the worker while it lives. */
export interface Greeting {
  readonly neurite: "ready";
  readonly lock?: string | undefined;
}
export interface Connect {
  readonly neurite: "connect";
  readonly port: MessagePort;
}

export const isOurs = (data: unknown): data is Greeting | Connect => typeof data === "object" && data !== null && "neurite" in data;

export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** What its class has beside: the step, the layer, ... */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An error as plain data: structured cloning keeps neither classes nor fields. */
export function sent(thrown: unknown): SentError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: undefined, fields: {} };
  const { name, message, stack } = thrown;
  const fields = Object.fromEntries(Object.entries(thrown).filter(([, v]) => v === null || !/^(object|function|symbol)$/.test(typeof v)));
  return { name, message, stack, fields };
}

/** The error again, of its class, so that `instanceof` holds. */
export function received({ name, message, stack, fields }: SentError): Error {
  const Class = (errors as Record<string, unknown>)[name];
  const error = typeof Class === "function" ? (Reflect.construct(Error, [message], Class) as Error) : new Error(message);
  Object.assign(error, fields);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
  return error;
}
