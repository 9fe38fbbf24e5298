import { Team as Word } from "../../assembly/opcodes";
import { WorkerError } from "./errors";
import { type Platform, platform, type Thread, unshared } from "./lane";
import type { Engine } from "./runtime";
import { MOST_THREADS } from "./threads";

/** Steps of a program; the operands of the interpreter's steps() and guarded(). */
export interface Work {
  readonly from: number;
  readonly update: number;
  readonly to: number;
  readonly table: number;
  readonly rowBytes: number;
  readonly row: number;
  readonly count: number;
  /** Address of a loss that must be finite for the update, or 0. */
  readonly guard: number;
  /** Lanes it is worth, and has scratch for. */
  readonly lanes: number;
}

export interface Done {
  /** Steps run to their end. */
  readonly steps: number;
  /** Milliseconds on the worker. */
  readonly ms: number;
  /** Lanes that ran it. */
  readonly lanes: number;
}

interface Task {
  readonly work: Work;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: Error) => void;
  /** Lanes that have not answered. */
  open: number;
  lanes: number;
  control: number;
  failure: Error | undefined;
}

interface Lane {
  readonly thread: Thread;
  task: Task | undefined;
}

/** Looks at the control block before a lane sleeps: about 50 microseconds, more than the instructions of one tile between two shared ones take in most steps. */
const PATIENCE = 50_000;

const GIVEN_UP = 2;
/** Bytes of a control block. */
const BLOCK = 4 * Word.SHARES + 64 * MOST_THREADS;

/**
 * Workers over the one memory. Work waits in a queue in the order it came; each piece gets the workers that are free, shared among what waits: many small pieces run side
 * by side, a single large one on all lanes.
 */
export class Team {
  private readonly lanes: Lane[] = [];
  private readonly queue: Task[] = [];
  private readonly blocks: number[] = [];
  /** Called whenever a lane has come back. */
  private readonly waiting: (() => void)[] = [];
  /** Workers being started. */
  private starting = 0;
  private ended = false;

  private constructor(
    private readonly engine: Engine,
    private readonly place: Platform,
    private wanted: number,
  ) {}

  /** A team of so many workers ("auto": a core less than there are), or the reason why there is none. */
  static async start(engine: Engine, threads: number | "auto", workerUrl?: string | URL): Promise<Team | string> {
    const place = await platform(workerUrl);
    if (place === undefined) return "this platform has no workers";
    const team = new Team(engine, place, threads === "auto" ? Math.max(1, place.cores - 1) : threads);
    try {
      await Promise.all(Array.from({ length: team.wanted }, () => team.hire()));
      return team;
    } catch (error) {
      await team.end();
      return error instanceof Error ? error.message : String(error);
    }
  }

  get size(): number {
    return this.lanes.length;
  }

  /** Starts a worker and waits until it has the binary and the memory. */
  private hire(): Promise<void> {
    this.starting++;
    return new Promise<void>((resolve, reject) => {
      let lane: Lane | undefined;
      const gone = (why: string) => {
        reject(new WorkerError(`a worker could not be started: ${why}`));
        if (lane !== undefined) this.lost(lane, why);
      };
      const thread = this.place.start({
        gone,
        message: (data) => {
          if (lane !== undefined) this.answer(lane, data as { value?: number; ms?: number; error?: string });
          else if (data !== "ready") gone(String((data as { error: string }).error));
          else {
            lane = { thread, task: undefined };
            thread.hold(false);
            if (this.ended) void thread.end();
            else this.lanes.push(lane);
            resolve();
          }
        },
      });
      const { module, memory } = this.engine;
      try {
        thread.post({ module, memory });
      } catch (error) {
        // a page that is not isolated from others may not share memory
        void thread.end();
        throw new WorkerError(unshared(error));
      }
    }).finally(() => {
      this.starting--;
      this.assign();
    });
  }

  /** Runs steps when their turn comes. Rejects with WorkerError. */
  run(work: Work): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.queue.push({ work, resolve, reject, open: 0, lanes: 0, control: 0, failure: undefined });
      this.assign();
    });
  }

  private assign(): void {
    for (;;) {
      const free = this.lanes.filter((l) => l.task === undefined);
      if (free.length === 0) break;
      const task = this.queue.shift();
      if (task === undefined) {
        for (const look of this.waiting.splice(0)) look();
        break;
      }
      this.begin(task, free.slice(0, Math.max(1, Math.min(task.work.lanes, Math.floor(free.length / (this.queue.length + 1))))));
    }
    if (this.lanes.length > 0 || this.starting > 0) return;
    for (const { reject } of this.queue.splice(0))
      reject(new WorkerError("there are no workers left, and none could be started; call init()"));
  }

  private begin(task: Task, lanes: readonly Lane[]): void {
    const { from, update, to, table, rowBytes, row, count, guard } = task.work;
    const { stop } = this.engine;
    task.lanes = task.open = lanes.length;
    let message: (lane: number) => unknown[];
    if (lanes.length > 1) {
      const control = (task.control = this.control(task.work, lanes.length));
      message = (k) => ["work", control, k];
    } else if (guard !== 0) message = () => ["guarded", from, update, to, guard, 0, stop];
    else message = () => ["steps", from, update, to, table, rowBytes, row, count, 0, stop];
    for (const [k, lane] of lanes.entries()) {
      lane.task = task;
      lane.thread.hold(true);
      lane.thread.post(message(k));
    }
  }

  /** A control block, filled. */
  private control(work: Work, lanes: number): number {
    const at = this.blocks.pop() ?? this.engine.allocator.allocate(BLOCK);
    const w = at / 4;
    const { u32 } = this.engine.heap;
    u32.fill(0, w, w + BLOCK / 4);
    u32[w + Word.FROM] = work.from;
    u32[w + Word.UPDATE] = work.update;
    u32[w + Word.TO] = work.to;
    u32[w + Word.TABLE] = work.table;
    u32[w + Word.ROW_BYTES] = work.rowBytes;
    u32[w + Word.ROW] = work.row;
    u32[w + Word.COUNT] = work.count;
    u32[w + Word.GUARD] = work.guard;
    u32[w + Word.LANES] = lanes;
    u32[w + Word.PATIENCE] = PATIENCE;
    return at;
  }

  private answer(lane: Lane, { value = 0, ms = 0, error }: { value?: number; ms?: number; error?: string }): void {
    const task = lane.task!;
    lane.task = undefined;
    lane.thread.hold(false);
    if (error !== undefined) this.fail(task, new WorkerError(`a worker failed: ${error}`));
    // whoever comes back first: then all is done, and lanes that have not come to it yet will find nothing to do
    else if (task.failure === undefined) task.resolve({ steps: value, ms, lanes: task.lanes });
    this.leave(task);
    this.assign();
  }

  private leave(task: Task): void {
    if (--task.open > 0) return;
    if (task.control !== 0) this.blocks.push(task.control);
    if (task.failure !== undefined) task.reject(task.failure);
  }

  /** Makes the lanes of a task that is done for come back. */
  private fail(task: Task, failure: Error): void {
    task.failure ??= failure;
    if (task.control === 0) return;
    const { i32 } = this.engine.heap;
    const w = task.control / 4;
    Atomics.compareExchange(i32, w + Word.STATE, 0, GIVEN_UP);
    Atomics.add(i32, w + Word.CHANGES, 1);
    Atomics.notify(i32, w + Word.CHANGES);
  }

  private lost(lane: Lane, why: string): void {
    const at = this.lanes.indexOf(lane);
    if (at < 0) return;
    this.lanes.splice(at, 1);
    const { task } = lane;
    // in its place at once, so that the queue has somebody to wait for
    if (!this.ended && this.lanes.length + this.starting < this.wanted) void this.hire().catch(() => {});
    if (task !== undefined) {
      this.fail(
        task,
        new WorkerError(`a worker ended while it trained or evaluated: ${this.ended ? "shutdown() was called" : why}`, !this.ended),
      );
      this.leave(task);
    }
    this.assign();
  }

  /** Ends the workers once they have nothing to do; there must be no new work. */
  async retire(): Promise<void> {
    while (this.queue.length > 0 || this.lanes.some((l) => l.task !== undefined))
      await new Promise<void>((idle) => this.waiting.push(idle));
    await this.end();
  }

  /** Ends the workers. What runs or waits is rejected. */
  async end(): Promise<void> {
    this.ended = true;
    this.wanted = 0;
    const failure = new WorkerError("shutdown() was called while this waited for a worker");
    for (const { reject } of this.queue.splice(0)) reject(failure);
    await Promise.all(this.lanes.map(({ thread }) => thread.end()));
    for (const at of this.blocks.splice(0)) this.engine.allocator.free(at, BLOCK);
  }
}
