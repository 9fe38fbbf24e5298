import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Io } from "../command";
import { CliError } from "../errors";
import type { Settings } from "./settings";
import type { Report } from "./types";

/** The report as --json writes it. */
export const jsonOf = (report: Report): string => `${JSON.stringify(report, undefined, 1)}\n`;

/** Checks that the files asked for can be written, before anything is measured, and gives what writes them. */
export function outputs(settings: Pick<Settings, "json">, io: Io): (report: Report) => void {
  const files = [[settings.json, jsonOf] as const].flatMap(([name, render]) =>
    name === undefined ? [] : [{ name, path: resolve(io.cwd, name), render }],
  );
  for (const { name, path } of files) {
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch {
      throw new CliError(`cannot write ${name}: there is no folder ${dirname(path)} that may be written to`);
    }
  }
  return (report) => {
    for (const { path, render } of files) writeFileSync(path, render(report));
  };
}
