import { isWritten, type Opcode, type Operand, watching } from "../core/emit";
import { NonFiniteError } from "../core/errors";
import { INSTRUCTIONS } from "../core/instructions";
import { lineOf } from "../core/line";
import type { Program } from "../core/program";
import { location } from "../core/recorder";
import type { Tensor } from "../tensor/tensor";
import { firstBad } from "./blame";
import type { Marks } from "./body";

const badItem = (operand: Operand): number | undefined =>
  // operands of ops are the tensors themselves: their dtype tells integers from floats
  typeof operand !== "number" && (operand as Tensor).dtype === "f32" ? firstBad(operand as Tensor) : undefined;

/** First non-finite value among the results of an instruction, if any. */
function badResult(op: Opcode, operands: readonly Operand[]): number | undefined {
  for (const [k, operand] of operands.entries()) {
    const value = isWritten(op, k) ? badItem(operand) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Whether an instruction reads rows of the data in place, and they are not finite. */
const readsBadData = (operands: readonly Operand[]): boolean =>
  operands.some((o) => typeof o !== "number" && o.storage.kind === "data" && badItem(o) !== undefined);

function cause(text: string, layer: string): string {
  const name = text.split(" ", 1)[0]!;
  if (layer === "input") return "the data itself holds NaN or Infinity";
  if (name === "log") return "a logarithm of 0 or of a negative number: clamp its input, or use a loss on logits";
  if (name === "div" || name === "reciprocal") return "a division by 0: add a small constant to the denominator";
  if (name === "exp") return "an exponential overflowed: its input is above 88; use softmax, sigmoid or a loss on logits";
  if (/ kind=(binary|probability) /.test(text))
    return "a loss on probabilities got an output outside 0 to 1: end the model in Sigmoid or Softmax, or use a loss on logits (bceWithLogits, crossEntropy)";
  if (name === "sqrt") return "a square root of a negative number";
  if (layer === "optimizer") return "the update overflowed: lower the learning rate or clip the gradients";
  return "values grew beyond what 32-bit floats hold, mostly by a learning rate that is too high: lower it, or scale the inputs";
}

export interface Failure {
  /** Counted from 1. */
  readonly step: number;
  readonly loss: number;
  /** The parameter that the update of this step spoilt, where its loss was finite. */
  readonly culprit?: string | undefined;
}

function describe({ step, loss, culprit }: Failure, value: number | string, text: string, layer: string): NonFiniteError {
  const name = text.split(" ", 1)[0]!;
  const where = layer === "" ? "" : ` in ${layer}`;
  const spoilt = culprit === undefined ? "" : `, and ${culprit} with it`;
  return new NonFiniteError(
    `training became non-finite at step ${step} (loss ${loss}): the first ${value} came from "${name}"${where}${spoilt}. ` +
      `Likely cause: ${cause(text, layer)}. The model is as after step ${step - 1}.`,
    step - 1,
    layer,
    text,
  );
}

/**
 * Runs the gradient section of the failing step instruction by instruction and describes the first that gives a non-finite value. Call it with everything as it was
 * before that step, and its row filled; parameters and buffers stay as they are.
 */
export function diagnose(program: Program, failure: Failure): NonFiniteError {
  const end = program.begin("state");
  for (let k = 0; k < end; k++) {
    program.run(k, k + 1);
    const { op, operands } = program.instructions[k]!;
    const value = badResult(op, operands);
    if (value !== undefined) return describe(failure, value, program.line(k), readsBadData(operands) ? "input" : program.layer(k));
  }
  // the optimizer's own instruction: what is done to gradients comes before it
  const update = program.instructions.findIndex((i) => i.section === "update" && INSTRUCTIONS[i.op].rest?.[0] === "p:rw");
  if (failure.culprit === undefined || update < 0) return plainNonFinite(failure);
  return describe(failure, "non-finite value", program.line(update), program.layer(update));
}

/** The same for a step that is not recorded: `run` does it, its update included. */
export function diagnoseEagerly(
  failure: Failure,
  pathOf: (label: object) => string,
  run: (marks: Omit<Marks, "updates">) => void,
): NonFiniteError {
  const marks: Omit<Marks, "updates"> = { section: "gradient", label: undefined };
  let found: NonFiniteError | undefined;
  const watch = (op: Opcode, operands: readonly Operand[]) => {
    const value = badResult(op, operands);
    if (value === undefined) return;
    const label = readsBadData(operands) ? "input" : (location.stack.at(-1) ?? marks.label);
    const layer = label === undefined ? "" : typeof label === "string" ? label : pathOf(label);
    found = describe(failure, value, lineOf({ op, operands }), layer);
    throw found;
  };
  try {
    watching(watch, () => run(marks));
  } catch (error) {
    if (found === undefined) throw error;
  }
  return found ?? plainNonFinite(failure);
}

/** Where no instruction can be named: the step gave finite values when it was done again. */
export function plainNonFinite({ step, loss }: Failure): NonFiniteError {
  return new NonFiniteError(
    `training became non-finite at step ${step} (loss ${loss}). ` +
      "Likely cause: a learning rate that is too high, or a loss of values it is not defined for.",
    step - 1,
    "",
    "",
  );
}
