import { parseArgs } from "node:util";
import { UsageError } from "./errors";

export interface OptionSpec {
  /** What stands for the value in the help; an option without one is a switch. */
  readonly value?: string;
  /** May stand without its value, which is then "". */
  readonly optional?: boolean;
  readonly multiple?: boolean;
  readonly short?: string;
  readonly help: string;
}
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S extends { value: string } ? (S extends { multiple: true } ? string[] : string | undefined) : boolean;
export type Values<S extends OptionSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** Least number of letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}

/** "; did you mean X?" where one of the names is near. */
export function suggestion(wrong: string, names: readonly string[]): string {
  const [best] = names.map((name) => ({ name, d: distance(wrong, name) })).sort((a, b) => a.d - b.d);
  return best !== undefined && best.d <= Math.max(2, wrong.length / 3) ? `; did you mean ${best.name}?` : "";
}

/** Reads the arguments of a command that takes words without an option too, `words` their names in order. Throws UsageError on whatever the specs do not name. */
export function parseWords<S extends OptionSpecs>(args: readonly string[], specs: S, words: readonly string[]): [Values<S>, string[]] {
  return read(args, specs, words);
}

/** Reads the arguments of a command that has options alone. Throws UsageError on whatever the specs do not name. */
export function parseOptions<S extends OptionSpecs>(args: readonly string[], specs: S): Values<S> {
  return read(args, specs, [])[0];
}

function read<S extends OptionSpecs>(args: readonly string[], specs: S, places: readonly string[]): [Values<S>, string[]] {
  const names = Object.keys(specs);
  // an option whose value is optional takes the next word unless that is an option
  const words = args.map((word, k) => {
    const optional = word.startsWith("--") && specs[word.slice(2)]?.optional;
    return optional && (args[k + 1] === undefined || args[k + 1]!.startsWith("-")) ? `${word}=` : word;
  });
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, s]) => [
      name,
      { type: s.value === undefined ? ("boolean" as const) : ("string" as const), ...(s.short === undefined ? {} : { short: s.short }) },
    ]),
  );
  const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(specs).map(([name, s]) => [name, s.multiple ? [] : s.value === undefined ? false : undefined]),
  );
  const given: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (given.length === places.length) throw new UsageError(`unexpected argument ${token.value}; options begin with --`);
      given.push(token.value);
    }
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined)
      throw new UsageError(
        `unknown option ${token.rawName}${suggestion(
          token.rawName,
          names.map((n) => `--${n}`),
        )}`,
      );
    if (spec.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value`);
      values[token.name] = true;
    } else if (token.value === undefined || (token.value === "" && !spec.optional))
      throw new UsageError(`--${token.name} needs a value: --${token.name} ${spec.value}`);
    else if (!token.inlineValue && token.value.startsWith("-") && token.value.length > 1)
      throw new UsageError(`--${token.name} needs a value, got the option ${token.value}`);
    else if (spec.multiple) (values[token.name] as string[]).push(token.value);
    else values[token.name] = token.value;
  }
  return [values as Values<S>, given];
}

/** A line an option, wrapped. */
export function helpOf(specs: OptionSpecs, width = 100): string {
  const heads = Object.entries(specs).map(([name, s]) => {
    const value = s.value === undefined ? "" : s.optional ? ` [${s.value}]` : ` ${s.value}`;
    return `  ${s.short === undefined ? "" : `-${s.short}, `}--${name}${value}`;
  });
  const column = Math.min(34, Math.max(...heads.map((h) => h.length)) + 2);
  const lines = Object.values(specs).map(({ help }, k) => {
    const rows = [""];
    for (const word of help.split(" ")) {
      if (rows.at(-1)!.length + word.length > width - column) rows.push("");
      rows[rows.length - 1] += `${rows.at(-1) === "" ? "" : " "}${word}`;
    }
    const head = heads[k]!;
    const first = head.length + 2 > column ? `${head}\n${" ".repeat(column)}` : head.padEnd(column);
    return first + rows.join(`\n${" ".repeat(column)}`);
  });
  return lines.join("\n");
}
