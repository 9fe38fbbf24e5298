/** A static server on this machine alone, with headers of one's choice. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** With these a page may share memory with its workers. */
export const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

export interface Content {
  /** Folders by the path they are at, "/" or "/dist/". */
  readonly folders?: Readonly<Record<string, string>>;
  /** Texts by path: "/page.html". Looked at first. */
  readonly files?: Readonly<Record<string, string>>;
  /** Sent with everything. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Site {
  readonly origin: string;
  /** Paths that were asked for and are not there, but for icons. */
  readonly missing: string[];
  close(): Promise<void>;
}

/** What is at a path: a text, or a file of the folder with the longest fitting prefix. */
async function find({ files = {}, folders = {} }: Content, path: string): Promise<string | Uint8Array> {
  if (files[path] !== undefined) return files[path];
  const prefix = Object.keys(folders)
    .filter((p) => path.startsWith(p))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) throw new Error(`nothing is served at ${path}`);
  const folder = normalize(folders[prefix]! + sep);
  const file = normalize(join(folder, path.slice(prefix.length)));
  if (!file.startsWith(folder)) throw new Error(`${path} leads out of its folder`);
  return readFile(file.endsWith(sep) ? join(file, "index.html") : file);
}

export async function serve(content: Content): Promise<Site> {
  const missing: string[] = [];
  const server = createServer(async ({ url }, response) => {
    const path = decodeURIComponent(new URL(url ?? "/", "http://localhost").pathname);
    for (const [name, value] of Object.entries(content.headers ?? {})) response.setHeader(name, value);
    try {
      const body = await find(content, path);
      response.setHeader("content-type", TYPES[extname(path) || ".html"] ?? "application/octet-stream").end(body);
    } catch {
      if (path !== "/favicon.ico") missing.push(path);
      // an icon that is not there would be an error on the console
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // a name, not a number: service workers and isolation ask for a trustworthy origin
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    missing,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
