"""Loads a network that epnas found into PyTorch: `network = load("results/fashion-mnist")`.

Run as a program, it prints the parameters of the network: `python3 examples/pytorch.py results/fashion-mnist`.
Needs the Python packages torch and safetensors.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional


class Network(nn.Module):
    """The nodes of `network.json` in order; each reads the outputs of earlier ones."""

    def __init__(self, nodes):
        super().__init__()
        self.inputs = [node["inputs"] for node in nodes]
        # `node.<index>.<parameter>` in the file of weights are the names of this module list.
        self.node = nn.ModuleList(layer(node["primitive"]) for node in nodes)
        for side in ("mean", "std"):
            self.register_buffer(f"input_{side}", torch.zeros(nodes[0]["shape"]["channels"]))

    def forward(self, pixels):
        """Logits of images with pixels from 0 to 1, as a batch of channels × height × width."""
        if pixels.ndim != 4 or pixels.shape[1] != self.input_mean.numel():
            raise ValueError(f"images × {self.input_mean.numel()} channels × height × width expected, not {tuple(pixels.shape)}")
        each = (1, -1, 1, 1)
        outputs = [(pixels - self.input_mean.view(each)) / self.input_std.view(each)]
        for sources, node in zip(self.inputs[1:], self.node[1:]):
            outputs.append(node(*(outputs[source] for source in sources)))
        return outputs[-1]


class Add(nn.Module):
    def forward(self, one, other):
        return one + other


class Concat(nn.Module):
    def forward(self, *parts):
        return torch.cat(parts, dim=1)


class Scale(nn.Module):
    def forward(self, value, factors):
        return value * factors[..., None, None]


class GlobalAveragePool(nn.Module):
    def forward(self, value):
        return functional.adaptive_avg_pool2d(value, 1).flatten(1)


def layer(primitive):
    """One primitive of `network.json` as a PyTorch module."""
    plain = {
        "input": nn.Identity,
        "relu": nn.ReLU,
        "sigmoid": nn.Sigmoid,
        "add": Add,
        "scale": Scale,
        "concat": Concat,
        "path-dropout": nn.Identity,
        "global-average-pool": GlobalAveragePool,
    }
    if isinstance(primitive, str):
        if primitive not in plain:
            raise ValueError(f"unknown primitive {primitive}: take the pytorch.py of the epnas that wrote the network")
        return plain[primitive]()
    ((name, values),) = primitive.items()
    if name == "convolution":
        padding = [values["dilation"] * (side - 1) // 2 for side in values["kernel"]]
        return nn.Conv2d(
            values["input"],
            values["output"],
            values["kernel"],
            values["stride"],
            padding,
            values["dilation"],
            values["groups"],
            bias=False,
        )
    if name == "batch-norm":
        return nn.BatchNorm2d(values["channels"])
    if name == "linear":
        return nn.Linear(values["input"], values["output"])
    padding = (values["kernel"] - 1) // 2
    if name == "max-pool":
        return nn.MaxPool2d(values["kernel"], values["stride"], padding)
    if name == "average-pool":
        return nn.AvgPool2d(values["kernel"], values["stride"], padding, count_include_pad=False)
    raise ValueError(f"unknown primitive {name}")


def load(folder):
    """The network of a folder of results, ready for inference."""
    folder = Path(folder)
    network = Network(json.loads((folder / "network.json").read_text())["nodes"])
    weights = load_file(folder / "weights.safetensors")
    weights = {name.replace("input.", "input_"): tensor for name, tensor in weights.items()}
    missing, unexpected = network.load_state_dict(weights, strict=False)
    # PyTorch counts batches; the file does not.
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    assert not missing and not unexpected, (missing, unexpected)
    return network.eval()


if __name__ == "__main__":
    found = load(sys.argv[1])
    print(found)
    print(sum(parameter.numel() for parameter in found.parameters()), "parameters")
