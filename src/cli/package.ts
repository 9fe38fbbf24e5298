import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** The package.json of a folder, or undefined where there is none that can be read. */
export function manifestOf(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

/** The nearest folder upwards whose package.json bears the name neurite. */
export function packageAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json")) && manifestOf(at)?.name === "neurite") return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The package that this code belongs to. */
export const packageRoot = (): string => packageAbove(dirname(fileURLToPath(import.meta.url)))!;

export const versionOf = (folder = packageRoot()): string => manifestOf(folder)?.version ?? "unknown";
