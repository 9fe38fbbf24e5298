/** Folders that are whole at any moment, as files are by writeFileAtomic(): filled beside, synced, renamed. Names that begin with a dot are unfinished or on their way out. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const besides = (path: string) => join(dirname(path), `.${randomUUID()}`);

/** Makes a folder appear at once with all that `fill` puts into it, or not at all. */
export async function makeFolderWhole(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  const temporary = besides(path);
  try {
    await mkdir(temporary);
    await fill(temporary);
    for (const name of await readdir(temporary)) await sync(join(temporary, name));
    await sync(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await sync(parent);
}

/** Removes a folder: gone at once under its name, then its files. */
export async function removeFolder(path: string): Promise<void> {
  const temporary = besides(path);
  await rename(path, temporary);
  await sync(dirname(path));
  await rm(temporary, { recursive: true, force: true });
}

export const isMissing = (error: unknown): boolean => (error as { code?: string }).code === "ENOENT";

/** Names in a folder, in order; none where it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Removes what a process that was killed has left unfinished in a folder. */
export async function sweep(path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names) if (name.startsWith(".")) await rm(join(path, name), { recursive: true, force: true });
}

export const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, "utf8")) as T;
