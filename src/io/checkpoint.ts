import { DataError } from "../core/errors";
import { type Described, KEY, ownOf } from "./entries";
import { pathOf, readBytes, writeFileAtomic } from "./file";
import { readSafetensors, type SafeInput, writeSafetensors } from "./safetensors";
import { pack, unpack } from "./state";

/** The bytes of a checkpoint: a state, beside what is said of its model. */
export function checkpointBytes(state: unknown, described: Described = {}, entries: Record<string, SafeInput> = {}): Uint8Array {
  const all = Object.assign(Object.create(null) as Record<string, SafeInput>, entries);
  const json = pack(state, all);
  return writeSafetensors(all, { format: "pt", [KEY]: JSON.stringify({ version: 1, ...described, state: json }) });
}

/** The state in a checkpoint's bytes, and every tensor in them. Throws DataError. */
export function readCheckpoint(bytes: Uint8Array, name: string) {
  const file = readSafetensors(bytes, { name });
  const own = ownOf(file, name);
  if (own === undefined || !("state" in own))
    throw new DataError(`${name}: this is no checkpoint, but a file of weights; load it with loadModel() or loadWeights()`);
  return { state: unpack(own.state, file.tensors, name), tensors: file.tensors };
}

/**
 * Writes what a loop of your own needs to go on: plain objects and arrays of numbers, strings and typed arrays, as stateDict() of models and optimizers gives them.
 *
 *     await saveCheckpoint({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch }, path)
 *
 * One safetensors file, written so that the old one or the new one is there, whole, at any moment. Throws DataError for functions and class instances, FileError.
 */
export async function saveCheckpoint(state: unknown, path: string | URL): Promise<void> {
  const bytes = checkpointBytes(state);
  await writeFileAtomic(await pathOf(path, "saveCheckpoint"), bytes);
}

/** What saveCheckpoint() was given, or the state of a checkpoint that fit() wrote. Throws FileError, and DataError for what is no checkpoint. */
export async function loadCheckpoint(path: string | URL): Promise<unknown> {
  const name = await pathOf(path, "loadCheckpoint");
  return readCheckpoint(await readBytes(name), name).state;
}
