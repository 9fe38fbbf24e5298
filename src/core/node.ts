/** What the library uses of Node, where there is one. */
interface NodeModules {
  "fs/promises": typeof import("node:fs/promises");
  os: typeof import("node:os");
  path: typeof import("node:path");
  url: typeof import("node:url");
  v8: typeof import("node:v8");
  worker_threads: typeof import("node:worker_threads");
}

/**
 * A module of Node's. Bundlers for browsers stop at an import of one, whether it is ever reached or not: the name is put together here, so that they see none, and the
 * comments tell webpack and Vite that this is on purpose.
 */
export const nodeModule = <Name extends keyof NodeModules>(name: Name): Promise<NodeModules[Name]> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);
