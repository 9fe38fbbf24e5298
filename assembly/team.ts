/**
 * Several lanes run one list of steps together. Each calls `work` with the same control block; who comes late joins in, and nobody waits for a lane that has
 * claimed nothing.
 *
 * The baton: exactly one lane at a time goes on through the program. Instructions of one tile it runs by itself; one of several tiles it puts on offer, and whoever
 * finishes the last of these has the baton from there.
 *
 * An offer is a word for each lane, its share of the tiles: the instruction's address above, first and end of what is left below. A lane takes from the front of its own
 * share, so that it meets the same part of weights and moments in every step, and when that is empty from the back of the others'. Claims are made by compare and
 * exchange of the whole word: a lane that looked at an older offer can neither take from a newer one by mistake nor touch a program that is no more.
 *
 * A lane with nothing to claim looks for a while, then sleeps: where other processes want this core, spinning would keep from it the very lane that is waited for.
 */
import { AGAIN, takesWhole } from "./gemm/plan";
import { byteLength, tileCount } from "./instruction";
import { dispatch, run } from "./interpreter";
import { Team } from "./opcodes";

/** Tiles that a share can count. */
// @ts-ignore: decorator
@inline const MOST_TILES: u32 = 0xffff;
// @ts-ignore: decorator
@inline const FINISHED: i32 = 1;

// @ts-ignore: decorator
@inline function word(c: usize, k: i32): usize { return <usize>load<u32>(c + (<usize>k << 2)); }
/** A lane's share, on a line of its own. */
// @ts-ignore: decorator
@inline function shareOf(c: usize, lane: u32): usize { return c + (Team.SHARES << 2) + (<usize>lane << 6); }

/** Wakes who sleeps, after something has changed. */
function tell(c: usize): void {
  // a sleeper counts itself before it looks at the number of changes a last time
  atomic.add<u32>(c + (Team.CHANGES << 2), 1);
  if (atomic.load<u32>(c + (Team.SLEEPERS << 2))) atomic.notify(c + (Team.CHANGES << 2), -1);
}

function offer(c: usize, i: usize, tiles: u32): void {
  const lanes = <u32>word(c, Team.LANES);
  atomic.store<u32>(c + (Team.DONE << 2), 0);
  for (let l: u32 = 0, first: u32 = 0; l < lanes; l++) {
    const end = tiles * (l + 1) / lanes;
    atomic.store<u64>(shareOf(c, l), (<u64>i << 32) | (first << 16) | end);
    first = end;
  }
  tell(c);
}

function finish(c: usize, steps: u32): void {
  store<u32>(c + (Team.RESULT << 2), steps);
  atomic.cmpxchg<i32>(c + (Team.STATE << 2), 0, FINISHED);
  tell(c);
}

/** Goes on with the baton from instruction `i`, 0: from the beginning of a step, until there is something to share or nothing to do. */
function proceed(c: usize, i: usize, lane: u32): void {
  const from = word(c, Team.FROM), update = word(c, Team.UPDATE), to = word(c, Team.TO), row = word(c, Team.ROW), guard = word(c, Team.GUARD);
  const bytes = word(c, Team.ROW_BYTES);
  let step = <u32>word(c, Team.STEP);
  let end = word(c, Team.STEP_END);
  while (true) {
    if (!i) {
      if (step == <u32>word(c, Team.COUNT)) return finish(c, step);
      const table = word(c, Team.TABLE) + step * bytes;
      for (let b: usize = 0; b < bytes; b += 16) v128.store(row + b, v128.load(table + b));
      end = guard || load<u32>(row) & 1 ? to : update;
      store<u32>(c + (Team.STEP_END << 2), <u32>end);
      i = from;
    }
    while (i < end) {
      if (guard && i == update && !isFinite(load<f32>(guard))) return finish(c, step);
      const next = i + byteLength(i), tiles = tileCount(i);
      if (tiles > 1 && tiles <= MOST_TILES) return offer(c, i, tiles);
      run(i, next, lane, 0);
      i = next;
    }
    store<u32>(c + (Team.STEP << 2), ++step);
    i = 0;
  }
}

/** Works until all is done; returns the number of steps run to their end, 0 where the work was given up. */
export function work(c: usize, lane: u32): u32 {
  const lanes = <u32>word(c, Team.LANES), patience = word(c, Team.PATIENCE);
  if (!atomic.cmpxchg<i32>(c + (Team.BATON << 2), 0, 1)) proceed(c, 0, lane);
  while (true) {
    // before shares are looked at: what comes later will have changed it
    const changes = atomic.load<i32>(c + (Team.CHANGES << 2));
    const state = atomic.load<i32>(c + (Team.STATE << 2));
    if (state) return state == FINISHED ? load<u32>(c + (Team.RESULT << 2)) : 0;
    // from the first claim on the offer is of this instruction: it is not done before these tiles are
    let mine: u32 = 0, i: usize = 0, again: u32 = 0;
    for (let k: u32 = 0; k < lanes; k++) {
      const share = shareOf(c, (lane + k) % lanes);
      let seen = atomic.load<u64>(share);
      while (true) {
        const first = <u32>seen >> 16, end = <u32>seen & MOST_TILES;
        if (first >= end) break;
        const found = atomic.cmpxchg<u64>(share, seen, k ? seen - 1 : seen + 0x10000);
        if (found == seen) {
          i = <usize>(seen >> 32);
          dispatch(i, (k ? end - 1 : first) | again, lane);
          if (!mine++) again = takesWhole(i) ? AGAIN : 0;
          seen = atomic.load<u64>(share);
        } else seen = found;
      }
    }
    if (mine) {
      // looked up while the program is sure to be there
      const next = i + byteLength(i), tiles = tileCount(i);
      if (atomic.add<u32>(c + (Team.DONE << 2), mine) + mine == tiles) proceed(c, next, lane);
      continue;
    }
    let idle: usize = 0;
    while (atomic.load<i32>(c + (Team.CHANGES << 2)) == changes && idle < patience) idle++;
    if (idle < patience) continue;
    atomic.add<u32>(c + (Team.SLEEPERS << 2), 1);
    atomic.wait<i32>(c + (Team.CHANGES << 2), changes, -1);
    atomic.sub<u32>(c + (Team.SLEEPERS << 2), 1);
  }
}
