import { existsSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError } from "../errors";
import type { Listed } from "./run";
import { builtin, workloadsOf } from "./workloads/index";

/** Built-in workloads, and those of the files. */
export async function listWorkloads(files: readonly string[], cwd: string): Promise<Listed[]> {
  const all: Listed[] = builtin.map((workload) => ({ workload }));
  for (const given of files) {
    const file = resolve(cwd, given);
    if (!existsSync(file)) throw new CliError(`there is no workload file ${given}`);
    try {
      const { default: exported } = (await import(pathToFileURL(file).href)) as { default?: unknown };
      all.push(...workloadsOf(exported, basename(file, extname(file))).map((workload) => ({ workload, file })));
    } catch (error) {
      throw new CliError(`cannot take workloads from ${given}: ${(error as Error).message}`);
    }
  }
  const names = all.map(({ workload }) => workload.name);
  const twice = names.find((name, k) => names.indexOf(name) < k);
  if (twice !== undefined) throw new CliError(`two workloads are called ${twice}; names must differ`);
  return all;
}

/** Those that match, in their order. Throws CliError where none does. */
export function select(all: readonly Listed[], matches: RegExp, inPage: boolean): Listed[] {
  const chosen = all.filter(({ workload: w }) => matches.test(w.name) && !(inPage && w.only === "node"));
  if (chosen.length === 0)
    throw new CliError(`no workload matches ${matches.source}; there are ${all.map(({ workload }) => workload.name).join(", ")}`);
  return chosen;
}

/** The list as --list prints it. */
export function listText(list: readonly Listed[]): string {
  const width = Math.max(...list.map(({ workload }) => workload.name.length)) + 2;
  return list
    .map(({ workload: w }) => `${w.name.padEnd(width)}${(w.group ?? "yours").padEnd(14)}bound by ${w.bound ?? "compute"}`)
    .join("\n");
}
