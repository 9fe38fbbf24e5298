import { NeuriteError } from "../../index";
import type { Command } from "../command";
import { CliError } from "../errors";

/** What the library refuses is the user's to put right: its message without a stack. */
export function friendly(run: Command["run"]): Command["run"] {
  return async (args, io) => {
    try {
      return await run(args, io);
    } catch (error) {
      io.progress("");
      if (error instanceof NeuriteError) throw new CliError(error.message, { cause: error });
      throw error;
    }
  };
}
