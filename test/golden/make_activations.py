"""Activations and their gradients as PyTorch computes them: python3 test/golden/make_activations.py, which writes activations.json beside it."""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20260512)

WIDE = [-1e4, -100.0, -88.0, -30.0, -20.5, -10.0, -6.0, -3.0, -1.5, -1.0, -0.5, -0.0009765625, 0.0, 0.0009765625, 0.5, 1.0, 1.5, 3.0, 6.0, 10.0, 20.5, 30.0, 88.0, 100.0, 1e4]


def array(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}


def case(name, f, attrs=None, shape=None, weight=None):
    """The reference is computed in float64 from operands that float32 holds."""
    x = torch.tensor(WIDE) if shape is None else torch.randn(shape) * 2
    inputs = [x] + ([weight] if weight is not None else [])
    leaves = [t.double().requires_grad_() for t in inputs]
    y = f(*leaves)
    upstream = torch.randn(y.shape)
    y.backward(upstream.double())
    return {
        "op": name,
        "attrs": attrs or [],
        "inputs": [array(t) for t in inputs],
        "output": array(y),
        "upstream": array(upstream),
        "gradients": [array(t.grad) for t in leaves],
    }


cases = []
for shape in (None, (3, 7), (2, 3, 4)):
    cases += [
        case("relu", F.relu, shape=shape),
        case("sigmoid", torch.sigmoid, shape=shape),
        case("tanh", torch.tanh, shape=shape),
        case("leakyRelu", F.leaky_relu, shape=shape),
        case("leakyRelu", lambda x: F.leaky_relu(x, 0.25), [0.25], shape),
        case("elu", F.elu, shape=shape),
        case("elu", lambda x: F.elu(x, 0.5), [0.5], shape),
        case("selu", F.selu, shape=shape),
        case("gelu", F.gelu, shape=shape),
        case("gelu", lambda x: F.gelu(x, approximate="tanh"), ["tanh"], shape),
        case("silu", F.silu, shape=shape),
        case("mish", F.mish, shape=shape),
        case("softplus", F.softplus, shape=shape),
        case("softplus", lambda x: F.softplus(x, 2, 3), [2, 3], shape),
        case("hardtanh", F.hardtanh, shape=shape),
        case("hardtanh", lambda x: F.hardtanh(x, -0.5, 2), [-0.5, 2], shape),
        case("logSigmoid", F.logsigmoid, shape=shape),
        case("prelu", F.prelu, shape=shape, weight=torch.tensor([0.25])),
    ]
cases += [
    case("prelu", F.prelu, shape=(4, 3), weight=torch.randn(3)),
    case("prelu", F.prelu, shape=(2, 3, 5), weight=torch.randn(3)),
    case("prelu", F.prelu, shape=(2, 3, 2, 5), weight=torch.randn(3)),
    case("prelu", F.prelu, shape=(5, 1), weight=torch.randn(1)),
    case("softmax", lambda x: F.softmax(x, 1), [1], (3, 7)),
    case("logSoftmax", lambda x: F.log_softmax(x, 1), [1], (3, 7)),
]

path = pathlib.Path(__file__).with_name("activations.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
