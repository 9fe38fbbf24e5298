#!/usr/bin/env python3
"""Writes losses.json: losses and their gradients as PyTorch (float32, one thread) computes them.

To regenerate: install Debian's python3-torch and run `/usr/bin/python3 test/golden/make_losses.py`.

losses.json: { "torch": version, "cases": [{ name, loss (name here), options (as here), output, target, value, upstream (gradient of the value),
  gradient (of the output), target_gradient (where the target has one) }] }. Arrays as in make_golden.py.
"""
import json
import math
import os

import torch
import torch.nn.functional as F

torch.manual_seed(3)
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
REDUCTIONS = ("mean", "sum", "none")


def number(v):
    if isinstance(v, int):
        return v
    assert math.isfinite(v)
    return float(f"{v:.9g}")


def array(t):
    t = t.detach()
    whole = t.dtype in (torch.int64, torch.int32)
    return {"shape": list(t.shape), **({"dtype": "i32"} if whole else {}), "data": [int(v) if whole else number(v) for v in t.flatten().tolist()]}


cases = []


def case(name, loss, f, output, target, options=None, both=False):
    x = output.clone().requires_grad_()
    t = target.clone().requires_grad_() if both else target
    value = f(x, t)
    upstream = torch.randn(value.shape)
    value.backward(upstream)
    entry = {"name": name, "loss": loss, "options": options or {}, "output": array(output), "target": array(target), "value": array(value),
             "upstream": array(upstream), "gradient": array(x.grad)}
    if both:
        entry["target_gradient"] = array(t.grad)
    cases.append(entry)


def listed(t):
    return [number(v) for v in t.tolist()]


# ---- classes

ROWS, CLASSES = 7, 5
WEIGHTS = torch.tensor([0.5, 2.0, 1.0, 0.0, 3.25])


def soft(*shape, dim=1):
    return torch.softmax(2 * torch.randn(shape), dim)


for r in REDUCTIONS:
    for weight in (None, WEIGHTS):
        for smoothing in (0.0, 0.1, 1.0):
            for ignore in (None, -100, 2):
                x, y = 3 * torch.randn(ROWS, CLASSES), torch.randint(CLASSES, (ROWS,))
                if ignore is not None:
                    y[1] = y[4] = ignore
                options = {"reduction": r}
                if weight is not None:
                    options["classWeights"] = listed(weight)
                if smoothing:
                    options["labelSmoothing"] = smoothing
                if ignore is not None:
                    options["ignoreIndex"] = ignore
                w = weight
                case(f"crossEntropy {json.dumps(options)}", "crossEntropy",
                     lambda a, b: F.cross_entropy(a, b, weight=w, reduction=r, label_smoothing=smoothing, ignore_index=-1 if ignore is None else ignore),
                     x, y, options)
                if not smoothing:
                    case(f"nll {json.dumps(options)}", "nll",
                         lambda a, b: F.nll_loss(a, b, weight=w, reduction=r, ignore_index=-1 if ignore is None else ignore),
                         torch.log_softmax(x, 1), y, options)
            options = {"reduction": r, **({} if weight is None else {"classWeights": listed(weight)}), **({"labelSmoothing": smoothing} if smoothing else {})}
            case(f"crossEntropy, soft labels {json.dumps(options)}", "crossEntropy",
                 lambda a, b: F.cross_entropy(a, b, weight=weight, reduction=r, label_smoothing=smoothing),
                 3 * torch.randn(ROWS, CLASSES), soft(ROWS, CLASSES), options, both=True)
    x = 2 * torch.randn(2, 4, 3)
    case(f"crossEntropy (N, C, d) {r}", "crossEntropy", lambda a, b: F.cross_entropy(a, b, reduction=r), x, torch.randint(4, (2, 3)), {"reduction": r})
    case(f"crossEntropy (N, C, d), weights, ignored {r}", "crossEntropy", lambda a, b: F.cross_entropy(a, b, reduction=r, weight=WEIGHTS[:4], ignore_index=1),
         x, torch.tensor([[1, 0, 2], [3, 1, 0]]), {"reduction": r, "classWeights": listed(WEIGHTS[:4]), "ignoreIndex": 1})
    case(f"crossEntropy (N, C, d, e), soft labels {r}", "crossEntropy", lambda a, b: F.cross_entropy(a, b, reduction=r),
         torch.randn(2, 3, 2, 2), soft(2, 3, 2, 2), {"reduction": r})
    case(f"crossEntropy of 40 classes {r}", "crossEntropy", lambda a, b: F.cross_entropy(a, b, reduction=r, label_smoothing=0.2),
         4 * torch.randn(3, 40), torch.tensor([39, 0, 17]), {"reduction": r, "labelSmoothing": 0.2})
    # on probabilities: the negative logarithm, then nll
    p = soft(ROWS, CLASSES)
    case(f"crossEntropyOnProbabilities {r}", "crossEntropyOnProbabilities", lambda a, b: F.nll_loss(a.log(), b, reduction=r, weight=WEIGHTS), p,
         torch.randint(CLASSES, (ROWS,)), {"reduction": r, "classWeights": listed(WEIGHTS)})
    case(f"crossEntropyOnProbabilities, soft labels {r}", "crossEntropyOnProbabilities", lambda a, b: F.kl_div(a.log(), b, reduction="batchmean") - (b * b.log()).sum() / ROWS
         if r == "mean" else (-(b * a.log()).sum(1) if r == "none" else -(b * a.log()).sum()), p, soft(ROWS, CLASSES), {"reduction": r})
    for p_ in (1, 2):
        for margin in (1.0, 0.3):
            for weight in (None, WEIGHTS):
                options = {"reduction": r, "p": p_, "margin": margin, **({} if weight is None else {"classWeights": listed(weight)})}
                case(f"hinge {json.dumps(options)}", "hinge", lambda a, b: F.multi_margin_loss(a, b, p=p_, margin=margin, weight=weight, reduction=r),
                     torch.randn(ROWS, CLASSES), torch.randint(CLASSES, (ROWS,)), options)
    case(f"klDiv {r}", "klDiv", lambda a, b: F.kl_div(a, b, reduction="batchmean") if r == "mean" else F.kl_div(a, b, reduction="none").sum(1) if r == "none" else F.kl_div(a, b, reduction="sum"),
         torch.log_softmax(torch.randn(4, 3), 1), torch.tensor([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.1, 0.1, 0.8]]), {"reduction": r})

# ---- two-way questions

for r in REDUCTIONS:
    t = torch.tensor([[0.0, 1.0, 0.3], [1.0, 0.0, 0.9], [0.5, 1.0, 0.0], [1.0, 1.0, 0.0]])
    column = torch.tensor([0.0, 1.0, 1.0, 0.25])
    for weight in (None, torch.tensor([0.5, 2.0, 1.5])):
        for pos in (None, torch.tensor([3.0, 0.25, 1.0])):
            options = {"reduction": r, **({} if weight is None else {"weight": listed(weight)}), **({} if pos is None else {"posWeight": listed(pos)})}
            case(f"bceWithLogits {json.dumps(options)}", "bceWithLogits",
                 lambda a, b: F.binary_cross_entropy_with_logits(a, b, weight=weight, pos_weight=pos, reduction=r), 4 * torch.randn(4, 3), t, options)
        options = {"reduction": r, **({} if weight is None else {"weight": listed(weight)})}
        case(f"bce {json.dumps(options)}", "bce", lambda a, b: F.binary_cross_entropy(a, b, weight=weight, reduction=r), torch.rand(4, 3) * 0.96 + 0.02, t, options)
    case(f"bceWithLogits (N) {r}", "bceWithLogits", lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction=r, pos_weight=torch.tensor([2.0])),
         torch.randn(4), column, {"reduction": r, "posWeight": [2]})
    case(f"bceWithLogits far out {r}", "bceWithLogits", lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction=r),
         torch.tensor([1e4, -1e4, 1e4, -1e4, 20.0, -20.0, 90.0, -90.0]), torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5, 1.0]), {"reduction": r})
    case(f"bce at 0 and 1 {r}", "bce", lambda a, b: F.binary_cross_entropy(a, b, reduction=r),
         torch.tensor([0.0, 1.0, 0.0, 1.0]), torch.tensor([0.0, 1.0, 1.0, 0.0]), {"reduction": r})
    case(f"crossEntropy far out {r}", "crossEntropy", lambda a, b: F.cross_entropy(a, b, reduction=r, label_smoothing=0.1),
         torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e4 + 1, 1e4, 1e4 - 2]]), torch.tensor([1, 2, 0]), {"reduction": r, "labelSmoothing": 0.1})

# ---- numbers

for r in REDUCTIONS:
    for shape in ([5], [4, 3], [2, 3, 2]):
        x, t = 2 * torch.randn(shape), 2 * torch.randn(shape)
        case(f"mse {shape} {r}", "mse", lambda a, b: F.mse_loss(a, b, reduction=r), x, t, {"reduction": r}, both=True)
        case(f"mae {shape} {r}", "mae", lambda a, b: F.l1_loss(a, b, reduction=r), x, t, {"reduction": r}, both=True)
        for delta in (1.0, 0.4, 3.0):
            case(f"huber {shape} {delta} {r}", "huber", lambda a, b: F.huber_loss(a, b, reduction=r, delta=delta), x, t, {"reduction": r, "delta": delta}, both=True)
        for beta in (1.0, 0.4, 0.0):
            case(f"smoothL1 {shape} {beta} {r}", "smoothL1", lambda a, b: F.smooth_l1_loss(a, b, reduction=r, beta=beta), x, t, {"reduction": r, "beta": beta})
    case(f"mae where both agree {r}", "mae", lambda a, b: F.l1_loss(a, b, reduction=r), torch.tensor([1.0, 2.0, -3.0]), torch.tensor([1.0, 3.0, -3.0]), {"reduction": r})
    y = torch.randint(CLASSES, (ROWS,))
    for name, f in (("mse", F.mse_loss), ("mae", F.l1_loss), ("huber", F.huber_loss)):
        case(f"{name} of class indices {r}", name, lambda a, b: f(a, F.one_hot(b, CLASSES).float(), reduction=r), torch.randn(ROWS, CLASSES), y, {"reduction": r})

with open(os.path.join(HERE, "losses.json"), "w") as file:
    json.dump({"torch": torch.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
print(len(cases), "cases", os.path.getsize(os.path.join(HERE, "losses.json")), "bytes")
