#!/usr/bin/env python3
"""Writes optimizers.json: what PyTorch's optimizers, schedulers and clipping do (float32, one thread; schedules float64).

To regenerate: install Debian's python3-torch and run `/usr/bin/python3 test/golden/make_optimizers.py`. The tests need only the JSON.
{ "torch": version, "net": { x, y, parameters, steps }, "runs": [{ name, optimizer, options, groups (options of two groups: weights, biases),
  schedule, clip, losses (before each step), parameters (after the last); LBFGS in float64 }], "schedules": [{ name, make: [function, ...arguments], rates }],
  "clips": [{ kind, max, gradients, norm, clipped }] }. Options are spelled as in TypeScript.
"""
import json
import os
import re
import warnings

import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler as S

warnings.filterwarnings("ignore")
torch.manual_seed(4)
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 25


def number(v):
    return int(v) if isinstance(v, int) else float(f"{v:.9g}")


def array(t):
    t = t.detach()
    return {"shape": list(t.shape), "data": [number(v) for v in t.flatten().tolist()]}


model = torch.nn.Sequential(torch.nn.Linear(5, 9), torch.nn.Tanh(), torch.nn.Linear(9, 3))
initial = {k: v.clone() for k, v in model.state_dict().items()}
x, y = torch.randn(14, 5), torch.randn(14, 3)


def snake(options):
    """Names as torch has them."""
    return {re.sub("[A-Z]", lambda m: "_" + m.group().lower(), k): tuple(v) if isinstance(v, list) else v for k, v in options.items()}


# spelled by hand, for the tests hold a copy of each as the same list of function and arguments
SCHEDULERS = {
    "stepDecay": lambda o, lr, a: S.StepLR(o, a["every"], a.get("gamma", 0.1)),
    "multiStep": lambda o, lr, a: S.MultiStepLR(o, a["milestones"], a.get("gamma", 0.1)),
    "exponential": lambda o, lr, a: S.ExponentialLR(o, a["gamma"]),
    "cosine": lambda o, lr, a: S.CosineAnnealingLR(o, a["steps"], a.get("min", 0)),
    "cosineRestarts": lambda o, lr, a: S.CosineAnnealingWarmRestarts(o, a["steps"], a.get("factor", 1), a.get("min", 0)),
    "polynomial": lambda o, lr, a: S.PolynomialLR(o, a["steps"], a.get("power", 1)),
    "oneCycle": lambda o, lr, a: S.OneCycleLR(
        o, lr, total_steps=a["steps"], pct_start=a.get("pctStart", 0.3), anneal_strategy=a.get("anneal", "cos"), div_factor=a.get("divFactor", 25),
        final_div_factor=a.get("finalDivFactor", 1e4), cycle_momentum=False),
    "warmup": lambda o, lr, a: S.SequentialLR(
        o, [S.LinearLR(o, a.get("start", 1 / 3), 1, a["steps"]), SCHEDULERS[a["next"]["type"]](o, lr, a["next"])], [a["steps"]]),
}


def train(name, kind, options, groups=None, schedule=None, clip=None):
    # rounding errors grow along the iterations of L-BFGS: float64 tells them from mistakes
    double = kind == "LBFGS"
    model.load_state_dict(initial)
    model.to(torch.float64 if double else torch.float32)
    inputs, targets = (x.double(), y.double()) if double else (x, y)
    weights = [p for n, p in model.named_parameters() if "weight" in n]
    biases = [p for n, p in model.named_parameters() if "bias" in n]
    given = model.parameters() if groups is None else [{"params": p, **snake(g)} for p, g in zip((weights, biases), groups)]
    # 1.13 takes mu_t twice in one of NAdam's products, against its documentation and later versions, but not in its foreach form
    optimizer = getattr(torch.optim, kind)(given, **snake(options), **({"foreach": True} if kind == "NAdam" else {}))
    scheduler = None if schedule is None else SCHEDULERS[schedule["type"]](optimizer, schedule["lr"], schedule)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(model(inputs), targets)
        loss = -loss if options.get("maximize") else loss
        loss.backward()
        return loss

    steps = 4 if double else STEPS
    for _ in range(steps):
        if double:
            losses.append(number(optimizer.step(closure).item()))
            continue
        losses.append(number(closure().item()))
        if clip is not None and "norm" in clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip["norm"])
        if clip is not None and "value" in clip:
            torch.nn.utils.clip_grad_value_(model.parameters(), clip["value"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return {"name": name, "optimizer": kind, "options": options, "groups": groups, "schedule": schedule, "clip": clip, "steps": steps, "losses": losses,
            "parameters": {k: array(v) for k, v in model.state_dict().items()}}


two = [{"lr": 0.02, "weightDecay": 0.05}, {"lr": 0.003}]
runs = [
    train("SGD", "SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "weightDecay": 0.01}),
    train("SGD nesterov, maximize", "SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "maximize": True}),
    train("SGD, a schedule", "SGD", {"lr": 0.1, "momentum": 0.9}, schedule={"type": "cosineRestarts", "lr": 0.1, "steps": 5, "factor": 2}),
    train("SGD, two groups", "SGD", {"lr": 0.1, "momentum": 0.9}, groups=two),
    train("SGD, norm at most 0.2", "SGD", {"lr": 0.2, "momentum": 0.5}, clip={"norm": 0.2}),
    train("SGD, values within 0.02", "SGD", {"lr": 0.2, "momentum": 0.5}, clip={"value": 0.02}),
    train("Adagrad", "Adagrad", {"lr": 0.05}),
    train("Adagrad, all options", "Adagrad", {"lr": 0.1, "lrDecay": 0.05, "weightDecay": 0.02, "initialAccumulatorValue": 0.1, "eps": 1e-6}),
    train("Adadelta", "Adadelta", {}),
    train("Adadelta, all options", "Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weightDecay": 0.02}),
    train("RMSprop", "RMSprop", {"lr": 0.01}),
    train("RMSprop centered", "RMSprop", {"lr": 0.01, "centered": True, "alpha": 0.9, "eps": 1e-3}),
    train("RMSprop with momentum", "RMSprop", {"lr": 0.005, "momentum": 0.8, "weightDecay": 0.02}),
    train("RMSprop centered with momentum", "RMSprop", {"lr": 0.003, "momentum": 0.8, "centered": True, "eps": 1e-3}),
    train("Adam amsgrad", "Adam", {"lr": 0.05, "amsgrad": True, "betas": [0.8, 0.9]}),
    train("Adam, decay, maximize", "Adam", {"lr": 0.01, "weightDecay": 0.1, "maximize": True}),
    train("Adam, a schedule, norm at most 0.3", "Adam", {"lr": 0.05}, schedule={"type": "oneCycle", "lr": 0.05, "steps": 25}, clip={"norm": 0.3}),
    train("AdamW", "AdamW", {"lr": 0.02}),
    train("AdamW amsgrad", "AdamW", {"lr": 0.02, "weightDecay": 0.2, "amsgrad": True}),
    train("AdamW, two groups", "AdamW", {"lr": 0.1}, groups=two),
    train("Adamax", "Adamax", {}),
    train("Adamax, all options", "Adamax", {"lr": 0.02, "betas": [0.8, 0.95], "eps": 1e-3, "weightDecay": 0.05}),
    train("NAdam", "NAdam", {}),
    train("NAdam, all options", "NAdam", {"lr": 0.02, "betas": [0.8, 0.95], "eps": 1e-4, "weightDecay": 0.05, "momentumDecay": 0.1}),
    train("RAdam", "RAdam", {"lr": 0.01}),
    train("RAdam, all options", "RAdam", {"lr": 0.02, "betas": [0.8, 0.95], "eps": 1e-4, "weightDecay": 0.05}),
    train("Rprop", "Rprop", {}),
    train("Rprop, all options", "Rprop", {"lr": 0.02, "etas": [0.4, 1.3], "stepSizes": [1e-4, 0.03]}),
    train("LBFGS", "LBFGS", {"lr": 0.5, "maxIter": 4, "historySize": 5}),
    train("LBFGS, strong Wolfe", "LBFGS", {"maxIter": 5, "lineSearchFn": "strong_wolfe"}),
]

# ---- schedules

CASES = [
    {"type": "stepDecay", "lr": 0.3, "every": 4}, {"type": "stepDecay", "lr": 0.3, "every": 7, "gamma": 0.5},
    {"type": "multiStep", "lr": 0.2, "milestones": [3, 5, 21], "gamma": 0.3}, {"type": "exponential", "lr": 0.1, "gamma": 0.93},
    {"type": "cosine", "lr": 0.1, "steps": 29}, {"type": "cosine", "lr": 0.1, "steps": 40, "min": 0.01},
    {"type": "cosineRestarts", "lr": 0.1, "steps": 7}, {"type": "cosineRestarts", "lr": 0.1, "steps": 3, "factor": 2, "min": 0.001},
    {"type": "polynomial", "lr": 0.1, "steps": 20}, {"type": "polynomial", "lr": 0.1, "steps": 25, "power": 2.5}, {"type": "polynomial", "lr": 0.1, "steps": 25, "power": 3},
    {"type": "oneCycle", "lr": 0.4, "steps": 30}, {"type": "oneCycle", "lr": 0.4, "steps": 30, "pctStart": 0.45, "anneal": "linear", "divFactor": 10, "finalDivFactor": 100},
    {"type": "warmup", "steps": 6, "next": {"type": "exponential", "lr": 0.1, "gamma": 0.9}},
    {"type": "warmup", "steps": 5, "start": 0.1, "next": {"type": "cosine", "lr": 0.1, "steps": 25}},
]


def rates(config):
    lr = config.get("lr", config.get("next", {}).get("lr"))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = SCHEDULERS[config["type"]](optimizer, lr, config)
    result = []
    for _ in range(30):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(result) < 30:
            scheduler.step()
    return {"config": config, "rates": result}


# ---- clipping

clips = []
for kind, most in (("norm", 1.0), ("norm", 100.0), ("norm", 1e-3), ("value", 0.5), ("value", 10.0)):
    grads = [2 * torch.randn(7, 3), torch.randn(5), torch.randn(1)]
    params = [torch.nn.Parameter(torch.zeros_like(g)) for g in grads]
    for p, g in zip(params, grads):
        p.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_(params, most).item() if kind == "norm" else None
    if kind == "value":
        torch.nn.utils.clip_grad_value_(params, most)
    clips.append({"kind": kind, "max": most, "gradients": [array(g) for g in grads], "norm": norm, "clipped": [array(p.grad) for p in params]})

with open(os.path.join(HERE, "optimizers.json"), "w") as file:
    json.dump({"torch": torch.__version__, "net": {"x": array(x), "y": array(y), "parameters": {k: array(v) for k, v in initial.items()}}, "runs": runs,
               "schedules": [rates(c) for c in CASES], "clips": clips}, file, separators=(",", ":"))
    file.write("\n")
print("optimizers.json", os.path.getsize(os.path.join(HERE, "optimizers.json")), "bytes")
