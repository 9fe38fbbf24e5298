/** One process to a folder: two that train the same jobs would write over each other. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
};

/** Throws where another process that lives holds the folder. One that was killed holds nothing. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "pid");
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  // in a container that starts anew, the number may be this process's own
  if (holder > 0 && holder !== process.pid && isAlive(holder))
    throw new Error(
      `${folder} is in use by process ${holder}; give each service a DATA_DIR of its own, or remove ${path} where that is none`,
    );
  await writeFile(path, String(process.pid));
  return () => rm(path, { force: true });
}
