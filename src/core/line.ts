import { Act, Op, Pair } from "../../assembly/opcodes";
import { type Opcode, type Operand, operandAt } from "./emit";
import { INSTRUCTIONS } from "./instructions";
import type { Program } from "./program";

interface Bare {
  readonly op: Opcode;
  readonly operands: readonly Operand[];
}

/** Floating-point operations of one instruction. */
export function flopsOf({ op, operands }: Bare): number {
  return INSTRUCTIONS[op].flops((name) => {
    const k = INSTRUCTIONS[op].operands.findIndex((o) => o.startsWith(`${name}:`));
    return operands[k] as number;
  });
}

/** One instruction, readable. */
export function lineOf({ op, operands }: Bare): string {
  const parts = operands.map((operand, k) => {
    const { name, kind } = operandAt(op, k);
    if (name === "kind" && (op === Op.PAIR_LOSS || op === Op.PAIR_LOSS_GRAD)) return `kind=${Pair[operand as number]!.toLowerCase()}`;
    if (name === "act") return operand === Act.NONE ? "" : `act=${Act[operand as number]!.toLowerCase()}`;
    if (typeof operand === "number") return kind === "n" || kind === "f" ? `${name}=${operand}` : "";
    const place = operand.storage.plan >= 0 ? `t${operand.storage.plan}` : `@${operand.storage.address}`;
    return kind === "s" ? "" : `${name}=${place}${operand.offset === 0 ? "" : `+${operand.offset}`}`;
  });
  const flops = flopsOf({ op, operands });
  return `${INSTRUCTIONS[op].name} ${parts.filter((p) => p !== "").join(" ")}${flops > 0 ? `  ${flops} flop` : ""}`;
}

/** A line an instruction, and what the program needs. */
export function listing(program: Program): string {
  const lines: string[] = [];
  let section = "";
  for (const [k, i] of program.instructions.entries()) {
    if (i.section !== section) lines.push(`${i.section}:`);
    section = i.section;
    const layer = program.layer(k);
    lines.push(`  ${String(k).padStart(3)}  ${program.line(k)}${layer === "" ? "" : `  ; ${layer}`}`);
  }
  const { instructions, totalFlops, bytes, unplannedBytes } = program;
  lines.push(
    `${instructions.length} instructions, ${totalFlops} flop a step, ${bytes} bytes of temporaries (${unplannedBytes} without reuse)`,
  );
  return lines.join("\n");
}
