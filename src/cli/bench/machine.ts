import { execFileSync } from "node:child_process";
import os from "node:os";
import type { Opened } from "./session";
import type { Machine } from "./types";

/** Fingerprint of this machine, running Node or the given browser. */
export function machineOf(opened: Opened, browser?: string): Machine {
  const cpus = os.cpus();
  const { relaxedSimd, arithmetic, binary } = opened;
  return {
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    memory: os.totalmem(),
    platform: `${os.platform()} ${os.arch()}`,
    runtime: browser ?? `node ${process.versions.node}`,
    v8: browser === undefined ? process.versions.v8 : "",
    relaxedSimd,
    arithmetic,
    binary,
  };
}

/** What differs so much between two machines that their times have little in common. */
export function differences(a: Machine, b: Machine): string[] {
  const keys = ["cpu", "cores", "platform", "runtime", "arithmetic"] as const;
  return keys.filter((k) => a[k] !== b[k]).map((k) => `${k} ${a[k]} against ${b[k]}`);
}

export function git(folder: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Commit of the repository that a package's folder is the top of, with "+" where something is changed. */
export function commitOf(folder: string): string | undefined {
  try {
    if (git(folder, "rev-parse", "--show-prefix") !== "") return undefined;
    return git(folder, "rev-parse", "HEAD") + (git(folder, "status", "--porcelain", "--untracked-files=no") === "" ? "" : "+");
  } catch {
    return undefined;
  }
}
