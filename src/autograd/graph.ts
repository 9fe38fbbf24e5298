import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { GradientError } from "../core/errors";
import { location } from "../core/recorder";
import { shared } from "../core/shared";
import type { Storage } from "../core/storage";
import { type Shape, sameShape, showShape, sizeOf } from "../tensor/shape";
import { empty, type GraphNode, own, type Tensor, view } from "../tensor/tensor";

const mode = shared("autograd", () => ({ enabled: true, nextId: 0 }));

/** What an op leaves behind so that its gradient can be asked for: a plain record. */
export interface Node extends GraphNode {
  readonly id: number;
  /** Emptied when the record is given back, so that a kept result does not keep what is behind it. */
  inputs: readonly Tensor[];
  /** Gradients for the inputs, undefined where none is needed, from the gradient of the output. */
  gradient: ((dy: Tensor) => readonly (Tensor | undefined)[]) | undefined;
  /** Handles that only this record holds. */
  readonly owned: readonly Tensor[];
  /** Storages whose values the gradient will read, and their versions when it was recorded. */
  readonly reads: readonly (readonly [Storage, number])[];
  readonly location: object | undefined;
  /** Who may still ask for its gradient: the handle of its result while that is not disposed, and every record that reads the result. */
  users: number;
}

/** One user less: with the last, what the record saved is given back, and it stops using the records behind it. */
function drop(this: Node): void {
  // a list instead of recursion: graphs may be a hundred thousand records deep
  const open: Node[] = [this];
  for (let node = open.pop(); node !== undefined; node = open.pop()) if (--node.users === 0) open.push(...release(node));
}

/** Gives back what a record holds; returns the records it used. */
function release(node: Node): Node[] {
  const behind = node.inputs.flatMap((t) => (t.node === undefined ? [] : [t.node as Node]));
  node.gradient = undefined;
  node.inputs = [];
  for (const t of node.owned) t.dispose();
  return behind;
}

/** Runs `body` without keeping what gradients would need. */
export function noGrad<T>(body: () => T): T {
  const before = mode.enabled;
  mode.enabled = false;
  try {
    return body();
  } finally {
    mode.enabled = before;
  }
}

export function gradEnabled(): boolean {
  return mode.enabled;
}

/** Whether an op on these inputs has to be remembered. */
export function tracked(inputs: readonly Tensor[]): boolean {
  return mode.enabled && inputs.some((t) => t.requiresGrad);
}

/** Handles that belong to a module: disposing them frees the module's memory, whoever may still want to read it. */
const OWNERS = [Symbol.for("neurite.parameter"), Symbol.for("neurite.buffer")];

/** A handle that stays valid when the user disposes theirs; parameters and buffers themselves, not views of them, are taken as they are. */
export function alias(t: Tensor): Tensor {
  return OWNERS.some((brand) => brand in t) ? t : own(view(t, t.shape));
}

/** Attaches the record of an op to its result. */
export function attach(
  out: Tensor,
  name: string,
  inputs: readonly Tensor[],
  saved: { reads: readonly Tensor[]; owned: readonly Tensor[] },
  gradient: Node["gradient"],
): void {
  const node: Node = {
    name,
    id: mode.nextId++,
    inputs,
    gradient,
    owned: saved.owned,
    reads: saved.reads.map((t) => [t.storage, t.storage.version] as const),
    location: location.stack.at(-1),
    users: 1,
    drop,
  };
  for (const t of inputs) if (t.node !== undefined) (t.node as Node).users++;
  out.node = node;
  out.requiresGrad = true;
}

/** Every record behind a tensor, latest first: an order in which each comes after all that use its result. */
function history(root: Tensor): Node[] {
  const seen = new Set<Node>();
  const open: Node[] = [];
  const visit = (t: Tensor) => {
    const node = t.node as Node | undefined;
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    open.push(node);
  };
  visit(root);
  for (let node = open.pop(); node !== undefined; node = open.pop()) for (const input of node.inputs) visit(input);
  return [...seen].sort((a, b) => b.id - a.id);
}

function check(node: Node): void {
  if (node.gradient === undefined)
    throw new GradientError(
      `the graph behind ${node.name} was given back by an earlier backward(); pass { retainGraph: true } to that one`,
    );
  for (const [storage, version] of node.reads)
    if (storage.version !== version)
      throw new GradientError(
        `${node.name} saved a tensor for its gradient that has been changed in place since (version ${storage.version}, saved at ${version}); ` +
          "clone() it before changing it, or call backward() before",
      );
}

/** x summed to a shape that broadcasts to its own: undoes broadcasting, for every op in one place. */
export function unbroadcast(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  let current = x;
  const lead = x.rank - shape.length;
  const sum = (outer: number, r: number, inner: number, to: Shape) => {
    const out = empty(to);
    emit(Op.SUM, out.ref, current.ref, outer, r, inner, 1);
    current = out;
  };
  if (lead > 0) sum(1, sizeOf(x.shape.slice(0, lead)), sizeOf(x.shape.slice(lead)), x.shape.slice(lead));
  for (let k = 0; k < shape.length; k++) {
    const from = current.shape;
    if (from[k] === shape[k]) continue;
    sum(
      sizeOf(from.slice(0, k)),
      from[k]!,
      sizeOf(from.slice(k + 1)),
      from.map((d, j) => (j === k ? 1 : d)),
    );
  }
  return current;
}

/** out = a + b, item by item; shapes are equal. */
function addInto(out: Tensor, a: Tensor, b: Tensor): Tensor {
  emit(Op.ADD, out.ref, a.ref, b.ref, out.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);
  return out;
}

/**
 * Gradients of `root`, weighted by `seed`, for every leaf that requires one. Nothing is stored on the leaves: this is what recorded training uses.
 */
export function gradients(root: Tensor, seed: Tensor, retainGraph = false): Map<Tensor, Tensor> {
  if (!root.requiresGrad)
    throw new GradientError("nothing here requires a gradient: no parameter was used, all are frozen, or it was computed inside noGrad()");
  const leaves = new Map<Tensor, Tensor>();
  const inner = new Map<Node, Tensor>();
  const give = (t: Tensor, g: Tensor) => {
    const node = t.node as Node | undefined;
    const before = node === undefined ? leaves.get(t) : inner.get(node);
    const total = before === undefined ? g : addInto(empty(g.shape), before, g);
    if (node === undefined) leaves.set(t, total);
    else inner.set(node, total);
  };
  noGrad(() => {
    give(root, seed);
    const nodes = history(root);
    // giving one back must not take those along that are still to come
    for (const node of nodes) node.users++;
    try {
      for (const node of nodes) {
        const dy = inner.get(node);
        if (dy === undefined) continue;
        check(node);
        apply(node, dy, give);
        inner.delete(node);
        if (!retainGraph) for (const behind of release(node)) behind.drop();
      }
    } finally {
      for (const node of nodes) node.drop();
    }
  });
  return leaves;
}

/** Gives the inputs of a record their gradients. */
function apply(node: Node, dy: Tensor, give: (t: Tensor, g: Tensor) => void): void {
  if (node.location !== undefined) location.stack.push(node.location);
  try {
    const dxs = node.gradient!(dy);
    for (const [k, input] of node.inputs.entries()) {
      const dx = dxs[k];
      if (dx !== undefined && input.requiresGrad) give(input, unbroadcast(dx, input.shape));
    }
  } finally {
    if (node.location !== undefined) location.stack.pop();
  }
}

/** Adds a gradient to a leaf's, as its own copy where somebody else holds this one. */
export function accumulate(leaf: Tensor, g: Tensor, foreign: boolean): void {
  if (leaf.disposed) return;
  if (leaf.grad !== undefined) {
    addInto(leaf.grad, leaf.grad, g);
    leaf.grad.storage.version++;
    return;
  }
  if (!foreign) {
    leaf.grad = own(g);
    return;
  }
  const copy = own(empty(g.shape));
  emit(Op.COPY, copy.ref, g.ref, g.size);
  leaf.grad = copy;
}

/** Checks a seed for backward(), and gives the scalar's default. */
export function checkSeed(root: Tensor, seed: Tensor | undefined): void {
  if (seed === undefined && root.size !== 1)
    throw new GradientError(
      `backward() of a tensor of shape ${showShape(root.shape)} needs the gradient to start from; reduce it to one number first, or pass one`,
    );
  if (seed !== undefined && !sameShape(seed.shape, root.shape))
    throw new GradientError(
      `backward(): the gradient to start from has shape ${showShape(seed.shape)}, the tensor ${showShape(root.shape)}`,
    );
}
