import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import type { Answer, Question } from "./session";

const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".html": "text/html",
};

/** One page's side of the conversation: a question waits for the page to ask, an answer comes with its next request. */
export class Conversation {
  /** The browser's name for itself. */
  agent = "";
  private question: Question | undefined;
  private waiting: ServerResponse | undefined;
  private settle: ((answer: Answer) => void) | undefined;

  constructor(readonly html: string) {}

  ask(question: Question): Promise<Answer> {
    this.question = question;
    this.send();
    return new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  private send(): void {
    if (this.question === undefined || this.waiting === undefined) return;
    this.waiting.setHeader("content-type", "application/json").end(JSON.stringify(this.question));
    this.question = this.waiting = undefined;
  }

  /** The page's next request: the first says who it is, later ones answer. */
  next(body: string, response: ServerResponse): void {
    const message = JSON.parse(body) as Answer | { agent: string };
    if ("agent" in message) this.agent = message.agent;
    else this.settle?.(message);
    this.waiting = response;
    this.send();
  }

  end(): void {
    this.waiting?.writeHead(410).end();
    this.waiting = undefined;
  }
}

/** Serves folders of this machine to pages on it, and holds their conversations. `mounts` are folders by the first part of the path. */
export class PageServer {
  private readonly server: Server;
  private readonly conversations = new Map<string, Conversation>();
  private count = 0;
  readonly mounts = new Map<string, string>();

  private constructor() {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.writeHead(500).end());
    });
  }

  static async start(): Promise<PageServer> {
    const self = new PageServer();
    await new Promise<void>((resolve) => self.server.listen(0, "127.0.0.1", resolve));
    return self;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The address of a new page with this HTML, and the conversation with it. */
  converse(html: string): { url: string; conversation: Conversation; end(): void } {
    const id = String(++this.count);
    const conversation = new Conversation(html);
    this.conversations.set(id, conversation);
    return {
      url: `${this.origin}/?${id}`,
      conversation,
      end: () => {
        conversation.end();
        this.conversations.delete(id);
      },
    };
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? "/", this.origin);
    // a page of its own origin only, with the finer clock that isolation brings
    response.setHeader("cross-origin-opener-policy", "same-origin").setHeader("cross-origin-embedder-policy", "require-corp");
    const conversation = this.conversations.get(search.slice(1));
    if (pathname === "/next" && request.method === "POST" && conversation !== undefined) {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
      conversation.next(body, response);
      return;
    }
    if (pathname === "/" && conversation !== undefined) {
      response.setHeader("content-type", "text/html").end(conversation.html);
      return;
    }
    const [, mount, ...rest] = decodeURIComponent(pathname).split("/");
    const folder = this.mounts.get(mount ?? "");
    const file = folder === undefined ? undefined : normalize(join(folder, ...rest));
    if (file === undefined || !file.startsWith(folder + sep)) {
      response.writeHead(404).end();
      return;
    }
    try {
      const bytes = await readFile(file);
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream").end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  async close(): Promise<void> {
    for (const c of this.conversations.values()) c.end();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
