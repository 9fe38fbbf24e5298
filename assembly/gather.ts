import { float, int, opcode, ptr } from "./instruction";
import { copyWords } from "./movement";
import { CHUNK, Op, Source } from "./opcodes";
import { storeLanes } from "./simd";

/** Fewest columns of a tile of SCATTER_ADD_ROWS. */
const SCATTER_COLUMNS: i32 = 64;

export function gather_tiles(i: usize): u32 {
  if (opcode(i) == Op.GATHER_ROWS) {
    const rows = int(i, 4), cols = int(i, 5);
    if (rows <= 0 || cols <= 0) return 0;
    const per = gatherRows(cols);
    return <u32>((rows + per - 1) / per);
  }
  const rows = int(i, 3), cols = int(i, 4);
  if (rows <= 0 || cols <= 0) return 0;
  const per = scatterColumns(rows);
  return <u32>((cols + per - 1) / per);
}

// @ts-ignore: decorator
@inline function gatherRows(cols: i32): i32 { return max(CHUNK / cols, 1); }

// @ts-ignore: decorator
@inline function scatterColumns(rows: i32): i32 { return max((CHUNK / rows) & ~15, SCATTER_COLUMNS); }

/**
 * out[r, :] = source[index[*cursor + r], :], operands: out source index cursor rows cols kind scale offset.
 * Source.WORD copies words; Source.U8 gives f32(byte) * scale + offset, the product and the sum each rounded, in both builds.
 */
export function gather_rows(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 5), per = gatherRows(cols), cursor = ptr(i, 3), source = ptr(i, 1);
  const first = <i32>tile * per, rows = min(per, int(i, 4) - first);
  const rowBytes = <usize>cols << 2;
  let index = ptr(i, 2) + (<usize>first << 2);
  if (cursor) index += <usize>load<u32>(cursor) << 2;
  const end = index + (<usize>rows << 2);
  let out = ptr(i, 0) + <usize>first * rowBytes;
  if (int(i, 6) == Source.U8) {
    const scale = f32x4.splat(float(i, 7)), offset = f32x4.splat(float(i, 8));
    for (; index < end; index += 4, out += rowBytes) {
      widen(out, source + <usize>load<u32>(index) * <usize>cols, cols, scale, offset);
    }
  } else if (cols == 1) {
    for (; index < end; index += 4, out += 4) store<u32>(out, load<u32>(source + (<usize>load<u32>(index) << 2)));
  } else if (cols == 4) {
    for (; index < end; index += 4, out += 16) v128.store(out, v128.load(source + (<usize>load<u32>(index) << 4)));
  } else {
    for (; index < end; index += 4, out += rowBytes) copyWords(out, source + <usize>load<u32>(index) * rowBytes, cols);
  }
}

/** Four bytes, already widened to i32, as f32 * scale + offset. */
// @ts-ignore: decorator
@inline function scaled(v: v128, scale: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(v), scale), offset);
}

/** n bytes at `x` to n floats. */
// @ts-ignore: decorator
@inline function widen(out: usize, x: usize, n: i32, scale: v128, offset: v128): void {
  for (; n >= 16; n -= 16, x += 16, out += 64) {
    const bytes = v128.load(x);
    const low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
    v128.store(out, scaled(i32x4.extend_low_i16x8_u(low), scale, offset));
    v128.store(out, scaled(i32x4.extend_high_i16x8_u(low), scale, offset), 16);
    v128.store(out, scaled(i32x4.extend_low_i16x8_u(high), scale, offset), 32);
    v128.store(out, scaled(i32x4.extend_high_i16x8_u(high), scale, offset), 48);
  }
  for (; n > 0; n -= 4, x += 4, out += 16) {
    const v = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x)));
    storeLanes(out, scaled(v, scale, offset), n);
  }
}

/**
 * out[index[r], :] += x[r, :], operands: out x index rows cols. A tile is a block of columns with all the rows, taken in ascending order,
 * so that rows with the same index are added in that order whatever the tiles' order.
 */
export function scatter_add_rows(i: usize, tile: u32, lane: u32): void {
  const rows = int(i, 3), cols = int(i, 4), per = scatterColumns(rows);
  const column = <i32>tile * per, n = min(per, cols - column);
  const rowBytes = <usize>cols << 2;
  const out = ptr(i, 0) + (<usize>column << 2);
  let x = ptr(i, 1) + (<usize>column << 2), index = ptr(i, 2);
  for (const end = index + (<usize>rows << 2); index < end; index += 4, x += rowBytes) {
    let to = out + <usize>load<u32>(index) * rowBytes, from = x, c = n;
    for (; c >= 4; c -= 4, to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    if (c > 0) storeLanes(to, f32x4.add(v128.load(to), v128.load(from)), c);
  }
}
