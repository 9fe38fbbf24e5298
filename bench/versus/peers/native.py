"""PyTorch, or numpy with its BLAS, on one thread; the protocol of common.mjs."""
import json
import sys
import time

import numpy as np

job = json.loads(sys.argv[1])
W = job["workload"]
KIND = W["kind"]


class Unable(Exception):
    pass


def floats(name):
    return np.fromfile(f"{job['dir']}/{name}.f32", dtype=np.float32)


def say(message):
    print(json.dumps(message), flush=True)


def layers():
    sizes = W["sizes"]
    return [(floats(f"w{k}").reshape(o, i), floats(f"b{k}")) for k, (i, o) in enumerate(zip(sizes, sizes[1:]))]


def batch():
    x = floats("x").reshape(W["batch"], W["sizes"][0])
    y = floats("y").reshape(W["batch"], W["sizes"][-1]) if KIND == "train" else None
    return x, y


def shaped():
    return floats("a").reshape(W["m"], W["k"]), floats("b").reshape(W["k"], W["n"])


def torch_maker():
    import torch
    from torch import nn

    torch.set_num_threads(1)

    def build():
        sizes = W["sizes"]
        act = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
        stages = []
        for k, (w, b) in enumerate(layers()):
            layer = nn.Linear(sizes[k], sizes[k + 1])
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(w))
                layer.bias.copy_(torch.from_numpy(b))
            stages.append(layer)
            hidden = k + 2 < len(sizes)
            if W.get("norm") and hidden:
                stages.append(nn.BatchNorm1d(sizes[k + 1]))
            name = W["activation"] if hidden else W.get("last")
            if name:
                stages.append(act[name]())
            if W.get("norm") and hidden:
                stages.append(nn.Dropout(0.5))
        return nn.Sequential(*stages)

    def train():
        x, y = batch()
        x = torch.from_numpy(x)
        ce = W["loss"] == "crossEntropy"
        y = torch.from_numpy(y.argmax(1)) if ce else torch.from_numpy(y)
        cost = nn.functional.cross_entropy if ce else nn.functional.mse_loss

        def way(traced, foreach):
            model = build()
            if W["optimizer"] == "adam":
                opt = torch.optim.Adam(model.parameters(), lr=W["lr"], foreach=foreach)
            else:
                opt = torch.optim.SGD(model.parameters(), lr=W["lr"], momentum=W.get("momentum", 0), foreach=foreach)
            f = torch.jit.trace(model, x, check_trace=False) if traced else model

            def run(n):
                for _ in range(n):
                    opt.zero_grad(set_to_none=True)
                    loss = cost(f(x), y)
                    loss.backward()
                    opt.step()
                return loss.item()

            return run

        return best({f"{'jit' if t else 'eager'}{', foreach' if f else ''}": (lambda t=t, f=f: way(t, f)) for t in (False, True) for f in (False, True)})

    def infer():
        x, _ = batch()

        def way(traced):
            model = build().eval()
            f = torch.jit.freeze(torch.jit.trace(model, torch.from_numpy(x))) if traced else model

            def run(n):
                with torch.inference_mode():
                    for _ in range(n):
                        out = f(torch.from_numpy(x.copy())).numpy().copy()
                return float(out[0, 0])

            return run

        return best({"eager": lambda: way(False), "jit": lambda: way(True)})

    def product():
        a, b = (torch.from_numpy(t) for t in shaped())
        out = torch.empty(W["m"], W["n"])

        def run(n):
            for _ in range(n):
                torch.mm(a, b, out=out)
            return 0

        return run

    def elementwise():
        x = torch.from_numpy(floats("x").reshape(1024, 1024))
        out = torch.empty_like(x)
        if W["op"] == "softmax":
            f = lambda: torch.softmax(x, 1)
        else:
            op = getattr(torch, W["op"])
            f = lambda: op(x, out=out)

        def run(n):
            with torch.inference_mode():
                for _ in range(n):
                    f()
            return 0

        return run

    def adam():
        def way(foreach):
            p = torch.from_numpy(floats("p")).requires_grad_()
            p.grad = torch.from_numpy(floats("g"))
            opt = torch.optim.Adam([p], lr=1e-4, foreach=foreach)

            def run(n):
                for _ in range(n):
                    opt.step()
                return 0

            return run

        return best({"": lambda: way(False), "foreach": lambda: way(True)})

    version.update(torch=torch.__version__)
    return {"train": train, "infer": infer, "product": product, "map": elementwise, "adam": adam}[KIND]


def best(ways):
    """The fastest of several, each made afresh, timed for a moment."""
    if job.get("startup"):
        return next(iter(ways.values()))()
    figures = {}
    for name, make in ways.items():
        run = make()
        run(3)
        figures[name] = min(timed(run, 1)[0] for _ in range(40 if timed(run, 1)[0] < 20 else 3))
    name = min(figures, key=figures.get)
    version.update(way=name)
    return ways[name]()


def numpy_maker():
    if W.get("norm"):
        raise Unable("written by hand: no batch norm")
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    forwards = {"relu": lambda z: np.maximum(z, 0, out=z), "sigmoid": sigmoid, "tanh": np.tanh, None: lambda z: z}
    slopes = {"relu": lambda h: h > 0, "sigmoid": lambda h: h * (1 - h), "tanh": lambda h: 1 - h * h}

    def forward(ps, x):
        hs = [x]
        for k, (w, b) in enumerate(ps):
            z = hs[-1] @ w.T
            z += b
            hs.append(forwards[W["activation"] if k + 1 < len(ps) else W.get("last")](z))
        return hs

    def update(ps, gs, state, t):
        lr = W["lr"]
        if W["optimizer"] == "sgd":
            for p, g in zip(ps, gs):
                g *= lr
                p -= g
            return
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        for p, g, (m, v, s) in zip(ps, gs, state):
            adam_update(p, g, m, v, s, lr, c1, c2)

    def adam_update(p, g, m, v, s, lr, c1, c2):
        f = np.float32
        m *= f(0.9)
        np.multiply(g, f(0.1), out=s)
        m += s
        v *= f(0.999)
        np.multiply(g, g, out=s)
        s *= f(0.001)
        v += s
        np.sqrt(v, out=s)
        s *= f(1 / np.sqrt(c2))
        s += f(1e-8)
        np.divide(m, s, out=s)
        s *= f(lr / c1)
        p -= s

    def train():
        x, y = batch()
        ps = [list(l) for l in layers()]
        flat = [p for l in ps for p in l]
        state = [tuple(np.zeros_like(p) for _ in range(3)) for p in flat]
        rows = np.float32(x.shape[0])
        at = [0]

        def step():
            hs = forward(ps, x)
            out = hs[-1]
            if W["loss"] == "crossEntropy":
                e = out - out.max(1, keepdims=True)
                z = np.exp(e)
                total = z.sum(1, keepdims=True)
                loss = float(((np.log(total) - e) * y).sum() / rows)
                d = (z / total - y) / rows
            else:
                diff = out - y
                loss = float((diff * diff).mean())
                d = diff * np.float32(2 / diff.size)
                if W.get("last"):
                    d = d * slopes[W["last"]](out)
            gs = [None] * len(flat)
            for k in range(len(ps) - 1, -1, -1):
                gs[2 * k] = d.T @ hs[k]
                gs[2 * k + 1] = d.sum(0)
                if k:
                    d = d @ ps[k][0]
                    d *= slopes[W["activation"]](hs[k])
            at[0] += 1
            update(flat, gs, state, at[0])
            return loss

        def run(n):
            for _ in range(n):
                loss = step()
            return loss

        return run

    def infer():
        x, _ = batch()
        ps = layers()

        def run(n):
            for _ in range(n):
                out = forward(ps, x)[-1]
            return float(out[0, 0])

        return run

    def product():
        a, b = shaped()
        out = np.empty((W["m"], W["n"]), np.float32)

        def run(n):
            for _ in range(n):
                np.matmul(a, b, out=out)
            return 0

        return run

    def elementwise():
        x = floats("x").reshape(1024, 1024)
        out = np.empty_like(x)

        def sig():
            np.negative(x, out=out)
            np.exp(out, out=out)
            np.add(out, np.float32(1), out=out)
            np.reciprocal(out, out=out)

        def soft():
            np.subtract(x, x.max(1, keepdims=True), out=out)
            np.exp(out, out=out)
            np.divide(out, out.sum(1, keepdims=True), out=out)

        ways = {"exp": lambda: np.exp(x, out=out), "tanh": lambda: np.tanh(x, out=out), "sigmoid": sig, "softmax": soft}
        f = ways[W["op"]]

        def run(n):
            for _ in range(n):
                f()
            return 0

        return run

    def adam():
        p, g = floats("p"), floats("g")
        m, v, s = (np.zeros_like(p) for _ in range(3))
        t = [0]

        def run(n):
            for _ in range(n):
                t[0] += 1
                adam_update(p, g, m, v, s, 1e-4, 1 - 0.9 ** t[0], 1 - 0.999 ** t[0])
            return 0

        return run

    return {"train": train, "infer": infer, "product": product, "map": elementwise, "adam": adam}[KIND]


def kernels():
    """The name of the kernels that OpenBLAS has chosen, where it is loaded."""
    import ctypes

    for line in open("/proc/self/maps") if sys.platform == "linux" else ():
        if "openblas" in line:
            name = ctypes.CDLL(line.split()[-1]).openblas_get_corename
            name.restype = ctypes.c_char_p
            return f", OpenBLAS {name().decode()}"
    return ""


version = {"numpy": np.__version__ + kernels()}


def timed(run, n):
    start = time.perf_counter()
    loss = run(n)
    return 1000 * (time.perf_counter() - start), loss


def serve():
    run = (torch_maker if job["variant"] == "torch" else numpy_maker)()()
    libraries = open("/proc/self/maps").read() if sys.platform == "linux" else "openblas"
    if not any(name in libraries for name in ("openblas", "mkl", "blis")):
        raise Unable("no OpenBLAS: apt-get install libopenblas0-pthread")
    if job.get("startup"):
        run(1)
        say({"done": True})
        return
    ms, first = timed(run, 1)
    if ms > job["slowMs"]:
        raise Unable(f"{ms / 1000:.2g} s a step")
    tenth = timed(run, 9)[1] if ms <= job["slowMs"] / 10 else None
    n, least, idle, since = 1, float("inf"), 0, time.perf_counter()
    warm = job["warmMs"] / 1000
    while (gone := time.perf_counter() - since) < warm and (idle < 5 or gone < warm / 2):
        ms, _ = timed(run, n)
        idle = 0 if ms / n < 0.98 * least else idle + 1
        least = min(least, ms / n)
        if ms < job["sampleMs"]:
            n = max(n + 1, min(10 * n, int(1.2 * job["sampleMs"] / least)))
    n = max(1, round(job["sampleMs"] / least))
    last = timed(run, n)[1]
    say({"ready": True, "first": first, "tenth": tenth, "last": last, "stepsASample": n, **version})
    for line in sys.stdin:
        us, until = [], time.perf_counter() + float(line) / 1000
        while not us or time.perf_counter() < until:
            us.append(1000 * timed(run, n)[0] / n)
        say({"us": us})


try:
    serve()
except Unable as error:
    say({"unable": str(error)})
except ImportError as error:
    say({"unable": f"not installed ({error.name})"})
except Exception as error:  # what a peer cannot do is a cell of the table, not the end of the run
    say({"unable": f"error: {str(error).splitlines()[0][:120]}"})
