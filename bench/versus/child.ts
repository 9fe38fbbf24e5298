import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { here, type Peer, type Workload } from "./definitions";

export interface Engine {
  readonly path: string;
  readonly flags: readonly string[];
}

export interface Job {
  readonly workload: Workload;
  readonly dir: string;
  readonly startup?: boolean;
  readonly warmMs?: number;
}

/** What a peer says, see peers/common.mjs. */
export interface Message {
  ready?: true;
  done?: true;
  us?: number[];
  unable?: string;
  first?: number;
  tenth?: number;
  last?: number;
  way?: string;
  torch?: string;
  numpy?: string;
  importMs?: number;
  arithmetic?: string;
}

/** One peer's process on one workload: spoken to a line at a time. */
export class Child {
  #process: ChildProcess;
  #waiting: ((m: Message) => void) | undefined;
  #errors = "";

  constructor(peer: Peer, job: Job, engine: Engine) {
    const text = JSON.stringify({ slowMs: 3000, warmMs: 3000, sampleMs: peer.sampleMs ?? 10, ...job, variant: peer.variant });
    const file = fileURLToPath(new URL(`peers/${peer.file}`, here));
    const [command, args] = file.endsWith(".py") ? ["/usr/bin/python3", [file, text]] : [engine.path, [...engine.flags, file, text]];
    const one = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
    // OpenBLAS takes the kernels that it finds right for the machine, whatever this shell says
    const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...rest } = process.env;
    this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...rest, ...one, ...peer.env } });
    this.#process.stderr!.on("data", (d: Buffer) => (this.#errors = (this.#errors + d).slice(-2000)));
    createInterface({ input: this.#process.stdout! }).on("line", (l) => {
      if (l.startsWith("{")) this.#hand(JSON.parse(l) as Message);
    });
    this.#process.stdin!.on("error", () => undefined);
    this.#process.on("error", (e) => this.#hand({ unable: `error: ${e.message}` }));
    this.#process.on("exit", (code) =>
      this.#hand({ unable: `error: ended with ${code}: ${this.#errors.trim().split("\n").at(-1)?.slice(0, 120)}` }),
    );
  }

  #hand(message: Message): void {
    this.#waiting?.(message);
    this.#waiting = undefined;
  }

  /** The next message. */
  answer(limitMs: number): Promise<Message> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#hand({ unable: `no answer in ${limitMs / 1000} s` });
        this.end();
      }, limitMs);
      this.#waiting = (m) => {
        clearTimeout(timer);
        resolve(m);
      };
    });
  }

  sample(ms: number): Promise<Message> {
    this.#process.stdin!.write(`${ms}\n`);
    return this.answer(ms + 30_000);
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}
