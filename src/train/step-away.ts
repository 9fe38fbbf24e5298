import type { Program } from "../core/program";
import { diagnose } from "./diagnose";
import type { Batch } from "./feed";
import { insist } from "./insist";
import { searchStep } from "./search";
import type { Shadow } from "./shadow";
import type { Trainer } from "./trainer";

interface Step {
  readonly trainer: Trainer;
  readonly shadow: Shadow;
  readonly program: Program;
  /** Instruction its update begins with. */
  readonly update: number;
  readonly batch: () => Batch;
  /** Steps done before. */
  readonly steps: number;
}

/** One training step by workers, its batch in place; resolves with the loss. Where it fails, or a worker ends in the middle of it, the model is as before. */
export async function stepAway({ trainer, shadow, program, update, batch, steps }: Step): Promise<number> {
  shadow.take({ epoch: 0, step: 0, total: 0 });
  trainer.fillRow(-1, 0, steps, true);
  const failed = (loss: number) => diagnose(program, { step: steps + 1, loss });
  if (trainer.optimizer!.search !== undefined) {
    const run = async (p: Program) => void (await shadow.during(p.onTeam()!));
    await insist(() => searchStep(trainer, program, batch, run, failed, shadow));
    return trainer.figure(0, 0);
  }
  const done = await insist(
    () => shadow.during(trainer.guardedAway(program, update)),
    () => shadow.restore(),
  );
  const loss = trainer.figure(0, 0);
  if (done) return loss;
  shadow.restore();
  trainer.fillRow(-1, 0, steps, false);
  throw failed(loss);
}
