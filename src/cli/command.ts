/** Where a command writes, and what it may know of its surroundings. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Shows what is going on where somebody watches, in place of what it showed before; "" takes it away. */
  progress(text: string): void;
  /** Whether `out` goes to a terminal that shows colours. */
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

export interface Command {
  /** Exit code: 0 fine, 1 the answer is no (a regression, for instance), 2 an error. */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** A command's line in the help, and where its code is: only the command that runs is loaded. */
export interface CommandEntry {
  readonly summary: string;
  load(): Promise<Command>;
}
