import type { CommandEntry, Io } from "./command";
import { CliError, UsageError } from "./errors";
import { suggestion } from "./options";
import { versionOf } from "./package";

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: {
    summary: "learn to predict a column of a table from the others",
    load: async () => (await import("./table/train")).command,
  },
  evaluate: {
    summary: "figures of a model on rows whose targets are known",
    load: async () => (await import("./table/evaluate")).command,
  },
  predict: {
    summary: "predictions for rows of a file, or of the input",
    load: async () => (await import("./table/predict")).command,
  },
  inspect: {
    summary: "what is in a model's file",
    load: async () => (await import("./table/inspect")).command,
  },
  bench: {
    summary: "measure kernels, training, inference and start-up; compare with a baseline or with another build",
    load: async () => (await import("./bench/command")).bench,
  },
};

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  return [
    "neurite COMMAND [OPTIONS]",
    "",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`),
    "",
    "neurite COMMAND --help tells a command's options, neurite --version the version.",
  ].join("\n");
}

/** Runs the command line and gives its exit code. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? io.err : io.out)(`${help()}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    io.out(`${versionOf()}\n`);
    return 0;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    io.err(`neurite: unknown command ${name}${suggestion(name, Object.keys(COMMANDS))} (neurite --help lists them)\n`);
    return 2;
  }
  try {
    return await (await entry.load()).run(rest, io);
  } catch (error) {
    const hint = error instanceof UsageError ? ` (neurite ${name} --help lists the options)` : "";
    io.err(`neurite ${name}: ${error instanceof CliError ? error.message : String((error as Error)?.stack ?? error)}${hint}\n`);
    return 2;
  }
}
