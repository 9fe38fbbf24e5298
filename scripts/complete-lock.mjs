// Completes package-lock.json after `npm install` through a registry mirror that does not carry every platform's packages.
// npm leaves such optional packages out of the lock file, and npm 11.16 and later then refuse their own file in `npm ci`
// (npm/cli#9846). Their versions are pinned by the package that asks for them and their platforms are in their names, so the
// entries can be written here; without a checksum, which npm checks only where the package is really installed.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = lock.packages;
const OS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPU = {
  arm64: "arm64",
  arm: "arm",
  x64: "x64",
  ia32: "ia32",
  loong64: "loong64",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
};

let added = 0;
for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (packages[`${path}/node_modules/${name}`] || packages[`node_modules/${name}`]) continue;
    const words = name.split("/").pop().split("-");
    const os = words.find((w) => OS.includes(w));
    const cpu = words.map((w) => CPU[w]).find(Boolean);
    if (!os || !cpu || !/^\d+\.\d+\.\d+$/.test(version))
      throw new Error(`${name}@${version}: neither in the lock file nor a platform package`);
    const libc = words.includes("musl") || words.includes("musleabihf") ? ["musl"] : os === "linux" ? ["glibc"] : undefined;
    packages[`node_modules/${name}`] = { version, cpu: [cpu], dev, ...(libc && { libc }), optional: true, os: [os] };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} entries added`);
