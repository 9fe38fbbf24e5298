import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CliError } from "../errors";
import { packageRoot } from "../package";
import type { Open, Sampler } from "./run";
import type { Answer, Opened, Opening, Question, Sampled } from "./session";

/** A worker that is asked one question at a time. */
export interface Channel {
  ask(question: Question): Promise<Answer>;
  end(): Promise<void>;
}

/** Longest that an answer may take. */
export const PATIENCE_MS = 120_000;

class Child implements Channel {
  private readonly process: ChildProcess;
  private errors = "";

  constructor(file: string, flags: readonly string[]) {
    this.process = fork(file, { execArgv: [...process.execArgv, ...flags], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-2000);
    });
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.process.off("message", answered).off("exit", exited);
        settle();
      };
      const answered = (answer: unknown) => finish(() => resolve(answer as Answer));
      const exited = (code: number | null, signal: string | null) =>
        finish(() => reject(new CliError(`the measuring process ended (${signal ?? `exit code ${code}`}) ${this.errors.trim()}`)));
      const timer = setTimeout(
        () => finish(() => reject(new CliError(`no answer from the measuring process for ${PATIENCE_MS / 1000} seconds`))),
        PATIENCE_MS,
      );
      this.process.once("message", answered).once("exit", exited);
      this.process.send(question);
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) return resolve();
      this.process.once("exit", () => resolve());
      this.process.kill("SIGKILL");
    });
  }
}

/** Asks a channel to set a workload up, and gives what samples it. */
export async function sampler(channel: Channel, opening: Opening): Promise<Sampler> {
  const ask = async <K extends string>(question: Question, key: K): Promise<unknown> => {
    const answer = (await channel.ask(question)) as Record<string, unknown>;
    if (typeof answer.error === "string") throw new CliError(answer.error);
    return answer[key];
  };
  try {
    const opened = (await ask({ ask: "open", opening }, "opened")) as Opened;
    return {
      opened,
      sample: async (ms) => (await ask({ ask: "sample", ms }, "sampled")) as Sampled,
      close: async () => {
        try {
          await ask({ ask: "close" }, "closed");
        } finally {
          await channel.end();
        }
      },
      kill: () => channel.end(),
    };
  } catch (error) {
    await channel.end();
    throw error;
  }
}

/** What all workloads of a run have in common. */
export type Manner = Pick<Opening, "reproducible" | "warmMs"> & { readonly flags: readonly string[] };
/** Where workloads run. */
export interface Connected {
  readonly open: Open;
  /** Name and version of the browser, if it is one, once something has been opened. */
  browser?(): string | undefined;
  close(): Promise<void>;
}
export type Connect = (manner: Manner) => Promise<Connected>;

/** Sets workloads up in processes of Node. */
export const inProcesses: Connect = async ({ flags, ...rest }) => {
  // beside this file when it is built; the binaries are the package's own
  const worker = fileURLToPath(new URL("worker.js", import.meta.url));
  const address = (name: string) => pathToFileURL(join(packageRoot(), "dist", `${name}.wasm`)).href;
  const open: Open = (target, { workload, file }) =>
    sampler(new Child(worker, flags), {
      ...rest,
      groupMs: 0.25,
      library: pathToFileURL(target.module).href,
      simd: address("simd"),
      relaxed: address("relaxed"),
      workload: workload.name,
      ...(file === undefined ? {} : { file: pathToFileURL(file).href }),
    });
  return { open, close: async () => {} };
};
