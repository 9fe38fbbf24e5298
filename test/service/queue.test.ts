import { describe, expect, it } from "vitest";
import { limitsFrom } from "../../examples/service/src/limits";
import { Queue } from "../../examples/service/src/queue";

const MB = 2 ** 20;
const job = (tenant: string, id: string, bytes = MB) => ({ tenant, id, bytes });
/** What runs, in order, if each ends before the next begins. */
function order(queue: Queue<ReturnType<typeof job>>): string[] {
  const ids: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    ids.push(next.id);
    queue.done(next);
  }
  return ids;
}

describe("who is next", () => {
  it("tenants take turns, each in its own order", () => {
    const queue = new Queue<ReturnType<typeof job>>(limitsFrom({ running: 1 }));
    for (const id of ["a1", "a2", "a3"]) queue.push(job("a", id));
    for (const id of ["b1", "b2"]) queue.push(job("b", id));
    expect(queue.queued).toBe(5);
    expect(order(queue)).toEqual(["a1", "b1", "a2", "b2", "a3"]);
    expect([queue.queued, queue.active]).toEqual([0, 0]);
  });

  it("a tenant runs so many at once, and all of them so many", () => {
    const queue = new Queue<ReturnType<typeof job>>(limitsFrom({ running: 3, tenantRunning: 2 }));
    for (const id of ["a1", "a2", "a3"]) queue.push(job("a", id));
    for (const id of ["b1", "b2"]) queue.push(job("b", id));
    const running = [queue.next(), queue.next(), queue.next()];
    expect(running.map((j) => j?.id)).toEqual(["a1", "b1", "a2"]);
    expect(queue.next()).toBeUndefined();
    queue.done(running[1]!);
    // a has two already
    expect(queue.next()?.id).toBe("b2");
  });

  it("the memory of those that run is bounded, and one that takes more than all of it runs alone", () => {
    const queue = new Queue<ReturnType<typeof job>>(limitsFrom({ runningBytes: 10 * MB }));
    const [large, small, huge] = [job("a", "large", 8 * MB), job("b", "small", 2 * MB), job("c", "huge", 20 * MB)];
    for (const j of [large, job("d", "middle", 3 * MB), small, huge]) queue.push(j);
    expect([queue.next()?.id, queue.next()?.id, queue.next()]).toEqual(["large", "small", undefined]);
    queue.done(large);
    expect(queue.next()?.id).toBe("middle");
    queue.done(small);
    expect(queue.next()).toBeUndefined();
    queue.done({ ...large });
  });

  it("one that runs alone because of its size lets nobody in", () => {
    const queue = new Queue<ReturnType<typeof job>>(limitsFrom({ runningBytes: 10 * MB }));
    queue.push(job("a", "huge", 20 * MB));
    queue.push(job("b", "small"));
    const huge = queue.next()!;
    expect([huge.id, queue.next()]).toEqual(["huge", undefined]);
    queue.done(huge);
    expect(queue.next()?.id).toBe("small");
  });
});

describe("places", () => {
  const code = (f: () => unknown) => {
    try {
      f();
      return "taken";
    } catch (error) {
      return (error as { more: { limit: string } }).more.limit;
    }
  };

  it("those that wait and those that are being accepted count, of a tenant and of all", () => {
    const queue = new Queue<ReturnType<typeof job>>(limitsFrom({ tenantQueued: 2, queued: 3 }));
    const release = queue.reserve("a");
    queue.push(job("a", "a1"));
    expect(code(() => queue.reserve("a"))).toBe("tenantQueued");
    release();
    const again = queue.reserve("a");
    again();
    queue.push(job("b", "b1"));
    const third = queue.reserve("b");
    expect(code(() => queue.reserve("c"))).toBe("queued");
    expect(code(() => queue.reserve("b"))).toBe("tenantQueued");
    third();
    expect(code(() => queue.reserve("c"))).toBe("taken");
  });

  it("one that is taken out waits no longer", () => {
    const queue = new Queue<ReturnType<typeof job>>(limitsFrom({ tenantQueued: 1 }));
    const only = job("a", "a1");
    queue.push(only);
    expect(queue.remove(only)).toBe(true);
    expect(queue.remove(only)).toBe(false);
    expect(queue.next()).toBeUndefined();
    expect(code(() => queue.reserve("a"))).toBe("taken");
  });
});
