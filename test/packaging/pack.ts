/** The package as npm would publish it, built and unpacked into a folder of its own beside the one dependency. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const shell = process.platform === "win32";

export interface Packed {
  /** A consumer's project: node_modules/neurite and node_modules/@assemblyscript/loader, nothing else. */
  readonly project: string;
  readonly installed: string;
  remove(): void;
}

/** Runs `npm pack`, with prepack and so the whole build, unless dist/ is there already. */
export function pack({ built = false } = {}): Packed {
  const project = mkdtempSync(join(tmpdir(), "neurite-consumer-"));
  const installed = join(project, "node_modules", "neurite");
  const args = ["pack", "--silent", ...(built ? ["--ignore-scripts"] : []), "--pack-destination", project];
  execFileSync("npm", args, { cwd: top, shell, stdio: ["ignore", "ignore", "inherit"] });
  const tarball = readdirSync(project).find((f) => f.endsWith(".tgz"))!;
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", "node_modules/neurite"], { cwd: project });
  symlinkSync(join(top, "node_modules/@assemblyscript"), join(project, "node_modules/@assemblyscript"), "junction");
  return { project, installed, remove: () => rmSync(project, { recursive: true, force: true }) };
}

/** Runs Node in the consumer's project; the output when it succeeds, else an error with all that it said. */
export function node(packed: Packed, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: packed.project, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} exited with ${status}\n${stdout}${stderr}`);
  return stdout.trim();
}

export const tool = (path: string): string => join(top, "node_modules", path);
