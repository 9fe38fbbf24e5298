import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError } from "../errors";
import { manifestOf, packageRoot } from "../package";
import { commitOf } from "./machine";
import type { Target } from "./run";

/** The build that a folder holds. Throws CliError where there is none. */
export function targetOf(folder: string, name: string): Target {
  const manifest = manifestOf(folder);
  if (manifest?.name !== "neurite") throw new CliError(`${name} is not a package of neurite: no package.json with that name in ${folder}`);
  const entry = (manifest.exports?.["."] as { import?: { default?: string } } | undefined)?.import?.default ?? "./dist/index.js";
  const module = join(folder, entry);
  if (!existsSync(module)) throw new CliError(`${name} is not built: there is no ${module} (npm run build)`);
  const commit = commitOf(folder);
  return { name, folder, module, version: manifest.version ?? "unknown", ...(commit === undefined ? {} : { commit }) };
}

/** What --package names, or the package this command belongs to. */
export function measuredTarget(option: string | undefined, cwd: string): Target {
  return option === undefined ? targetOf(packageRoot(), "this package") : targetOf(resolve(cwd, option), option);
}
