/**
 * Raw deflate data taken apart (RFC 1951), bit by bit: a module of its own, with its own memory, that takes the two others out of what is embedded. 1 kB, and
 * sooner done than Node has loaded its zlib. A code is how many symbols have each length, from 0 to 15 bits, then the symbols in the order of their codes.
 */

/** Position of the next bit, counted from FROM. */
const BIT: usize = 0;
/** Places while a code is made. */
const NEXT: usize = 16;
/** Bits of the codes of all symbols of a block. */
const LENGTHS: usize = 64;
const META: usize = 512;
const LITERAL: usize = 640;
const DISTANCE: usize = 1280;
const SYMBOLS: usize = 32;
/** Where the deflated bytes begin. */
const FROM: usize = 2048;

/** The next bits, at most 13, as a number. */
function take(n: i32): i32 {
  const bit = load<u32>(BIT);
  store<u32>(BIT, bit + n);
  return load<u32>(FROM + (bit >> 3)) >> (bit & 7) & ((1 << n) - 1);
}

/** The next symbol of a code. */
function symbol(code: usize): i32 {
  let bit = load<u32>(BIT), bits = load<u32>(FROM + (bit >> 3)) >> (bit & 7);
  let at = 0, first = 0, index = 0;
  for (let count = code + 2; count < code + SYMBOLS; count += 2) {
    at = at << 1 | bits & 1;
    bits >>= 1;
    bit++;
    const n = <i32>load<u16>(count);
    if (at - first < n) {
      store<u32>(BIT, bit);
      return load<u16>(code + SYMBOLS + (<usize>(index + at - first) << 1));
    }
    index += n;
    first = first + n << 1;
  }
  // no such code: the data is damaged
  return unreachable();
}

/** Makes a code from the lengths of its symbols' codes. */
function make(code: usize, lengths: usize, n: i32): void {
  memory.fill(code, 0, SYMBOLS);
  for (let s = 0; s < n; s++) {
    const count = code + (<usize>load<u8>(lengths + s) << 1);
    store<u16>(count, load<u16>(count) + 1);
  }
  store<u16>(code, 0);
  let place: u32 = 0;
  for (let b: usize = 0; b < SYMBOLS; b += 2) {
    store<u16>(NEXT + b, place);
    place += load<u16>(code + b);
  }
  for (let s = 0; s < n; s++) {
    const b = <usize>load<u8>(lengths + s) << 1;
    if (!b) continue;
    const to = load<u16>(NEXT + b);
    store<u16>(NEXT + b, to + 1);
    store<u16>(code + SYMBOLS + (<usize>to << 1), s);
  }
}

/** The two codes of a block that sends its own. */
function read(): void {
  const literals = take(5) + 257, all = literals + take(5) + 1, sent = take(4) + 4;
  memory.fill(META, 0, 19);
  for (let k = 0; k < sent; k++) {
    // 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15
    const s = k < 3 ? 16 + k : k == 3 ? 0 : k & 1 ? 9 - (k >> 1) : 6 + (k >> 1);
    store<u8>(META + s, take(3));
  }
  make(LITERAL, META, 19);
  for (let k = 0; k < all; ) {
    let value = symbol(LITERAL), times = 1;
    if (value == 16) {
      value = load<u8>(LENGTHS + k - 1);
      times = 3 + take(2);
    } else if (value > 16) {
      times = value == 17 ? 3 + take(3) : 11 + take(7);
      value = 0;
    }
    memory.fill(LENGTHS + k, <u8>value, times);
    k += times;
  }
  make(LITERAL, LENGTHS, literals);
  make(DISTANCE, LENGTHS + literals, all - literals);
}

/** The codes that every decoder knows. */
function fixed(): void {
  memory.fill(LENGTHS, 8, 288);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  make(LITERAL, LENGTHS, 288);
  memory.fill(LENGTHS, 5, 30);
  make(DISTANCE, LENGTHS, 30);
}

/** Writes from `to` on what the bytes at FROM stand for; returns where it ends. */
export function inflate(to: usize): usize {
  store<u32>(BIT, 0);
  let last: i32;
  do {
    last = take(1);
    const kind = take(2);
    if (!kind) {
      // stored: whole bytes, their number twice before them
      const at = (load<u32>(BIT) + 7 >> 3) + 4, n = load<u16>(FROM + at - 4);
      memory.copy(to, FROM + at, n);
      to += n;
      store<u32>(BIT, at + n << 3);
      continue;
    }
    if (kind == 1) fixed();
    else read();
    for (let s = symbol(LITERAL); s != 256; s = symbol(LITERAL)) {
      if (s < 256) {
        store<u8>(to++, s);
        continue;
      }
      // lengths from 3, four symbols each with one more extra bit than those before, the last for 258; distances from 1, two each
      const l = s - 257, more = l < 8 || l == 28 ? 0 : (l >> 2) - 1;
      const n = l == 28 ? 258 : l < 8 ? 3 + l : 3 + (4 + (l & 3) << more) + take(more);
      const d = symbol(DISTANCE), extra = d < 4 ? 0 : (d >> 1) - 1;
      const back = d < 4 ? 1 + d : 1 + (2 + (d & 1) << extra) + take(extra);
      // byte by byte: what is copied may reach into itself
      for (const end = to + n; to < end; to++) store<u8>(to, load<u8>(to - back));
    }
  } while (!last);
  return to;
}
