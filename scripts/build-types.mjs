// Writes the declarations of everything the entries reach, once: dist/types/**/*.d.cts, and for each entry a .d.ts that takes everything from there. A module may
// import what is CommonJS, not the other way round, so these serve import too, and Tensor is one type however it was reached.
// They stay one file a source file, since bundlers of declarations lose `declare module "../tensor/tensor"`, which attaches the methods;
// what is done here is to spell relative imports with the extension that Node's resolution asks for.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { entries } from "./entries.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const root = process.cwd().replaceAll("\\", "/");
const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...config.compilerOptions,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: ".",
    outDir: "/",
  },
  root,
);
const program = ts.createProgram(Object.values(entries), options);
/** Source path without extension, from the project's top, to declaration. */
const files = new Map();
// TypeScript knows typed arrays with a type parameter since 5.7 only; without it the declarations serve from 5.2 on
const plain = (text) => text.replace(/\b(\w+Array|DataView)<ArrayBuffer(?:Like)?>/g, "$1");
const { diagnostics } = program.emit(undefined, (name, text) =>
  files.set(name.replace(/^(?:[A-Za-z]:)?\//, "").replace(/\.d\.ts$/, ""), plain(text)),
);
const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
if (problems.length > 0) {
  console.error(
    ts.formatDiagnostics(problems, { getCanonicalFileName: (f) => f, getCurrentDirectory: () => root, getNewLine: () => "\n" }),
  );
  process.exit(1);
}

/** src/tensor/tensor is published as tensor/tensor. */
const published = (path) => path.replace(/^src\//, "");
const SPECIFIER = /(\b(?:from|import|module)\s*\(?\s*)"(\.{1,2}\/[^"]+)"/g;

rmSync("dist/types", { recursive: true, force: true });
const done = new Set();
function write(path) {
  if (done.has(path)) return;
  done.add(path);
  const from = posix.dirname(published(path));
  const next = [];
  const text = files.get(path).replace(SPECIFIER, (_, before, specifier) => {
    const base = posix.join(posix.dirname(path), specifier);
    const target = [base, `${base}/index`].find((f) => files.has(f));
    if (!target) throw new Error(`${path}: nothing is emitted for ${specifier}`);
    next.push(target);
    const relative = posix.relative(from, published(target));
    return `${before}"${relative.startsWith(".") ? "" : "./"}${relative}.cjs"`;
  });
  // Symbol.dispose is declared by a library that consumers need not have asked for
  const head = /\bSymbol\.(?:asyncD|d)ispose\b|\bDisposable\b/.test(text) ? '/// <reference lib="esnext.disposable" />\n' : "";
  const out = `dist/types/${published(path)}.d.cts`;
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, head + text);
  for (const target of next) write(target);
}
for (const [name, file] of Object.entries(entries)) {
  const path = file.replace(/\.ts$/, "");
  write(path);
  if (published(path) !== name) writeFileSync(`dist/types/${name}.d.cts`, `export * from "./${published(path)}.cjs";\n`);
  writeFileSync(`dist/types/${name}.d.ts`, `export * from "./${name}.cjs";\n`);
}
console.log(`dist/types ${done.size} declarations`);
