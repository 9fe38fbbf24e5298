#!/usr/bin/env python3
"""Writes norm.json: 30 training steps of nets with BatchNorm1d and LayerNorm in PyTorch (float64, one thread), running statistics included.
Run `/usr/bin/python3 test/golden/make_norm.py`; the tests need only the JSON."""
import json
import os

import torch

torch.manual_seed(3)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
STEPS = 30


def array(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().double().flatten().tolist()]}


nn = torch.nn
NETS = [
    ("batch norm before the activation", [["Linear", 6, 9], ["BatchNorm1d", 9, {}], ["Tanh"], ["Linear", 9, 2]]),
    ("batch norm after the activation, averaging over all batches", [["Linear", 6, 9], ["Tanh"], ["BatchNorm1d", 9, {"momentum": None}], ["Linear", 9, 2]]),
    ("batch norm without affine parameters", [["Linear", 6, 5], ["BatchNorm1d", 5, {"affine": False, "momentum": 0.3, "eps": 1e-3}], ["Tanh"], ["Linear", 5, 2]]),
    ("batch norm without running statistics", [["Linear", 6, 5], ["BatchNorm1d", 5, {"track_running_stats": False}], ["Tanh"], ["Linear", 5, 2]]),
    ("layer norm", [["Linear", 6, 9], ["LayerNorm", 9, {}], ["Tanh"], ["Linear", 9, 2]]),
]
out = []
for name, layers in NETS:
    model = nn.Sequential(*[getattr(nn, k)(*[a for a in args if not isinstance(a, dict)], **next((a for a in args if isinstance(a, dict)), {})) for k, *args in layers])
    with torch.no_grad():
        for k, v in model.state_dict().items():
            if v.dtype.is_floating_point:
                v.copy_(v.float().double())
    x = torch.randn(16, 6).float().double()
    y = torch.randn(16, 2).float().double()
    initial = {k: array(v) for k, v in model.state_dict().items()}
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(STEPS):
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        opt.step()
        losses.append(float(f"{loss.item():.9g}"))
    model.eval()
    out.append({"name": name, "layers": layers, "x": array(x), "y": array(y), "initial": initial, "losses": losses,
                "final": {k: array(v) for k, v in model.state_dict().items()}, "evaluated": array(model(x))})
with open(os.path.join(os.path.dirname(__file__), "norm.json"), "w") as f:
    json.dump({"torch": torch.__version__, "steps": STEPS, "nets": out}, f)
    f.write("\n")
