import type { Program } from "../core/program";
import type { Replay } from "./blame";
import { diagnose, diagnoseEagerly } from "./diagnose";
import type { Batch } from "./feed";
import { pathsOf } from "./programs";
import type { Shadow } from "./shadow";
import type { Trainer } from "./trainer";

/** How a run goes back to its last copy and does its steps again. `prepare` makes a step ready. */
export function replay(
  trainer: Trainer,
  shadow: Shadow,
  loss: number,
  prepare: (total: number, inParts: boolean) => { program: Program | undefined; batch: () => Batch },
): Replay {
  const { model } = trainer.parts;
  return {
    model,
    restore: () => shadow.restore().total,
    again: (total) => {
      const { program, batch } = prepare(total, false);
      if (program === undefined) trainer.eager(true, batch);
      else trainer.run(program, 1);
    },
    explain: (total, culprit) => {
      const { program, batch } = prepare(total, true);
      const failure = { step: total + 1, loss, culprit };
      if (program !== undefined) return diagnose(program, failure);
      return diagnoseEagerly(failure, pathsOf(model), (marks) => trainer.eager(true, batch, marks));
    },
  };
}
