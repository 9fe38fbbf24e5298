#!/usr/bin/env python3
"""Writes safetensors.json: files by the format's own writer (the Rust library behind the Python package `safetensors`), in base64, and what is in them.

To regenerate: install Debian's python3-torch, `pip install --target DIR safetensors`, and run `PYTHONPATH=DIR /usr/bin/python3 test/golden/make_safetensors.py`.
The tests need only the JSON.
{ "safetensors": version, "torch": version, "files": { name: { "base64", "metadata", "tensors": { name: { dtype, shape, data (as numbers, "NaN", "Infinity") } } } },
  "net": { "base64", "x", "y": output in evaluation mode } }
"""
import base64
import json
import math
import os

import safetensors
import torch
from safetensors.torch import save

HERE = os.path.dirname(os.path.abspath(__file__))
KIND = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.int32: "I32",
    torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}


def number(v):
    v = float(v)
    return v if math.isfinite(v) else str(v).replace("nan", "NaN").replace("inf", "Infinity")


def described(tensors, metadata=None):
    data = save({k: t.contiguous() for k, t in tensors.items()}, metadata)
    return {
        "base64": base64.b64encode(data).decode(),
        "metadata": metadata or {},
        "tensors": {
            k: {"dtype": KIND[t.dtype], "shape": list(t.shape), "data": [number(v) for v in t.flatten().to(torch.float64)]} for k, t in tensors.items()
        },
    }


torch.manual_seed(5)
odd = torch.tensor([0.0, -0.0, 1.0, -1.5, 2.0**-24, 2.0**-14, 1.1e-5, 65504.0, 3.14159, math.inf, -math.inf, math.nan], dtype=torch.float32)
every = {
    "f64": torch.randn(3, 2, dtype=torch.float64),
    "f32": odd.reshape(3, 4),
    "f16": odd.to(torch.float16),
    "bf16": odd.to(torch.bfloat16).reshape(2, 6),
    "i64": torch.tensor([2**53 - 1, -(2**53 - 1), 0, -1]),
    "i32": torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
    "i16": torch.tensor([-32768, 32767, 5], dtype=torch.int16),
    "i8": torch.tensor([-128, 127, 1], dtype=torch.int8),
    "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
}
files = {
    "every kind of items": described(every, {"format": "pt"}),
    "no tensors": described({}),
    "scalars, empty tensors and many dimensions": described(
        {"a": torch.tensor(3), "none": torch.zeros(0, 4), "deep": torch.arange(16, dtype=torch.float32).reshape(1, 2, 1, 2, 2, 2), "z.weight": torch.tensor(0.5)}
    ),
    "names in need of care": described(
        {"__proto__": torch.ones(1), "constructor": torch.ones(2), "sch\u00f6n \u2713": torch.ones(3), 'a "quoted"\n\\name': torch.ones(1), "": torch.zeros(2), "0": torch.ones(1)},
        {"format": "pt"},
    ),
}
net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.PReLU(), torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.LayerNorm(4)), torch.nn.Tanh())
for _ in range(3):
    net(torch.randn(6, 3))
net.eval()
x = torch.randn(4, 3)
state = net.state_dict()
result = {
    "safetensors": safetensors.__version__,
    "torch": torch.__version__,
    "files": files,
    "net": {**described(state, {"format": "pt"}), "x": x.flatten().tolist(), "y": net(x).flatten().tolist()},
}
with open(os.path.join(HERE, "safetensors.json"), "w") as f:
    json.dump(result, f, indent=1)
    f.write("\n")
