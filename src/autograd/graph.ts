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
  readonly inputs: readonly Tensor[];
  /** The records behind the inputs, undefined for leaves: known from here on, so that inputs may be disposed. */
  readonly parents: readonly (Node | undefined)[];
  /** Gradients for the inputs, undefined where none is needed, from the gradient of the output. */
  gradient: ((dy: Tensor) => readonly (Tensor | undefined)[]) | undefined;
  /** Handles that only this record holds. */
  readonly owned: readonly Tensor[];
  /** Storages whose values the gradient will read, and their versions when it was recorded. */
  readonly reads: readonly (readonly [Storage, number])[];
  readonly location: object | undefined;
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

/** A handle that stays valid when the user disposes theirs; parameters and buffers keep their own. */
export function alias(t: Tensor): Tensor {
  return t.storage.kind === "eager" ? own(view(t, t.shape)) : t;
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
    parents: inputs.map((t) => t.node as Node | undefined),
    gradient,
    owned: saved.owned,
    reads: saved.reads.map((t) => [t.storage, t.storage.version] as const),
    location: location.stack.at(-1),
  };
  out.node = node;
  out.requiresGrad = true;
}

/** Every record behind a tensor, latest first: an order in which each comes after all that use its result. */
function history(root: Tensor): Node[] {
  const seen = new Set<Node>();
  const open: Node[] = [];
  const visit = (node: Node | undefined) => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    open.push(node);
  };
  visit(root.node as Node | undefined);
  for (let node = open.pop(); node !== undefined; node = open.pop()) for (const parent of node.parents) visit(parent);
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
  const give = (t: Tensor, node: Node | undefined, g: Tensor) => {
    const before = node === undefined ? leaves.get(t) : inner.get(node);
    const total = before === undefined ? g : addInto(empty(g.shape), before, g);
    if (node === undefined) leaves.set(t, total);
    else inner.set(node, total);
  };
  noGrad(() => {
    give(root, root.node as Node | undefined, seed);
    for (const node of history(root)) {
      const dy = inner.get(node);
      if (dy === undefined) continue;
      check(node);
      if (node.location !== undefined) location.stack.push(node.location);
      try {
        const dxs = node.gradient!(dy);
        for (const [k, input] of node.inputs.entries()) {
          const dx = dxs[k];
          if (dx !== undefined && input.requiresGrad) give(input, node.parents[k], unbroadcast(dx, input.shape));
        }
      } finally {
        if (node.location !== undefined) location.stack.pop();
      }
      inner.delete(node);
      if (!retainGraph) release(node);
    }
  });
  return leaves;
}

function release(node: Node): void {
  node.gradient = undefined;
  for (const t of node.owned) t.dispose();
}

/** Adds a gradient to a leaf's, as its own copy where somebody else holds this one. */
export function accumulate(leaf: Tensor, g: Tensor, foreign: boolean): void {
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
