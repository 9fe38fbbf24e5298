import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs a script of this folder in a process of its own; gives the JSON it prints. */
export async function child<T>(name: string, nodeOptions: readonly string[] = [], args: readonly string[] = []): Promise<T> {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeOptions, "--import", "tsx", file, ...args]);
  return JSON.parse(stdout) as T;
}
