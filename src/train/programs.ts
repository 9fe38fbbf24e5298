import type { Instruction, Program } from "../core/program";
import { firstDifference, type Recorder } from "../core/recorder";
import type { Module } from "../nn/module";

/** Paths of a model's parts, as random numbers go by: nothing that a minifier renames. */
export function barePaths(model: Module): (part: object | undefined) => string {
  return (part) => {
    for (const [path, m] of model.namedModules()) if (m === part) return path;
    return "(outside)";
  };
}

/** Programs kept; the least recently used goes first. */
const KEPT = 6;

interface Recorded {
  readonly program: Program;
  readonly list: readonly Instruction[];
}

/** Names of a model's parts for messages and program listings. */
export function pathsOf(model: Module): (label: object) => string {
  return (label) => {
    for (const [path, m] of model.namedModules())
      if (m === label) return path === "" ? m.constructor.name : `${path} (${m.constructor.name})`;
    return label.constructor.name;
  };
}

/** The few programs of one model, by what they were recorded for. */
export class Programs {
  private readonly kept = new Map<string, Recorded>();
  /** First differing instruction of two recordings of the same forward, once seen. */
  difference: string | undefined;

  constructor(
    private readonly model: Module,
    /** Told what temporaries will take. */
    private readonly planned?: (bytes: number) => void,
  ) {}

  /** Recorded at first need: twice, to see whether forward always does the same. undefined when it does not. */
  get(key: string, record: () => Recorder): Program | undefined {
    const known = this.kept.get(key);
    if (known !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known.program;
    }
    const first = record();
    if (!this.repeats(first, record)) {
      first.abandon();
      return undefined;
    }
    const program = first.finish(pathsOf(this.model), this.planned);
    this.kept.set(key, { program, list: [...first.instructions] });
    if (this.kept.size > KEPT) {
      const [oldest, { program: old }] = this.kept.entries().next().value!;
      old.dispose();
      this.kept.delete(oldest);
    }
    return program;
  }

  /** Whether a second recording gives the same. */
  private repeats(first: Recorder, record: () => Recorder): boolean {
    let second: Recorder | undefined;
    try {
      second = record();
      return this.same(first.instructions, second.instructions);
    } catch (error) {
      first.abandon();
      throw error;
    } finally {
      second?.abandon();
    }
  }

  /** Records once more and compares; false, and all dropped, when forward now does something else. */
  stillSame(key: string, record: () => Recorder): boolean {
    const known = this.kept.get(key);
    if (known === undefined) return true;
    const again = record();
    const same = this.same(known.list, again.instructions);
    again.abandon();
    if (!same) this.clear();
    return same;
  }

  private same(a: readonly Instruction[], b: readonly Instruction[]): boolean {
    const k = firstDifference(a, b);
    if (k < 0) return true;
    const { label } = (a[k] ?? b[k])!;
    this.difference = `instruction ${k}${label === undefined ? "" : ` in ${typeof label === "string" ? label : pathsOf(this.model)(label)}`}`;
    return false;
  }

  clear(): void {
    for (const { program } of this.kept.values()) program.dispose();
    this.kept.clear();
  }
}
