import { dtypes, KINDS, type SafeDType } from "./dtypes";

/** An entry of a safetensors header; its items are bytes begin to end of what follows the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafeDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: readonly HeaderEntry[];
}

type Fail = (why: string) => Error;

/**
 * Reads the JSON of a header. Its grammar is so small that it is read by hand: JSON.parse takes names that stand twice, any depth, and `__proto__`. `fail` makes the
 * error.
 */
class Scanner {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly fail: Fail,
  ) {}

  wrong(expected: string): Error {
    const found = this.at < this.text.length ? JSON.stringify(this.text.slice(this.at, this.at + 20)) : "its end";
    return this.fail(`the header is not as it should be: expected ${expected} at character ${this.at}, found ${found}`);
  }

  private space(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
  }

  /** Whether this character comes next, which is then passed. */
  private next(c: string): boolean {
    this.space();
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  private expect(c: string): void {
    if (!this.next(c)) throw this.wrong(`"${c}"`);
  }

  string(): string {
    this.space();
    const from = this.at;
    if (this.text[from] !== '"') throw this.wrong("a string");
    let end = from + 1;
    for (; end < this.text.length && this.text[end] !== '"'; end++) if (this.text[end] === "\\") end++;
    try {
      const value = JSON.parse(this.text.slice(from, end + 1)) as string;
      this.at = end + 1;
      return value;
    } catch {
      throw this.wrong("a string");
    }
  }

  integer(): number {
    this.space();
    const digits = /^(0|[1-9]\d*)(?![\d.eE])/.exec(this.text.slice(this.at, this.at + 30))?.[1];
    if (digits === undefined || !Number.isSafeInteger(Number(digits))) throw this.wrong("a whole number from 0 to 2^53 - 1");
    this.at += digits.length;
    return Number(digits);
  }

  integers(): number[] {
    const list: number[] = [];
    this.expect("[");
    if (this.next("]")) return list;
    do list.push(this.integer());
    while (this.next(","));
    this.expect("]");
    return list;
  }

  /** The members of an object, each of whose values `value` reads. A name twice is an error. */
  object(what: string, value: (name: string) => void): void {
    const seen = new Set<string>();
    this.expect("{");
    if (this.next("}")) return;
    do {
      const name = this.string();
      if (seen.has(name)) throw this.fail(`${what} ${JSON.stringify(name)} stands twice in the header`);
      seen.add(name);
      this.expect(":");
      value(name);
    } while (this.next(","));
    this.expect("}");
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.wrong("nothing but spaces");
  }
}

/** Items of a shape; Infinity where there are more than numbers count. */
function sizeOf(shape: readonly number[]): number {
  // 0 times Infinity is NaN
  const n = shape.includes(0) ? 0 : shape.reduce((product, d) => product * d, 1);
  return Number.isSafeInteger(n) ? n : Infinity;
}

function entry(s: Scanner, name: string, fail: Fail): HeaderEntry {
  const entryFails = (why: string) => fail(`entry ${JSON.stringify(name)}: ${why}`);
  let [dtype, shape, offsets] = ["", undefined as number[] | undefined, undefined as number[] | undefined];
  s.object(`in entry ${JSON.stringify(name)}, the field`, (field) => {
    if (field === "dtype") dtype = s.string();
    else if (field === "shape") shape = s.integers();
    else if (field === "data_offsets") offsets = s.integers();
    else throw entryFails(`unknown field ${JSON.stringify(field)}; known are dtype, shape, data_offsets`);
  });
  if (dtype === "" || shape === undefined || offsets === undefined) throw entryFails("dtype, shape and data_offsets are needed");
  if (!Object.hasOwn(KINDS, dtype))
    throw entryFails(`items of type ${JSON.stringify(dtype)} cannot be read; convert them to one of ${dtypes().join(", ")} before saving`);
  const [begin = 0, end = 0] = offsets;
  if (offsets.length !== 2 || begin > end) throw entryFails(`data_offsets must be [begin, end], got [${offsets.join(", ")}]`);
  const bytes = sizeOf(shape) * KINDS[dtype as SafeDType].bytes;
  if (bytes !== end - begin)
    throw entryFails(
      `shape [${shape.join(", ")}] of ${dtype} takes ${bytes} bytes, its data_offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  return { name, dtype: dtype as SafeDType, shape, begin, end };
}

/** Checks that entries lie one after the other, from 0 to `bytes`. */
function checkPlaces(entries: readonly HeaderEntry[], bytes: number, fail: Fail): void {
  let [at, before] = [0, "the header"];
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) throw fail(`entry ${JSON.stringify(name)} begins at byte ${begin}, within ${before}, which ends at ${at}`);
    if (begin > at) throw fail(`bytes ${at} to ${begin} belong to no entry: ${JSON.stringify(name)} begins at ${begin}`);
    [at, before] = [end, `entry ${JSON.stringify(name)}`];
  }
  if (at > bytes) throw fail(`the file is cut short: ${before} ends at byte ${at} of the data, the file has ${bytes}; copy it anew`);
  if (at < bytes) throw fail(`${bytes - at} bytes follow the last entry, and belong to none`);
}

/** The header whose JSON this is, checked against so many bytes of data. */
export function parseHeader(text: string, bytes: number, fail: Fail): Header {
  const s = new Scanner(text, fail);
  const metadata = new Map<string, string>();
  const entries: HeaderEntry[] = [];
  s.object("the entry", (name) => {
    if (name === "__metadata__") s.object("in __metadata__, the name", (key) => void metadata.set(key, s.string()));
    else entries.push(entry(s, name, fail));
  });
  s.end();
  checkPlaces(entries, bytes, fail);
  return { metadata, entries };
}
