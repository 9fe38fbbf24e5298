import { existsSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { CliError } from "../errors";
import { packageRoot } from "../package";
import { type Channel, type Connect, PATIENCE_MS, sampler } from "./child";
import { type Browser, openPage } from "./chromium";
import type { Open, Target } from "./run";
import { type Conversation, PageServer } from "./serve";
import type { Answer, Question } from "./session";

/** The loader's folder as Node would find it from a package. */
function loaderOf({ folder, name }: Target): string {
  for (let at = folder; ; at = dirname(at)) {
    const loader = join(at, "node_modules", "@assemblyscript", "loader");
    if (existsSync(loader)) return loader;
    if (dirname(at) === at) throw new CliError(`${name}: @assemblyscript/loader is not installed beside it`);
  }
}

/** The page that a measuring process is: where the library's one bare import is, and the script that asks for work. */
const html = (imports: Record<string, string>): string =>
  `<!doctype html><meta charset="utf-8"><title>neurite bench</title><script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/cli/page.js"></script>`;

class Page implements Channel {
  constructor(
    private readonly browser: Browser,
    private readonly conversation: Conversation,
    private readonly finish: () => void,
  ) {}

  async ask(question: Question): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new CliError(`no answer from the page for ${PATIENCE_MS / 1000} seconds ${this.browser.errors.trim()}`)),
        PATIENCE_MS,
      );
    });
    const gone = this.browser.gone.then(() => {
      throw new CliError(`the browser ended: ${this.browser.errors.trim()}`);
    });
    try {
      return await Promise.race([this.conversation.ask(question), late, gone]);
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    this.finish();
    await this.browser.close();
  }
}

/** "chromium 140.0.0.0" from what the browser calls itself. */
export const browserName = (agent: string): string => `chromium ${/Chrome\/([\d.]+)/.exec(agent)?.[1] ?? agent}`;

/** Sets workloads up in pages, each in a browser of its own. */
export const inPages =
  (executable: string): Connect =>
  async ({ flags: _, ...rest }) => {
    const server = await PageServer.start();
    server.mounts.set("cli", dirname(fileURLToPath(import.meta.url))).set("own", join(packageRoot(), "dist"));
    let agent: string | undefined;
    /** A path below a folder that is served. */
    const served = (folder: string, file: string): string => {
      let mount = [...server.mounts].find(([, f]) => f === folder)?.[0];
      if (mount === undefined) server.mounts.set((mount = `m${server.mounts.size}`), folder);
      return `/${[mount, ...relative(folder, file).split(sep)].map(encodeURIComponent).join("/")}`;
    };
    const open: Open = async (target, { workload, file }) => {
      const loader = loaderOf(target);
      const { url, conversation, end } = server.converse(html({ "@assemblyscript/loader": served(loader, join(loader, "index.js")) }));
      const opened = await sampler(new Page(openPage(executable, url), conversation, end), {
        ...rest,
        // a page's clock has steps of 5 us, or of 100
        groupMs: 2,
        library: served(target.folder, target.module),
        simd: "/own/simd.wasm",
        relaxed: "/own/relaxed.wasm",
        workload: workload.name,
        ...(file === undefined ? {} : { file: served(dirname(file), join(dirname(file), basename(file))) }),
      });
      agent = conversation.agent;
      return opened;
    };
    return { open, browser: () => (agent === undefined ? undefined : browserName(agent)), close: () => server.close() };
  };
