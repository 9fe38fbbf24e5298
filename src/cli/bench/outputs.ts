import { accessSync, appendFileSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Io } from "../command";
import { CliError } from "../errors";
import { bencher, customBigger, customSmaller } from "./formats";
import { markdown } from "./markdown";
import type { Settings } from "./settings";
import type { Report } from "./types";

/** What each option that names a file puts into it. */
const RENDER = {
  json: (report: Report): string => `${JSON.stringify(report, undefined, 1)}\n`,
  markdown,
  "custom-smaller-is-better": customSmaller,
  "custom-bigger-is-better": customBigger,
  bencher,
} as const satisfies Partial<Record<keyof Settings, (report: Report) => string>>;

/** Throws CliError where a file cannot be made. */
export function writable(name: string, cwd: string): string {
  const path = resolve(cwd, name);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new CliError(`cannot write ${name}: there is no folder ${dirname(path)} that may be written to`);
  }
  return path;
}

/**
 * Checks that the files asked for can be written, before anything is measured, and gives what writes them. On GitHub Actions the Markdown goes
 * into the job's summary too.
 */
export function outputs(settings: Pick<Settings, keyof typeof RENDER>, io: Io): (report: Report) => void {
  const files = (Object.keys(RENDER) as (keyof typeof RENDER)[]).flatMap((option) => {
    const name = settings[option];
    return name === undefined ? [] : [{ path: writable(name, io.cwd), render: RENDER[option] }];
  });
  const summary = io.env.GITHUB_STEP_SUMMARY;
  return (report) => {
    for (const { path, render } of files) writeFileSync(path, render(report));
    if (summary) appendFileSync(summary, markdown(report));
  };
}
