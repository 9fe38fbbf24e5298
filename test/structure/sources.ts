/** The sources as the structure tests see them: files, and who imports what. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const top = fileURLToPath(new URL("../..", import.meta.url));
const GENERATED = new Set(["src/core/binaries.ts"]);

/** Written by hand, in these folders and below; paths from the project's top with forward slashes. */
export function listFiles(...folders: string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(`${top}/${folder}`, { recursive: true, encoding: "utf8" }).map((f) => `${folder}/${f.replaceAll("\\", "/")}`),
    )
    .filter((f) => f.endsWith(".ts") && !GENERATED.has(f))
    .sort();
}

export const read = (file: string): string => readFileSync(`${top}/${file}`, "utf8");
export const parse = (file: string, text = read(file)): ts.SourceFile => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

export interface Import {
  /** File that imports. */
  readonly from: string;
  /** Path from the project's top without extension, or the bare name of a package. */
  readonly to: string;
  readonly line: number;
  /** import() at run time. */
}

/** Everything a file names as a module: import, export from, import type, import(), import("...").Type, declare module. */
export function importsOf(file: string, text?: string): Import[] {
  const source = parse(file, text);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    let name: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) name = node.moduleSpecifier;
    else if (ts.isImportTypeNode(node)) name = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    else if (ts.isModuleDeclaration(node)) name = node.name;
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) name = node.arguments[0];
    if (name && ts.isStringLiteralLike(name)) {
      const to = name.text.startsWith(".") ? posix.join(posix.dirname(file), name.text).replace(/\.[jt]s$/, "") : name.text;
      found.push({ from: file, to, line: source.getLineAndCharacterOfPosition(name.getStart()).line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
