import { DataError, OptionError, StateError } from "../core/errors";
import { isModule, type Module } from "../nn/module";
import { type BuildOptions, fromConfig } from "./build";
import { described, entriesOf, KEY, ownOf } from "./entries";
import { pathOf, readBytes, writeFileAtomic } from "./file";
import { readSafetensors, type SafeTensors, writeSafetensors } from "./safetensors";

export interface SaveOptions {
  /** Strings to be kept in the file's metadata, beside the library's own. */
  metadata?: Readonly<Record<string, string>>;
  /** What weights are stored as: "F16" and "BF16" take half the room, and round. Default "F32". */
  dtype?: "F32" | "F16" | "BF16";
}

export interface LoadWeightsOptions {
  /** Whether names have to agree, both ways; false takes what fits by name. Shapes have to agree always. Default true. */
  strict?: boolean;
}

/** Names that the model has and the file has not, and the other way round. */
export interface IncompatibleKeys {
  missing: string[];
  unexpected: string[];
}

function checkModule(what: string, model: unknown): asserts model is Module {
  if (!isModule(model)) throw new OptionError(`${what}: expected a model first, got ${typeof model}`);
}

/**
 * A model as the bytes of a safetensors file: parameters and buffers under PyTorch's names, and in the metadata `format: "pt"` and `neurite`, the JSON of describe().
 * safetensors.torch.load_file reads it; load() builds the model again. A model that cannot be described is saved all the same, for loadWeights(). Throws OptionError,
 * DisposedError.
 */
export function save(model: Module, { metadata = {}, dtype = "F32" }: SaveOptions = {}): Uint8Array<ArrayBuffer> {
  checkModule("save", model);
  if (!["F32", "F16", "BF16"].includes(dtype))
    throw new OptionError(`save: dtype must be "F32", "F16" or "BF16", got ${JSON.stringify(dtype)}`);
  const own = { version: 1, ...described(model) };
  return writeSafetensors(entriesOf(model, "", dtype), { format: "pt", ...metadata, [KEY]: JSON.stringify(own) });
}

/** save() into a file, which is whole at any moment: the old one or the new one. Throws FileError, and what save() throws. */
export async function saveModel(model: Module, path: string | URL, options: SaveOptions = {}): Promise<void> {
  const bytes = save(model, options);
  await writeFileAtomic(await pathOf(path, "saveModel"), bytes);
}

/** Of a checkpoint, only the model's entries, without their prefix. */
function weightsOf({ tensors }: SafeTensors, checkpoint: boolean): SafeTensors["tensors"] {
  if (!checkpoint) return tensors;
  const own = Object.create(null) as SafeTensors["tensors"];
  for (const [name, t] of Object.entries(tensors)) if (name.startsWith("model.")) own[name.slice("model.".length)] = t;
  return own;
}

/** Errors of names and shapes, with the file's name. */
function into(model: Module, tensors: SafeTensors["tensors"], name: string, strict: boolean): IncompatibleKeys {
  try {
    model.loadStateDict(tensors, { strict });
  } catch (error) {
    if (!(error instanceof StateError || error instanceof DataError)) throw error;
    throw new StateError(`${name}: ${error.message}`, { cause: error });
  }
  const own = new Set([...model.namedParameters(), ...model.namedBuffers()].map(([key]) => key));
  return { missing: [...own].filter((key) => !(key in tensors)), unexpected: Object.keys(tensors).filter((key) => !own.has(key)) };
}

/**
 * The model whose bytes save() gave, built again with its weights; of a checkpoint, its model. Types of your own are looked for among `modules` and those of
 * registerModule(). `name` is what errors call the file. Throws DataError for what is no such file, StateError where it has weights alone or names unknown types.
 */
export function load(bytes: Uint8Array, { modules = [], name = "load" }: BuildOptions & { name?: string } = {}): Module {
  const file = readSafetensors(bytes, { name });
  const own = ownOf(file, name);
  if (own?.model === undefined) {
    const why =
      own?.why === undefined
        ? "it has no description of a model, as files by PyTorch have none"
        : `the model was not described (${own.why})`;
    throw new StateError(`${name}: ${why}; build the model in code and call loadWeights(model, file)`);
  }
  const model = fromConfig(own.model, { modules }, name);
  try {
    into(model, weightsOf(file, "state" in own), name, true);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** load() from a file. Throws FileError where it cannot be read, and what load() throws. */
export async function loadModel(path: string | URL, options: BuildOptions = {}): Promise<Module> {
  const name = await pathOf(path, "loadModel");
  return load(await readBytes(name), { ...options, name });
}

/**
 * Copies the weights of a safetensors file, ours or PyTorch's, into a model that is there; of a checkpoint, those of its model. Any kind of items is converted.
 * Returns the names that did not fit, as PyTorch's load_state_dict does: none, where `strict`. Throws FileError, DataError, and StateError, the model being as before,
 * for entries that are missing, unexpected or of another shape.
 */
export async function loadWeights(
  model: Module,
  from: string | URL | Uint8Array,
  { strict = true }: LoadWeightsOptions = {},
): Promise<IncompatibleKeys> {
  checkModule("loadWeights", model);
  const name = from instanceof Uint8Array ? "loadWeights" : await pathOf(from, "loadWeights");
  const file = readSafetensors(from instanceof Uint8Array ? from : await readBytes(name), { name });
  const own = ownOf(file, name);
  return into(model, weightsOf(file, own !== undefined && "state" in own), name, strict);
}
