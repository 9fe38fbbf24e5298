import { DataError, OptionError, StateError } from "../core/errors";
import { disk, fileError, namesIn, pathOf, readBytes, remove, writeFileAtomic } from "./file";

/** Where checkpoints go: files in a folder, or one file. */
export interface CheckpointPlace {
  /** A folder, made where it is missing, for files checkpoint-STEP.safetensors. */
  dir?: string | URL;
  /** Or one file, replaced each time. */
  path?: string | URL;
  /** Newest files that stay in `dir`; one more is there for a moment. Default 3. */
  keep?: number;
}

/** A file that was found. */
export interface Found {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const NAME = /^checkpoint-(\d{9,})\.safetensors$/;
const isName = (name: string): boolean => NAME.test(name);
const stepOf = (name: string): number => Number(NAME.exec(name)![1]);

/** Checkpoints in a folder, the newest first; stale temporaries are removed on the way. */
async function listed(folder: string): Promise<string[]> {
  return (await namesIn(folder, isName)).sort((a, b) => stepOf(b) - stepOf(a));
}

/** Checkpoints of one run. */
export class CheckpointFiles {
  private constructor(
    readonly folder: string,
    /** Name of the one file, if there is but one. */
    private readonly single: string | undefined,
    private readonly keep: number,
  ) {}

  /** Throws OptionError; FileError where the folder cannot be made. */
  static async open({ dir, path, keep = 3, ...rest }: CheckpointPlace): Promise<CheckpointFiles> {
    if (Object.keys(rest).length > 0)
      throw new OptionError(`fit: checkpoint has no option "${Object.keys(rest)[0]}"; it has dir, path, every, keep, atEnd`);
    if ((dir === undefined) === (path === undefined)) throw new OptionError("fit: checkpoint needs { dir } or { path }, one of them");
    if (!Number.isInteger(keep) || keep < 1) throw new OptionError(`fit: checkpoint.keep must be a whole number of 1 or more, got ${keep}`);
    const { mkdir, resolve, dirname, basename } = await disk();
    const given = resolve(await pathOf((dir ?? path)!, "fit: checkpoint"));
    const folder = dir === undefined ? dirname(given) : given;
    await mkdir(folder, { recursive: true }).catch((cause) => {
      throw fileError("make", folder, cause);
    });
    return new CheckpointFiles(folder, dir === undefined ? basename(given) : undefined, keep);
  }

  /** Paths of those there are, the newest first. */
  async all(): Promise<string[]> {
    const { join } = await disk();
    const { single } = this;
    const names = single === undefined ? await listed(this.folder) : await namesIn(this.folder, (name) => name === single);
    return names.map((name) => join(this.folder, name));
  }

  /** Throws StateError where files of another run, or of steps that are still to come, would mix with this run's. */
  async check(from: string | undefined): Promise<void> {
    const there = await this.all();
    const [newest] = there;
    if (newest === undefined || newest === from) return;
    const way = "pass { resume: true } to go on from there, move the files away, or write elsewhere";
    throw new StateError(
      from !== undefined && there.includes(from)
        ? `fit: ${newest} is newer than ${from}, where this run goes on; remove it, or write elsewhere`
        : `fit: ${newest} is there already, of another run; ${way}`,
    );
  }

  /** Writes one, then removes those beyond the number kept. Throws FileError; the ones before are as they were. */
  async write(bytes: Uint8Array, step: number): Promise<void> {
    const { join } = await disk();
    const path = join(this.folder, this.single ?? `checkpoint-${String(step).padStart(9, "0")}.safetensors`);
    await writeFileAtomic(path, bytes);
    // a damaged one of a later step may stand there still: not in the place of this
    if (this.single === undefined) await remove((await this.all()).filter((p) => p !== path).slice(this.keep - 1));
  }

  /** Removes all of them. Throws FileError. */
  async clear(): Promise<void> {
    await remove(await this.all());
  }
}

/** Reads the newest of these files that `check` takes; older ones stand in for damaged ones, with a warning. Throws the newest one's DataError where none is whole. */
export async function firstWhole<T>(paths: readonly string[], check: (found: Found) => T): Promise<T> {
  let first: unknown;
  for (const [k, path] of paths.entries())
    try {
      return check({ path, bytes: await readBytes(path) });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      first ??= error;
      if (k + 1 < paths.length) console.warn(`neurite: ${error.message}; looking for an older checkpoint`);
    }
  throw first;
}

/** The checkpoints a path names: itself, or those in the folder, the newest first. Throws FileError, DataError where a folder has none. */
export async function checkpointsAt(given: string | URL): Promise<string[]> {
  const { stat, resolve, join } = await disk();
  const path = resolve(await pathOf(given, "fit: resume"));
  const found = await stat(path).catch((cause) => {
    throw fileError("read", path, cause);
  });
  if (!found.isDirectory()) return [path];
  const names = await listed(path);
  if (names.length === 0) throw new DataError(`fit: resume: ${path} holds no checkpoint-STEP.safetensors`);
  return names.map((name) => join(path, name));
}
