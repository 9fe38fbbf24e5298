/** Errors as RFC 9457 has them: application/problem+json. The one place that knows codes, titles and statuses. */
import { DataError, FileError, MemoryError, NeuriteError, NonFiniteError, OptionError, ShapeError, WorkerError } from "neurite";

const KINDS = {
  "invalid-request": [400, "The request is not what the schema says"],
  unauthorized: [401, "The key does not open this tenant"],
  "not-found": [404, "There is no such resource"],
  busy: [409, "The model is being trained or removed already"],
  ended: [409, "The job has ended already"],
  "too-large": [413, "The body is larger than allowed"],
  "unsupported-media-type": [415, "Bodies are application/json"],
  "invalid-data": [422, "The rows cannot be used"],
  "limit-exceeded": [422, "A limit of this service is exceeded"],
  "too-many": [429, "Too many at once"],
  "non-finite": [422, "Numbers overflowed"],
  "time-limit": [422, "The job took longer than allowed"],
  internal: [500, "The service failed"],
  unavailable: [503, "The service cannot take this now"],
  "disk-full": [507, "The disk is full"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof KINDS;

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  [more: string]: unknown;
}

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(KINDS, code);

/** What GET /problems/:code tells. */
export const describeProblem = (code: ProblemCode) => ({ type: `/problems/${code}`, status: KINDS[code][0], title: KINDS[code][1] });

/** An answer that is not the one asked for. `more` are further members of the body. */
export class Problem extends Error {
  override name = "Problem";
  readonly status: number;
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly more: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
    this.status = KINDS[code][0];
  }

  get body(): ProblemBody {
    const { type, status, title } = describeProblem(this.code);
    return { type, title, status, detail: this.detail, ...this.more };
  }
}

/** Whether the disk takes no more, wherever in the chain of causes it says so: files of the library have its code, folders of our own the system's. */
function isFull(error: unknown): boolean {
  for (let e = error, k = 0; e instanceof Error && k < 5; e = e.cause, k++) {
    const { code } = e as { code?: unknown };
    if (code === "disk-full" || code === "ENOSPC" || code === "EDQUOT") return true;
  }
  return false;
}

interface FrameworkError {
  code?: string;
  statusCode?: number;
  validation?: { instancePath: string; message?: string }[];
  validationContext?: string;
}

function fromFramework(error: Error & FrameworkError): Problem | undefined {
  const { statusCode = 500, validation, validationContext } = error;
  if (validation !== undefined)
    return new Problem("invalid-request", error.message, {
      errors: validation.map((v) => ({ in: validationContext, pointer: v.instancePath, message: v.message ?? "" })),
    });
  if (statusCode === 413) return new Problem("too-large", error.message);
  if (statusCode === 415) return new Problem("unsupported-media-type", "send the header content-type: application/json");
  if (statusCode === 404) return new Problem("not-found", error.message);
  if (statusCode === 503) return new Problem("unavailable", "the service is shutting down");
  if (statusCode >= 400 && statusCode < 500) return new Problem("invalid-request", error.message);
  return undefined;
}

/** Any error as a problem. Details of unforeseen ones stay in the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const options = { cause: error };
  if (isFull(error)) return new Problem("disk-full", "nothing was changed; try again when there is room", {}, options);
  if (error instanceof NonFiniteError) {
    const { step, layer, message } = error;
    return new Problem("non-finite", message, { step, layer }, options);
  }
  if (error instanceof MemoryError) return new Problem("unavailable", "the memory for models is used up; try again later", {}, options);
  if (error instanceof WorkerError) return new Problem("unavailable", "a worker thread was lost; try again later", {}, options);
  if (error instanceof DataError || error instanceof ShapeError || error instanceof OptionError)
    return new Problem("invalid-data", error.message, {}, options);
  if (!(error instanceof NeuriteError) && error instanceof Error) {
    const known = fromFramework(error);
    if (known !== undefined) return known;
  }
  if (error instanceof FileError && error.code === "busy")
    return new Problem("unavailable", "too many files are open; try again later", {}, options);
  const what = error instanceof FileError ? "a file could not be read or written" : "an unforeseen error; it is in the log";
  return new Problem("internal", what, {}, options);
}
