import { FileError, type FileErrorCode, OptionError } from "../core/errors";
import { nodeModule } from "../core/node";

/** What the platform has for files; loaded at first use, since browsers have none.
 * @internal */
export async function disk() {
  try {
    const [fs, path, url] = await Promise.all([nodeModule("fs/promises"), nodeModule("path"), nodeModule("url")]);
    return { ...fs, ...path, fileURLToPath: url.fileURLToPath };
  } catch (cause) {
    const message = "there are no files here: use save(model) and load(bytes), and keep the bytes where this platform keeps data";
    throw new FileError(message, "no-files", { cause });
  }
}

const WHY: Record<string, readonly [FileErrorCode, string?]> = {
  ENOENT: ["not-found", "there is no such file or folder"],
  EACCES: ["denied", "permission denied; look at the owner and the mode of the file and its folder"],
  EPERM: ["denied", "the system does not permit it"],
  EROFS: ["denied", "the disk is read-only"],
  EISDIR: ["bad-path", "it is a folder"],
  ENOTDIR: ["bad-path", "a part of the path is no folder"],
  ENAMETOOLONG: ["bad-path"],
  ELOOP: ["bad-path"],
  ERR_INVALID_ARG_VALUE: ["bad-path"],
  ENOSPC: ["disk-full", "the disk is full; free some space"],
  EDQUOT: ["disk-full", "the quota is used up; free some space"],
  EFBIG: ["too-large", "the file is larger than the system allows"],
  ERR_FS_FILE_TOO_LARGE: ["too-large"],
  EMFILE: ["busy", "too many files are open; close some, or try again"],
  ENFILE: ["busy", "too many files are open; close some, or try again"],
  EBUSY: ["busy"],
};

/** An error of the platform as one that says which file, and what to do. */
export function fileError(what: string, path: string, cause: unknown, more = ""): FileError {
  const { code = "" } = cause as { code?: string };
  const [kind, why = cause instanceof Error ? cause.message : String(cause)] = WHY[code] ?? ["failed"];
  return new FileError(`cannot ${what} ${path}: ${why}${code === "" ? "" : ` (${code})`}${more}`, kind, { cause });
}

/** A path as a string. Throws OptionError. */
export async function pathOf(path: string | URL, what: string): Promise<string> {
  if (path instanceof URL) return (await disk()).fileURLToPath(path);
  if (typeof path !== "string" || path === "") throw new OptionError(`${what}: expected the path of a file, got ${typeof path}`);
  return path;
}

/** The bytes of a file. Throws FileError. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const { readFile } = await disk();
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError("read", path, cause);
  }
}

/** Makes names that were renamed or removed in a folder last a loss of power. */
async function syncFolder(folder: string): Promise<void> {
  const { open } = await disk();
  // Windows has no such thing
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Files being written by this process, so that they are not taken for stale ones. */
const writing = new Set<string>();
let count = 0;

/**
 * Writes a file so that at any moment, through crashes and losses of power, the old one or the new one is there, whole: beside it, synced, renamed over it, and the
 * folder synced. Where it fails nothing is left over. Text is written as UTF-8. Throws FileError.
 */
export async function writeFileAtomic(file: string | URL, data: string | Uint8Array): Promise<void> {
  const { open, rename, unlink, dirname, basename, join } = await disk();
  const path = await pathOf(file, "writeFileAtomic");
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${count++}.tmp`);
  writing.add(temporary);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw fileError("write", path, cause, `; ${data.length} bytes are needed, and what was there before is as it was`);
  } finally {
    writing.delete(temporary);
  }
  await syncFolder(folder);
}

/** Removes files; those that are gone already do not matter. */
export async function remove(paths: readonly string[]): Promise<void> {
  const { unlink } = await disk();
  for (const path of paths)
    await unlink(path).catch((cause: { code?: string }) => {
      if (cause.code !== "ENOENT") throw fileError("remove", path, cause);
    });
}

/** A temporary file that its writer left behind: the process that wrote it is gone. */
function isStale(pid: number, path: string): boolean {
  if (pid === process.pid) return !writing.has(path);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "ESRCH";
  }
}

/** The names in a folder; none where it is not there. Temporaries that processes left behind when they were killed are removed on the way. */
export async function namesIn(folder: string, belongs: (name: string) => boolean): Promise<string[]> {
  const { readdir, join } = await disk();
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return [];
    throw fileError("read", folder, cause);
  }
  const stale = names.filter((name) => {
    const [, target, pid] = /^\.(.+)\.(\d+)\.\d+\.tmp$/.exec(name) ?? [];
    return target !== undefined && belongs(target) && isStale(Number(pid), join(folder, name));
  });
  await remove(stale.map((name) => join(folder, name)));
  return names.filter(belongs);
}
