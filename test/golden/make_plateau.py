#!/usr/bin/env python3
"""Writes plateau.json: the rates that PyTorch's ReduceLROnPlateau gives after each epoch of given figures.

To regenerate: install Debian's python3-torch and run `/usr/bin/python3 test/golden/make_plateau.py`. The tests need only the JSON.
{ "torch": version, "runs": [{ options (spelled as in TypeScript), lrs (of the groups, before), figures, rates (of the groups, after each), state (after the
  last) }] }.
"""
import json
import os
import re
import warnings

import torch

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
STALL = [1, 0.5, 0.4, 0.4, 0.39999, 0.41, 0.3995, 0.39, 0.38999, 0.3899, 0.389, 0.5, 0.6, 0.3889, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1]
CLIMB = [0.1, 0.5, 0.6, 0.6, 0.60001, 0.59, 0.6004, 0.61, 0.60001, 0.6101, 0.7, 0.69, 0.7, 0.7, 0.7001, 0.9, 0.9, 0.9, 0.9, 0.9, 0.90001, 0.9, 0.9, 0.95, 0.9]
RUNS = [
    ({}, [0.1], STALL + [0.1] * 12),
    ({"patience": 2}, [0.1], STALL),
    ({"patience": 0, "factor": 0.5}, [0.1], STALL),
    ({"patience": 1, "factor": 0.3, "cooldown": 3}, [0.1], STALL),
    ({"patience": 1, "threshold": 0.01, "thresholdMode": "abs"}, [0.1], STALL),
    ({"patience": 1, "threshold": 0.01, "thresholdMode": "rel"}, [0.1], STALL),
    ({"patience": 1, "factor": 0.2, "minLr": 0.01, "cooldown": 1}, [0.1], STALL),
    ({"patience": 0, "factor": 0.1, "minLr": [0.003, 1e-5]}, [0.1, 0.02], STALL),
    ({"patience": 0, "factor": 0.1}, [0.1], STALL),
    ({"patience": 0, "factor": 0.5, "eps": 0.01}, [0.1], STALL),
    ({"mode": "max", "patience": 1, "cooldown": 2}, [0.1], CLIMB),
    ({"mode": "max", "patience": 1, "threshold": 0.01, "thresholdMode": "rel", "factor": 0.5}, [0.1], CLIMB),
    ({"mode": "max", "patience": 1, "threshold": 0.01, "thresholdMode": "abs", "factor": 0.5}, [0.1], CLIMB),
    ({"patience": 1}, [0.1], [float("nan"), float("nan"), float("nan"), 3, 2, float("nan"), 2, 1, float("nan"), 1, 1]),
    ({"patience": 1}, [0.1], [-1, -2, -2.0001, -2.001, -2.0011, -2.0012, -2.0013]),
]


def number(v):
    return None if v != v else v


runs = []
for options, lrs, figures in RUNS:
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in lrs], lr=1)
    snake = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), k): v for k, v in options.items()}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **snake)
    rates = []
    for figure in figures:
        scheduler.step(figure)
        rates.append([g["lr"] for g in optimizer.param_groups])
    state = {k: scheduler.state_dict()[k] for k in ["best", "num_bad_epochs", "cooldown_counter", "last_epoch"]}
    runs.append({"options": options, "lrs": lrs, "figures": [number(f) for f in figures], "rates": rates, "state": state})

with open(os.path.join(HERE, "plateau.json"), "w") as f:
    json.dump({"torch": torch.__version__, "runs": runs}, f, separators=(",", ":"))
    f.write("\n")
