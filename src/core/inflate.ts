/**
 * Raw deflate data taken apart (RFC 1951): by Node's own zlib where there is one, which costs a fifth, else here. Both give the same.
 */

interface Zlib {
  inflateRawSync(bytes: Uint8Array): Uint8Array;
}
interface Host {
  readonly process?: { getBuiltinModule?: (name: string) => unknown };
}

/** `size` bytes from deflated ones. */
export function inflate(deflated: Uint8Array, size: number): Uint8Array {
  const zlib = (globalThis as Host).process?.getBuiltinModule?.("node:zlib") as Zlib | undefined;
  return zlib === undefined ? inflateHere(deflated, size) : zlib.inflateRawSync(deflated);
}

/** Most bits of a code. */
const BITS = 15;
/** Order in which the lengths of the code of code lengths are sent. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical Huffman code: how many symbols have a code of each length, and the symbols in the order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(BITS + 1);
  for (let s = 0; s < lengths.length; s++) counts[lengths[s]!]!++;
  counts[0] = 0;
  const next = new Uint16Array(BITS + 2);
  for (let b = 1; b <= BITS; b++) next[b + 1] = next[b]! + counts[b]!;
  const symbols = new Uint16Array(lengths.length);
  for (let s = 0; s < lengths.length; s++) if (lengths[s]! > 0) symbols[next[lengths[s]!]!++] = s;
  return { counts, symbols };
}

/** The smallest value of each symbol of a length or a distance, `each` symbols having one more extra bit than those before. */
function bases(first: number, each: number, symbols: number): { base: number[]; extra: number[] } {
  const base: number[] = [];
  const extra = Array.from({ length: symbols }, (_, s) => Math.max(0, Math.floor(s / each) - 1));
  for (let s = 0, at = first; s < symbols; at += 2 ** extra[s++]!) base.push(at);
  return { base, extra };
}

/** The same in TypeScript, bit by bit. */
export function inflateHere(from: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  const lengths = bases(3, 4, 28);
  lengths.base.push(258);
  lengths.extra.push(0);
  const distances = bases(1, 2, 30);
  let [at, bit, to] = [0, 0, 0];
  const take = (n: number): number => {
    let value = 0;
    for (let k = 0; k < n; k++, bit++) value |= ((from[bit >> 3]! >> (bit & 7)) & 1) << k;
    return value;
  };
  const symbol = ({ counts, symbols }: Code): number => {
    for (let b = 1, code = 0, first = 0, index = 0; b <= BITS; b++, bit++) {
      code |= (from[bit >> 3]! >> (bit & 7)) & 1;
      const count = counts[b]!;
      if (code - first < count) {
        bit++;
        return symbols[index + code - first]!;
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError("deflated data is damaged: no such code");
  };
  /** The two codes of a block that sends its own. */
  const own = (): [Code, Code] => {
    const [literals, dists, sent] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const meta = new Uint8Array(ORDER.length);
    for (let k = 0; k < sent; k++) meta[ORDER[k]!] = take(3);
    const code = codeOf(meta);
    const all = new Uint8Array(literals + dists);
    for (let k = 0; k < all.length; ) {
      const s = symbol(code);
      const [value, times] = s < 16 ? [s, 1] : s === 16 ? [all[k - 1]!, 3 + take(2)] : [0, s === 17 ? 3 + take(3) : 11 + take(7)];
      all.fill(value, k, k + times);
      k += times;
    }
    return [codeOf(all.subarray(0, literals)), codeOf(all.subarray(literals))];
  };
  const fixed = (): [Code, Code] => [
    codeOf(Uint8Array.from({ length: 288 }, (_, s) => (s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8))),
    codeOf(new Uint8Array(30).fill(5)),
  ];
  for (let last = 0; last === 0; ) {
    last = take(1);
    const kind = take(2);
    if (kind === 0) {
      // stored: whole bytes, their number twice before them
      at = ((bit + 7) >> 3) + 4;
      const n = from[at - 4]! | (from[at - 3]! << 8);
      out.set(from.subarray(at, at + n), to);
      to += n;
      bit = 8 * (at + n);
      continue;
    }
    const [literal, distance] = kind === 1 ? fixed() : own();
    for (let s = symbol(literal); s !== 256; s = symbol(literal)) {
      if (s < 256) {
        out[to++] = s;
        continue;
      }
      const n = lengths.base[s - 257]! + take(lengths.extra[s - 257]!);
      const d = symbol(distance);
      const back = distances.base[d]! + take(distances.extra[d]!);
      // byte by byte: what is copied may reach into itself
      for (let k = 0; k < n; k++, to++) out[to] = out[to - back]!;
    }
  }
  return out;
}
