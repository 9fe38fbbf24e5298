/** What the tests need of Node, for pages: files of the repository, read from the server at once, as Node reads them. */

/** A file below the repository's top, which is served at /repository/. */
export function readFileSync(file: string | URL, encoding?: string): string | Uint8Array {
  const request = new XMLHttpRequest();
  request.open("GET", String(file), false);
  // bytes as characters: a request that waits may not ask for an ArrayBuffer
  request.overrideMimeType(encoding === undefined ? "text/plain; charset=x-user-defined" : "text/plain; charset=utf-8");
  request.send();
  if (request.status !== 200) throw new Error(`${String(file)}: ${request.status}`);
  return encoding === undefined ? Uint8Array.from(request.responseText, (c) => c.charCodeAt(0) & 255) : request.responseText;
}

export const existsSync = (file: string): boolean => {
  const request = new XMLHttpRequest();
  request.open("HEAD", file, false);
  request.send();
  return request.status === 200;
};

export const fileURLToPath = (url: string | URL): string => String(url);
export const pathToFileURL = (path: string): URL => new URL(path, location.origin);

/** Flags of V8's cannot be had here: what needs them is then tested elsewhere. */
export const setFlagsFromString = (): void => {};
export default { setFlagsFromString };
