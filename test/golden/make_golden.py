#!/usr/bin/env python3
"""Writes nets.json and ops.json: values of PyTorch (float32, one thread) that the tests compare with.

To regenerate: install Debian's python3-torch and run `/usr/bin/python3 test/golden/make_golden.py`. The files are committed; the tests need
only them. Every array is { "shape": [...], "data": [flat, row-major] }, rounded to 9 significant digits, which tell all float32 apart;
integer arrays (class labels, indices, conditions) carry "dtype": "i32".

nets.json: { "torch": version, "nets": [{ name, layers (module specs), loss, x, y, parameters { "0.weight": ... } (initial, (out, in) weights),
  output, loss_value, gradients { name: ... } (of the first batch), steps, losses (before each step), runs: [{ optimizer, options,
  parameters (after `steps` full-batch steps), losses }] }] }
ops.json: { "torch": version, "cases": [{ name, op, inputs { name: array }, attrs, output (or outputs { name: array }), upstream
  (gradient of the output), gradients { input: array } }] }. gradients = d sum(output * upstream) / d input, for float inputs only.
"""
import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))


def number(v):
    return int(v) if isinstance(v, int) else float(f"{v:.9g}")


def array(t):
    t = t.detach()
    if t.dtype in (torch.int64, torch.int32, torch.bool):
        return {"shape": list(t.shape), "dtype": "i32", "data": [int(v) for v in t.flatten().tolist()]}
    return {"shape": list(t.shape), "data": [number(v) for v in t.flatten().tolist()]}


def write(name, value):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(value, file, separators=(",", ":"))
        file.write("\n")


# ---- nets

STEPS = 20
BATCH = 12
OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"lr": 1e-2}),
    ("Adam", {"lr": 1e-2, "weight_decay": 1e-2}),
    ("AdamW", {"lr": 1e-2, "weight_decay": 1e-2}),
]
NETS = [
    ("4-16-3 ReLU, cross-entropy", [["Linear", 4, 16], ["ReLU"], ["Linear", 16, 3]], "cross_entropy"),
    ("8-10-6-2 Tanh, cross-entropy", [["Linear", 8, 10], ["Tanh"], ["Linear", 10, 6], ["Tanh"], ["Linear", 6, 2]], "cross_entropy"),
    ("5-7-1 Sigmoid, mean squared error", [["Linear", 5, 7], ["Sigmoid"], ["Linear", 7, 1]], "mse_loss"),
]


def net(name, layers, loss_name):
    model = torch.nn.Sequential(*[getattr(torch.nn, kind)(*sizes) for kind, *sizes in layers])
    loss_of = getattr(F, loss_name)
    x = torch.randn(BATCH, layers[0][1])
    outputs = layers[-1][2]
    y = torch.randint(outputs, (BATCH,)) if loss_name == "cross_entropy" else torch.randn(BATCH, outputs)
    initial = {k: v.clone() for k, v in model.state_dict().items()}
    output = model(x)
    loss = loss_of(output, y)
    loss.backward()
    gradients = {k: array(p.grad) for k, p in model.named_parameters()}
    runs = []
    for optimizer, options in OPTIMIZERS:
        model.load_state_dict(initial)
        stepper = getattr(torch.optim, optimizer)(model.parameters(), **options)
        losses = []
        for _ in range(STEPS):
            stepper.zero_grad()
            now = loss_of(model(x), y)
            now.backward()
            losses.append(number(now.item()))
            stepper.step()
        runs.append({"optimizer": optimizer, "options": options, "losses": losses, "parameters": {k: array(v) for k, v in model.state_dict().items()}})
    return {
        "name": name, "layers": layers, "loss": loss_name, "x": array(x), "y": array(y), "parameters": {k: array(v) for k, v in initial.items()},
        "output": array(output), "loss_value": number(loss.item()), "gradients": gradients, "steps": STEPS, "runs": runs,
    }


write("nets.json", {"torch": torch.__version__, "nets": [net(*spec) for spec in NETS]})

# ---- ops

cases = []


def case(name, op, f, inputs, attrs=None):
    """f(**inputs) is a tensor, or a dict of tensors whose first one has the gradient."""
    leaves = {k: v.clone().requires_grad_() if v.is_floating_point() else v for k, v in inputs.items()}
    result = f(**leaves)
    main = next(iter(result.values())) if isinstance(result, dict) else result
    upstream = torch.randn(main.shape)
    main.backward(upstream)
    entry = {"name": name, "op": op, "inputs": {k: array(v) for k, v in inputs.items()}, "attrs": attrs or {}}
    if isinstance(result, dict):
        entry["outputs"] = {k: array(v) for k, v in result.items()}
    else:
        entry["output"] = array(result)
    entry["upstream"] = array(upstream)
    entry["gradients"] = {k: array(v.grad) for k, v in leaves.items() if v.is_floating_point()}
    cases.append(entry)


def positive(*shape):
    return torch.rand(shape) + 0.25


def away(*shape):
    """Not near zero, both signs."""
    return positive(*shape) * torch.randint(0, 2, shape).mul(2).sub(1)


for op in ("add", "sub", "mul", "div", "maximum", "minimum"):
    for sa, sb in (([3, 4], [3, 4]), ([3, 4], [4]), ([3, 1], [1, 5]), ([2, 3, 4], [3, 1]), ([2, 1, 3, 1], [4, 1, 5]), ([3, 4], [])):
        case(f"{op} {sa} {sb}", op, lambda a, b, op=op: getattr(torch, op)(a, b), {"a": torch.randn(sa), "b": away(*sb)})
# ties: half of the gradient to each side
for op in ("maximum", "minimum"):
    case(f"{op} ties", op, lambda a, b, op=op: getattr(torch, op)(a, b), {"a": torch.tensor([1.0, 2.0, -1.0, 0.0]), "b": torch.tensor([1.0, 1.0, -1.0, 3.0])})

for op, x in (
    ("neg", torch.randn(3, 7)), ("abs", away(3, 7)), ("square", torch.randn(3, 7)), ("sqrt", positive(3, 7)), ("reciprocal", away(3, 7)),
    ("exp", 2 * torch.randn(3, 7)), ("log", positive(3, 7)), ("relu", away(3, 7)), ("sigmoid", 3 * torch.randn(3, 7)), ("tanh", 2 * torch.randn(3, 7)),
):
    case(op, op, lambda x, op=op: getattr(torch, op)(x), {"x": x})
case("abs at 0: gradient 0", "abs", lambda x: torch.abs(x), {"x": torch.tensor([0.0, -0.0, 1.0, -1.0])})
case("relu at 0: gradient 0", "relu", lambda x: torch.relu(x), {"x": torch.tensor([0.0, -0.0, 1.0, -1.0])})

for op in ("sum", "mean", "amax"):
    case(f"{op} all", op, lambda x, op=op: getattr(torch, op)(x), {"x": torch.randn(2, 3, 5)}, {"dim": None, "keepdim": False})
    for dim in ([0], [1], [2], [-1], [0, 2], [1, 2]):
        for keepdim in (False, True):
            case(f"{op} {dim} keepdim {keepdim}", op, lambda x, op=op, dim=dim, keepdim=keepdim: getattr(torch, op)(x, dim=dim, keepdim=keepdim),
                 {"x": torch.randn(2, 3, 5)}, {"dim": dim, "keepdim": keepdim})
case("amax ties share the gradient", "amax", lambda x: torch.amax(x, dim=[1]), {"x": torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])}, {"dim": [1], "keepdim": False})
for dim in (0, 1, 2):
    def max_(x, dim=dim):
        values, indices = torch.max(x, dim=dim)
        return {"values": values, "indices": indices}
    case(f"max over {dim}", "max", max_, {"x": torch.randn(2, 5, 4)}, {"dim": dim, "keepdim": False})

for op in ("softmax", "log_softmax"):
    for shape, dim in (([4, 7], 1), ([4, 7], 0), ([2, 3, 5], 1), ([2, 3, 5], -1), ([1, 10], 1)):
        case(f"{op} {shape} dim {dim}", op, lambda x, op=op, dim=dim: getattr(torch, op)(x, dim=dim), {"x": 2 * torch.randn(shape)}, {"dim": dim})

for reduction in ("mean", "sum", "none"):
    case(f"cross_entropy {reduction}", "cross_entropy", lambda logits, labels, r=reduction: F.cross_entropy(logits, labels, reduction=r),
         {"logits": 3 * torch.randn(6, 5), "labels": torch.randint(5, (6,))}, {"reduction": reduction})
    case(f"mse_loss {reduction}", "mse_loss", lambda input, target, r=reduction: F.mse_loss(input, target, reduction=r),
         {"input": torch.randn(4, 3), "target": torch.randn(4, 3)}, {"reduction": reduction})

for m, k, n in ((1, 1, 1), (3, 4, 5), (8, 8, 8), (9, 7, 10), (1, 13, 4), (5, 1, 3)):
    case(f"matmul {m}x{k}x{n}", "matmul", lambda a, b: torch.matmul(a, b), {"a": torch.randn(m, k), "b": torch.randn(k, n)})
case("linear 6x5x3", "linear", lambda x, weight, bias: F.linear(x, weight, bias), {"x": torch.randn(6, 5), "weight": torch.randn(3, 5), "bias": torch.randn(3)})

for shape, d0, d1 in (([3, 5], 0, 1), ([2, 3, 4], 1, 2), ([2, 3, 4], 0, 2), ([2, 3, 4], -1, 0)):
    case(f"transpose {shape} {d0} {d1}", "transpose", lambda x, d0=d0, d1=d1: x.transpose(d0, d1).contiguous(), {"x": torch.randn(shape)}, {"dims": [d0, d1]})
for dim, shapes in ((0, ([2, 3], [1, 3], [4, 3])), (1, ([3, 2], [3, 5])), (-1, ([2, 2, 3], [2, 2, 1]))):
    case(f"concat dim {dim}", "concat", lambda dim=dim, **xs: torch.cat(list(xs.values()), dim=dim), {f"x{i}": torch.randn(s) for i, s in enumerate(shapes)}, {"dim": dim})
for dim, start, end in ((0, 1, 3), (1, 2, 5), (1, 0, 1), (1, -3, -1)):
    case(f"slice dim {dim} {start}:{end}", "slice", lambda x, dim=dim, start=start, end=end: x[start:end] if dim == 0 else x[:, start:end],
         {"x": torch.randn(4, 6)}, {"dim": dim, "start": start, "end": end})
case("where", "where", lambda condition, a, b: torch.where(condition != 0, a, b), {"condition": torch.randint(0, 2, (3, 5)), "a": torch.randn(3, 5), "b": torch.randn(3, 5)})
case("gather rows, with repeats", "gather_rows", lambda x, index: torch.index_select(x, 0, index), {"x": torch.randn(6, 4), "index": torch.tensor([5, 0, 2, 2, 5, 2])})
case("gather rows of one column", "gather_rows", lambda x, index: torch.index_select(x, 0, index), {"x": torch.randn(3, 1), "index": torch.tensor([2, 2, 0])})

write("ops.json", {"torch": torch.__version__, "cases": cases})
for file in ("nets.json", "ops.json"):
    print(file, os.path.getsize(os.path.join(HERE, file)), "bytes")
