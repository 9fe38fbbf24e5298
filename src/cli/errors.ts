/** Something the user can put right: one line is printed, without a stack. */
export class CliError extends Error {
  override readonly name: string = "CliError";
}

/** The command line itself is wrong. */
export class UsageError extends CliError {
  override readonly name: string = "UsageError";
}
