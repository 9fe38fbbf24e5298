/** One setting: what it is at first, and how it is written in a link. `read` throws for what cannot be. */
export interface Field<T> {
  readonly initial: T;
  read(text: string): T;
  write(value: T): string;
}

export type Schema = Readonly<Record<string, Field<never>>>;
export type Settings<S> = { -readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never };

export interface NumberField extends Field<number> {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export interface ChoiceField<T extends string> extends Field<T> {
  readonly values: readonly T[];
}

/** A number within bounds; `step` is that of its input, and a step of 1 or more asks for whole numbers. */
export function number(initial: number, min: number, max: number, step: number): NumberField {
  const read = (text: string) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= min && value <= max) || (step >= 1 && !Number.isInteger(value)))
      throw new RangeError(`expected ${step >= 1 ? "a whole number" : "a number"} from ${min} to ${max}, got "${text}"`);
    return value;
  };
  return { initial, min, max, step, read, write: (value) => String(Number(value.toPrecision(6))) };
}

export function choice<const T extends string>(initial: NoInfer<T>, values: readonly T[]): ChoiceField<T> {
  const read = (text: string) => {
    if (!(values as readonly string[]).includes(text)) throw new RangeError(`expected one of ${values.join(", ")}, got "${text}"`);
    return text as T;
  };
  return { initial, values, read, write: (value) => value };
}

export function flag(initial: boolean): Field<boolean> {
  const read = (text: string) => {
    if (text !== "0" && text !== "1") throw new RangeError(`expected 0 or 1, got "${text}"`);
    return text === "1";
  };
  return { initial, read, write: (value) => (value ? "1" : "0") };
}

/** Whole numbers, joined by hyphens. */
export function sizes(initial: readonly number[], most: number, max: number): Field<readonly number[]> {
  const read = (text: string) => {
    if (text === "") return [];
    const values = text.split("-").map(Number);
    if (values.length > most || !values.every((n) => Number.isInteger(n) && n >= 1 && n <= max))
      throw new RangeError(`expected at most ${most} layers of 1 to ${max} units, got "${text}"`);
    return values;
  };
  return { initial, read, write: (values) => values.join("-") };
}

export function defaults<S extends Readonly<Record<string, Field<unknown>>>>(schema: S): Settings<S> {
  return Object.fromEntries(Object.entries(schema).map(([name, { initial }]) => [name, initial])) as Settings<S>;
}
