/** Base of all errors the library throws on purpose. The message says what, where, which shapes, and the way out. */
export class NeuriteError extends Error {
  override name = "NeuriteError";
}

/** Shapes that do not fit together. */
export class ShapeError extends NeuriteError {
  override name = "ShapeError";
}

/** An element type where another is needed. */
export class DTypeError extends NeuriteError {
  override name = "DTypeError";
}

/** An option or argument outside its allowed range. */
export class OptionError extends NeuriteError {
  override name = "OptionError";
}

/** Input data that cannot be used: out of range, not finite, ragged, truncated. */
export class DataError extends NeuriteError {
  override name = "DataError";
}

/** A tensor, model or program used after dispose(). */
export class DisposedError extends NeuriteError {
  override name = "DisposedError";
}

/** Gradients asked of a graph that cannot give them. */
export class GradientError extends NeuriteError {
  override name = "GradientError";
}

/** Values asked for while a program is being recorded: there are none yet. */
export class RecordingError extends NeuriteError {
  override name = "RecordingError";
}

/** The linear memory is full. */
export class MemoryError extends NeuriteError {
  override name = "MemoryError";
}

/** WebAssembly that this engine does not know, or that the page's policy forbids. `cause` is what the engine said. */
export class UnsupportedError extends NeuriteError {
  override name = "UnsupportedError";
}

/** A run would take more memory than it was allowed; nothing of it has begun. */
export class QuotaError extends MemoryError {
  override name = "QuotaError";
  constructor(
    message: string,
    /** Bytes of linear memory that it would have in use; at least, where it says so. */
    readonly needed: number,
    readonly allowed: number,
    /** What takes them. */
    readonly parts: Readonly<Record<string, number>>,
  ) {
    super(message);
  }
}

/** Names that do not match between a model and a state dict, an optimizer, a file. */
export class StateError extends NeuriteError {
  override name = "StateError";
}

/**
 * Why a file could not be read or written, the same on every system: it is not there; it may not be touched; the disk, or its quota, is full; it is larger than the
 * system allows; the path leads elsewhere, as to a folder; too much is open, try again; this platform has no files; anything else.
 */
export type FileErrorCode = "not-found" | "denied" | "disk-full" | "too-large" | "bad-path" | "busy" | "no-files" | "failed";

/** A file that cannot be read or written. `cause` is what the platform said. */
export class FileError extends NeuriteError {
  override name = "FileError";
  constructor(
    message: string,
    readonly code: FileErrorCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Something changed while a worker is at work on it. */
export class BusyError extends NeuriteError {
  override name = "BusyError";
}

/** A worker that failed, ended, or cannot be had. */
export class WorkerError extends NeuriteError {
  override name = "WorkerError";
  constructor(
    message: string,
    /** Whether the worker ended: what it did can be done again by another. */
    readonly lost = false,
  ) {
    super(message);
  }
}

/** Training produced NaN or Infinity. */
export class NonFiniteError extends NeuriteError {
  override name = "NonFiniteError";
  constructor(
    message: string,
    /** Optimizer steps that ended well before the failing one. */
    readonly step: number,
    /** Path of the layer, or of the place outside the model, whose instruction gave the first non-finite value. */
    readonly layer: string,
    /** That instruction, printed. */
    readonly instruction: string,
  ) {
    super(message);
  }
}
