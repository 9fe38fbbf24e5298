// jax-js on its wasm device: one jit for the whole step. Every use of an array consumes it, unless taken by .ref.
import { data, input, peer, serve, transposed, workload } from "./common.mjs";

const { numpy: np, nn, random, jit, valueAndGrad, init, defaultDevice, tree } = peer("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

const array = (values, shape) => np.array(values, { shape });

function parameters() {
  const { norm, sizes } = workload;
  const { layers } = data();
  return layers.map((l, k) => ({
    w: array(transposed(l), [l.from, l.to]),
    b: array(l.b, [l.to]),
    ...(norm && k + 2 < sizes.length ? { gamma: np.ones([l.to]), beta: np.zeros([l.to]) } : {}),
  }));
}

function forward(p, x, key) {
  const { activation, last, norm, batch } = workload;
  return p.reduce((h, { w, b, gamma, beta }, k) => {
    const hidden = k < p.length - 1;
    let z = np.dot(h, w).add(b);
    if (norm && hidden) {
      const centred = z.ref.sub(z.mean(0));
      const variance = np.square(centred.ref).mean(0);
      z = centred
        .div(np.sqrt(variance.add(1e-5)))
        .mul(gamma)
        .add(beta);
    }
    const act = hidden ? activation : last;
    if (act) z = act === "tanh" ? np.tanh(z) : nn[act](z);
    if (norm && hidden)
      z = z.mul(
        random
          .bernoulli(key, 0.5, [batch, workload.sizes[k + 1]])
          .astype(np.float32)
          .mul(2),
      );
    return z;
  }, x);
}

const sgd = (lr) => ({ init: () => ({}), apply: (p, g) => [p.sub(g.mul(lr)), {}] });
const momentum = (lr, mu) => ({
  init: (p) => ({ v: np.zeros(p.shape) }),
  apply: (p, g, { v }) => {
    const next = v.mul(mu).add(g);
    return [p.sub(next.ref.mul(lr)), { v: next }];
  },
});
const adamRule = (lr) => ({
  init: (p) => ({ m: np.zeros(p.shape), v: np.zeros(p.shape) }),
  apply: (p, g, { m, v }, c1, c2) => {
    const m1 = m.mul(0.9).add(g.ref.mul(0.1));
    const v1 = v.mul(0.999).add(np.square(g).mul(0.001));
    return [
      p.sub(
        m1.ref
          .mul(lr)
          .div(c1)
          .div(np.sqrt(v1.ref.div(c2)).add(1e-8)),
      ),
      { m: m1, v: v1 },
    ];
  },
});

function train() {
  const { batch, sizes, loss, lr } = workload;
  const { x, y } = data();
  const X = array(x, [batch, sizes[0]]);
  const Y = array(y, [batch, sizes.at(-1)]);
  const rule = workload.optimizer === "adam" ? adamRule(lr) : workload.momentum ? momentum(lr, workload.momentum) : sgd(lr);
  const cost = (p, x, y, key) => {
    const out = forward(p, x, key);
    return loss === "crossEntropy"
      ? nn
          .logSoftmax(out, -1)
          .mul(y)
          .sum()
          .mul(-1 / batch)
      : np.square(out.sub(y)).mean();
  };
  let p = parameters();
  let state = p.map((l) => Object.fromEntries(Object.entries(l).map(([name, t]) => [name, rule.init(t)])));
  let powers = [np.array(1), np.array(1)];
  const step = jit((p, state, powers, x, y, key) => {
    const [value, g] = valueAndGrad(cost)(tree.ref(p), x, y, key);
    const next = powers.map((b, k) => b.mul(k === 0 ? 0.9 : 0.999));
    const [c1, c2] = next.map((b) => np.array(1).sub(b.ref));
    const out = p.map((l, k) =>
      Object.fromEntries(Object.keys(l).map((name) => [name, rule.apply(l[name], g[k][name], state[k][name], c1.ref, c2.ref)])),
    );
    c1.dispose();
    c2.dispose();
    const pick = (k) => out.map((l) => Object.fromEntries(Object.entries(l).map(([name, pair]) => [name, pair[k]])));
    return { p: pick(0), state: pick(1), powers: next, value };
  });
  let count = 0;
  return (steps) => {
    let last = 0;
    for (let k = 0; k < steps; k++) {
      const key = workload.norm ? random.key(count++) : np.array(0);
      const r = step(p, state, powers, X.ref, Y.ref, key);
      ({ p, state, powers } = r);
      last = r.value.dataSync()[0];
    }
    return last;
  };
}

function infer() {
  const { x } = data();
  const p = parameters();
  const f = jit((p, x) => forward(p, x));
  return (steps) => {
    let out;
    for (let k = 0; k < steps; k++) out = f(tree.ref(p), array(x, [workload.batch, workload.sizes[0]])).dataSync();
    return out[0];
  };
}

const repeat = (f, ...args) => {
  const call = jit(f);
  return async (steps) => {
    for (let k = 0; k < steps; k++) {
      const t = call(...args.map((a) => a.ref));
      await t.ref.blockUntilReady();
      t.dispose();
    }
    return 0;
  };
};

function product() {
  const { m, k, n } = workload;
  return repeat(np.dot, array(input("a"), [m, k]), array(input("b"), [k, n]));
}

function map() {
  const x = array(input("x"), [1024, 1024]);
  const f = { exp: np.exp, tanh: np.tanh, sigmoid: nn.sigmoid, relu: nn.relu, softmax: (x) => nn.softmax(x, -1) };
  return repeat(f[workload.op], x);
}

function adam() {
  const rule = adamRule(1e-4);
  let p = array(input("p"), [workload.items]);
  const g = array(input("g"), [workload.items]);
  let state = rule.init(p);
  let powers = [np.array(1), np.array(1)];
  const step = jit((p, g, state, powers) => {
    const next = powers.map((b, k) => b.mul(k === 0 ? 0.9 : 0.999));
    const [c1, c2] = next.map((b) => np.array(1).sub(b.ref));
    const [q, s] = rule.apply(p, g, state, c1, c2);
    return { p: q, state: s, powers: next };
  });
  return async (steps) => {
    for (let k = 0; k < steps; k++) {
      ({ p, state, powers } = step(p, g.ref, state, powers));
      await p.ref.blockUntilReady();
    }
    return 0;
  };
}

await serve({ train, infer, product, map, adam }[workload.kind]);
