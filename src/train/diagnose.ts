import { NonFiniteError } from "../core/errors";
import { operandAt, type Program } from "../core/program";
import { heap } from "../core/runtime";
import type { Tensor } from "../tensor/tensor";

/** First non-finite value among the results of an instruction, if any. */
function bad(program: Program, index: number): number | undefined {
  const { op, operands } = program.instructions[index]!;
  for (const [k, operand] of operands.entries()) {
    if (typeof operand === "number" || !operandAt(op, k).kind.includes("w")) continue;
    const t = operand as Tensor;
    // operands of ops are the tensors themselves: their dtype tells integers from floats
    if (t.dtype !== "f32") continue;
    const at = (t.storage.address + t.offset) / 4;
    const { f32 } = heap();
    for (let j = at; j < at + t.size; j++) if (!Number.isFinite(f32[j]!)) return f32[j]!;
  }
  return undefined;
}

function cause(name: string, layer: string, index: number): string {
  if (layer === "input") return "the data itself holds NaN or Infinity";
  if (name === "log") return "a logarithm of 0 or of a negative number: clamp its input, or use a loss on logits";
  if (name === "div" || name === "reciprocal") return "a division by 0: add a small constant to the denominator";
  if (name === "exp") return "an exponential overflowed: its input is above 88; use softmax, sigmoid or a loss on logits";
  if (name === "sqrt") return "a square root of a negative number";
  if (name === "adam" || name === "sgd") return "the update overflowed: lower the learning rate or clip the gradients";
  return index < 0
    ? ""
    : "values grew beyond what 32-bit floats hold, mostly by a learning rate that is too high: lower it, or scale the inputs";
}

/**
 * Runs the failing step instruction by instruction, up to the update, and describes the first that gives a non-finite value.
 * Call it with everything as it was before that step, and its row filled.
 */
export function diagnose(program: Program, step: number, loss: number): NonFiniteError {
  const end = program.instructions.length;
  const update = program.begin("update");
  for (let k = 0; k < end; k++) {
    if (k < update) program.run(k, k + 1);
    const value = k < update ? bad(program, k) : undefined;
    if (value === undefined) continue;
    const text = program.line(k);
    const layer = program.layer(k);
    const name = text.slice(0, text.indexOf(" "));
    return new NonFiniteError(
      `training became non-finite at step ${step} (loss ${loss}): the first ${value} came from "${name}" in ${layer}. ` +
        `Likely cause: ${cause(name, layer, k)}. The model is as after step ${step - 1}.`,
      step - 1,
      layer,
      text,
    );
  }
  return plainNonFinite(step, loss);
}

/** The same without knowing where: for steps that are not recorded. */
export function plainNonFinite(step: number, loss: number): NonFiniteError {
  return new NonFiniteError(
    `training became non-finite at step ${step} (loss ${loss}). Likely cause: a learning rate that is too high, or a loss of values it is not defined for.`,
    step - 1,
    "",
    "",
  );
}
