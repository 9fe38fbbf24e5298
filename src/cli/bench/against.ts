import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CliError } from "../errors";
import { packageAbove } from "../package";
import { git } from "./machine";
import type { Target } from "./run";
import { targetOf } from "./target";

/** Builds are kept here, by commit or version. */
const CACHE = () => join(tmpdir(), "neurite-bench");

function npm(folder: string, ...args: string[]): void {
  try {
    execFileSync("npm", [...args, "--silent", "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer };
    const said = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-8).join("\n");
    throw new CliError(`npm ${args.join(" ")} failed in ${folder}${said === "" ? "" : `:\n${said}`}`);
  }
}

/** The package in a cached folder; made there by `install`, which gets a folder beside it: what is half done never bears the name. */
function cached(key: string, install: (folder: string) => void): string {
  const folder = join(CACHE(), key.replaceAll(/[^\w.@-]/g, "_"));
  const installed = (at: string) => join(at, "node_modules", "neurite");
  if (existsSync(installed(folder))) return installed(folder);
  mkdirSync(CACHE(), { recursive: true });
  const fresh = mkdtempSync(join(CACHE(), "new-"));
  try {
    install(fresh);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return installed(folder);
}

/** Installs a package as a user would: what npm calls it, and its one dependency. */
const install = (folder: string, spec: string) =>
  npm(folder, "install", "--prefix", ".", "--no-save", "--no-package-lock", "--ignore-scripts", spec);

/** A commit of the repository, built in a worktree of its own with the packages its own lock file names. */
function builtCommit(repository: string, commit: string, progress: (text: string) => void): string {
  return cached(commit, (folder) => {
    const tree = join(folder, "worktree");
    git(repository, "worktree", "add", "--detach", "--force", tree, commit);
    try {
      progress(`${commit.slice(0, 10)}: npm ci`);
      npm(tree, "ci");
      progress(`${commit.slice(0, 10)}: npm pack`);
      // prepack builds
      npm(tree, "pack", "--pack-destination", folder);
    } finally {
      git(repository, "worktree", "remove", "--force", tree);
    }
    const tarball = join(folder, readdirSync(folder).find((f) => f.endsWith(".tgz"))!);
    install(folder, tarball);
    rmSync(tarball);
  });
}

/** The commit a revision names in the repository of neurite that a folder is in. */
function commitIn(folder: string, revision: string): { repository: string; commit: string } | undefined {
  const repository = packageAbove(folder);
  if (repository === undefined || revision.startsWith("-")) return undefined;
  try {
    if (git(repository, "rev-parse", "--show-prefix") !== "") return undefined;
    return { repository, commit: git(repository, "rev-parse", "--verify", "--quiet", `${revision}^{commit}`) };
  } catch {
    return undefined;
  }
}

/**
 * The build that --against names: a folder or file of a package, a revision where the command runs in neurite's repository, or else a version that npm knows.
 */
export function againstTarget(name: string, cwd: string, progress: (text: string) => void): Target {
  const path = resolve(cwd, name);
  if (existsSync(path)) {
    const stat = statSync(path);
    if (stat.isDirectory()) return targetOf(path, name);
    if (name.endsWith(".tgz"))
      return targetOf(
        cached(`${stat.mtimeMs}-${name}`, (folder) => install(folder, path)),
        name,
      );
    throw new CliError(`--against ${name}: a file, but no packed package (.tgz)`);
  }
  const found = commitIn(cwd, name);
  if (found !== undefined) {
    progress(`building ${name}`);
    return { ...targetOf(builtCommit(found.repository, found.commit, progress), name), commit: found.commit };
  }
  if (!/^[\w.^~+-]+$/.test(name))
    throw new CliError(`--against ${name}: neither a folder, a revision of neurite's repository here, nor a version`);
  progress(`npm install neurite@${name}`);
  try {
    return targetOf(
      // a tag such as latest moves
      cached(/^\d+\.\d+\.\d+/.test(name) ? `neurite@${name}` : `neurite@${name}-${Date.now()}`, (folder) =>
        install(folder, `neurite@${name}`),
      ),
      name,
    );
  } catch (error) {
    throw new CliError(
      `--against ${name}: no folder, no revision of neurite's repository here, and as a version: ${(error as Error).message}`,
    );
  }
}
