import { DataError, StateError } from "../core/errors";
import type { Module } from "../nn/module";
import { describe, type ModuleConfig } from "./describe";
import type { SafeInput, SafeTensors } from "./safetensors";

/** Key of the library's own metadata, JSON. */
export const KEY = "neurite";
/** Counters that PyTorch keeps as whole numbers of 64 bits. */
const COUNTERS = ["num_batches_tracked", "n_averaged"];

/** What a file says of the model: how to build it, or why that was not written down. */
export interface Described {
  model?: ModuleConfig;
  why?: string;
}

export function described(model: Module): Described {
  try {
    return { model: describe(model) };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { why: error.message };
  }
}

/** Parameters and buffers as entries of a file. */
export function entriesOf(model: Module, prefix = "", dtype: "F32" | "F16" | "BF16" = "F32"): Record<string, SafeInput> {
  const entries = Object.create(null) as Record<string, SafeInput>;
  for (const [name, t] of [...model.namedParameters(), ...model.namedBuffers()]) {
    const counter = COUNTERS.includes(name.split(".").at(-1)!);
    const kind = t.dtype === "f32" ? { dtype: counter ? ("I64" as const) : dtype } : {};
    entries[prefix + name] = { shape: t.shape, data: t.data(), ...kind };
  }
  return entries;
}

/** The library's own metadata of a file, checked as far as it is JSON. */
export function ownOf({ metadata }: SafeTensors, name: string): (Described & { version: number; state?: unknown }) | undefined {
  const text = Object.hasOwn(metadata, KEY) ? metadata[KEY] : undefined;
  if (text === undefined) return undefined;
  let own: unknown;
  try {
    own = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name}: its metadata "${KEY}" is not JSON`, { cause });
  }
  if (typeof own !== "object" || own === null || Array.isArray(own)) throw new DataError(`${name}: its metadata "${KEY}" is not an object`);
  const { version } = own as { version?: unknown };
  if (version !== 1)
    throw new DataError(
      `${name}: it was written in version ${JSON.stringify(version)} of the layout, version 1 can be read; update the library`,
    );
  return own as Described & { version: number; state?: unknown };
}
