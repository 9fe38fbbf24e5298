import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { here, type Peer } from "./definitions";

const folder = fileURLToPath(new URL(".peers", here));
const pinned = fileURLToPath(new URL("package.json", here));

/** Installs the pinned peers into .peers, once for each version of the list. Install scripts stay off: no peer needs them for what is measured. */
export function installPeers(): void {
  const list = join(folder, "package.json");
  const done = join(folder, "node_modules", ".package-lock.json");
  if (existsSync(done) && existsSync(list) && readFileSync(list, "utf8") === readFileSync(pinned, "utf8")) return;
  mkdirSync(folder, { recursive: true });
  copyFileSync(pinned, list);
  console.log("installing the peers into bench/versus/.peers");
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
}

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const manifest = (path: string): Manifest => JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;

export const versionsOf = (peers: readonly Peer[]): Record<string, string> =>
  Object.fromEntries(peers.flatMap((p) => (p.package ? [[p.id, manifest(join(folder, "node_modules", p.package)).version]] : [])));

function bytes(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .reduce((sum, name) => sum + bytes(join(path, name)), 0);
}

/** Where a package's import of another one leads. */
function resolve(from: string, name: string): string | undefined {
  for (let at = from; at !== dirname(at); at = dirname(at)) {
    const path = join(at, "node_modules", name);
    if (existsSync(path)) return realpathSync(path);
  }
  return undefined;
}

function closure(path: string, into = new Set<string>()): Set<string> {
  if (into.has(path)) return into;
  into.add(path);
  const { dependencies, peerDependencies } = manifest(path);
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const next = resolve(path, name);
    if (next !== undefined) closure(next, into);
  }
  return into;
}

/** Bytes installed, with all dependencies. */
export function sizeOf(peer: Peer): number | undefined {
  const total = (paths: Iterable<string>) => [...paths].reduce((sum, p) => sum + bytes(p), 0);
  if (peer.id === "call") {
    const root = fileURLToPath(new URL("../..", here));
    const own = ["dist", "package.json", "README.md", "LICENSE", "CHANGELOG.md"].map((f) => join(root, f));
    return own.reduce((sum, p) => sum + bytes(p), 0) + total(closure(resolve(root, "@assemblyscript/loader")!));
  }
  if (peer.package === undefined) return undefined;
  const all = new Set<string>();
  for (const name of [peer.package, ...(peer.beside ?? [])]) closure(realpathSync(join(folder, "node_modules", name)), all);
  return total(all);
}
