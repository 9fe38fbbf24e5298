# Fans, gains, and the bounds and standard deviations that torch.nn.init uses, into init.json:
#   /usr/bin/python3 test/golden/make_init.py
import json
import math
from pathlib import Path

import torch
from torch.nn import init

shapes = [[3, 5], [10, 784], [1, 1], [6, 4, 3], [8, 3, 5, 5], [2, 3, 2, 2, 2]]
# torch's names and ours
nonlinearities = {"linear": "linear", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "leaky_relu": "leakyRelu", "selu": "selu"}
gains = [[ours, None, init.calculate_gain(theirs)] for theirs, ours in nonlinearities.items()]
gains += [["leakyRelu", a, init.calculate_gain("leaky_relu", a)] for a in (0, 0.2, -0.5, math.sqrt(5))]


def bound(fill, shape):
    """What fill(tensor) passes on to uniform_ as its bound, or to normal_ as its standard deviation."""
    seen = []
    uniform, normal = init._no_grad_uniform_, init._no_grad_normal_
    init._no_grad_uniform_ = lambda t, a, b: seen.append(b)
    init._no_grad_normal_ = lambda t, mean, std: seen.append(std)
    own_uniform, own_normal = torch.Tensor.uniform_, torch.Tensor.normal_
    torch.Tensor.uniform_ = lambda t, a, b: seen.append(b)
    torch.Tensor.normal_ = lambda t, mean, std: seen.append(std)
    try:
        fill(torch.empty(shape))
    finally:
        init._no_grad_uniform_, init._no_grad_normal_ = uniform, normal
        torch.Tensor.uniform_, torch.Tensor.normal_ = own_uniform, own_normal
    return seen[0]


cases = []
for shape in shapes:
    for kind, xavier, kaiming in (("Uniform", init.xavier_uniform_, init.kaiming_uniform_), ("Normal", init.xavier_normal_, init.kaiming_normal_)):
        cases.append([shape, {"type": "glorot" + kind}, bound(xavier, shape)])
        cases.append([shape, {"type": "glorot" + kind, "gain": 0.5}, bound(lambda t: xavier(t, gain=0.5), shape)])
        cases.append([shape, {"type": "he" + kind}, bound(lambda t: kaiming(t), shape)])
        for mode, ours in (("fan_in", "fanIn"), ("fan_out", "fanOut")):
            for theirs, name in (("tanh", "tanh"), ("selu", "selu")):
                given = {"type": "he" + kind, "mode": ours, "nonlinearity": name}
                cases.append([shape, given, bound(lambda t: kaiming(t, mode=mode, nonlinearity=theirs), shape)])
            given = {"type": "he" + kind, "mode": ours, "nonlinearity": "leakyRelu", "negativeSlope": 0.3}
            cases.append([shape, given, bound(lambda t: kaiming(t, a=0.3, mode=mode), shape)])
Path(__file__).with_suffix("").with_name("init.json").write_text(json.dumps({"torch": torch.__version__, "gains": gains, "cases": cases}) + "\n")
