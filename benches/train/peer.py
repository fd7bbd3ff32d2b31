"""What a user would run instead of the worker: the same networks, the same training step, in PyTorch at its best.

Started by `benches/train.rs`. Reads one JSON object a line, answers with one:

  {"threads": T, "precision": "bf16" | "fp32", "compile": bool, "nodes": [...], "batch": B, "images": N}
      builds a network from the primitive layers of epnas and takes first steps -> {"ready": seconds}
  {"steps": S}
      trains S steps -> {"seconds": of one step, the median, "memory": bytes at the peak beyond those before the network}

Settings: channels-last tensors and weights, bf16 by autocast or 32 bits, fused SGD with Nesterov momentum, gradients set
to none, data resident as bytes, augmentation as batched tensor operations, no synchronisation within the steps.
"""

import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional


class Graph(nn.Module):
    """A network as epnas lists it: each node a primitive and the earlier nodes that it reads."""

    def __init__(self, nodes):
        super().__init__()
        readers = [0] * len(nodes)
        for node in nodes:
            for source in node["inputs"]:
                readers[source] += 1
        self.inputs = [node["inputs"] for node in nodes]
        self.last_reader = {}
        for index, sources in enumerate(self.inputs):
            for source in sources:
                self.last_reader[source] = index
        self.layers = nn.ModuleList()
        for node in nodes:
            self.layers.append(self.layer(node, nodes, readers))

    @staticmethod
    def layer(node, nodes, readers):
        primitive = node["primitive"]
        if isinstance(primitive, str):
            if primitive == "relu":
                source = node["inputs"][0]
                alone = readers[source] == 1
                made_by = nodes[source]["primitive"]
                gives_up = made_by == "add" or isinstance(made_by, dict) and "batch-norm" in made_by
                return nn.ReLU(inplace=alone and gives_up)
            return {
                "input": nn.Identity,
                "add": Add,
                "concat": Concat,
                "path-dropout": nn.Identity,
                "global-average-pool": GlobalAveragePool,
            }[primitive]()
        ((name, values),) = primitive.items()
        if name == "convolution":
            kernel, dilation = values["kernel"], values["dilation"]
            padding = [dilation * (side - 1) // 2 for side in kernel]
            return nn.Conv2d(
                values["input"],
                values["output"],
                kernel,
                values["stride"],
                padding,
                dilation,
                values["groups"],
                bias=False,
            )
        if name == "batch-norm":
            return nn.BatchNorm2d(values["channels"])
        if name == "max-pool":
            return nn.MaxPool2d(values["kernel"], values["stride"], (values["kernel"] - 1) // 2)
        if name == "average-pool":
            return nn.AvgPool2d(
                values["kernel"],
                values["stride"],
                (values["kernel"] - 1) // 2,
                count_include_pad=False,
            )
        if name == "linear":
            return nn.Linear(values["input"], values["output"])
        raise ValueError(f"unknown primitive {name}")

    def forward(self, images):
        values = [images]
        for index in range(1, len(self.layers)):
            sources = self.inputs[index]
            value = self.layers[index](*[values[source] for source in sources])
            for source in sources:
                if self.last_reader[source] == index:
                    values[source] = None
            values.append(value)
        return values[-1]


class Add(nn.Module):
    def forward(self, first, second):
        return first + second


class Concat(nn.Module):
    def forward(self, *parts):
        return torch.cat(parts, 1)


class GlobalAveragePool(nn.Module):
    def forward(self, value):
        return value.mean((2, 3))


class Training:
    def __init__(self, order):
        torch.manual_seed(0)
        torch.set_num_threads(order["threads"])
        nodes, self.batch = order["nodes"], order["batch"]
        shape, classes = nodes[0]["shape"], nodes[-1]["shape"]["channels"]
        self.count = order["images"]
        size = (self.count, shape["height"], shape["width"], shape["channels"])
        self.pixels = torch.randint(0, 256, size, dtype=torch.uint8)
        self.labels = torch.randint(0, classes, (self.count,))
        # Statistics of uniform bytes.
        self.mean, self.scale = 127.5, 1 / 73.9
        self.bf16 = order["precision"] == "bf16"
        self.model = Graph(nodes).to(memory_format=torch.channels_last)
        decayed = [weights for weights in self.model.parameters() if weights.dim() > 1]
        others = [weights for weights in self.model.parameters() if weights.dim() == 1]
        self.optimizer = torch.optim.SGD(
            [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}],
            lr=0.05,
            momentum=0.9,
            nesterov=True,
            fused=True,
        )
        self.forward = torch.compile(self.loss) if order["compile"] else self.loss
        self.order, self.place = torch.randperm(self.count), 0
        self.flips = torch.rand(self.count) < 0.5
        self.total = torch.zeros(())

    def loss(self, images, labels):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.model(images)
        return functional.cross_entropy(logits.float(), labels, label_smoothing=0.05)

    def images(self, index, flips):
        pixels = self.pixels[index]
        pixels = torch.where(flips.view(-1, 1, 1, 1), pixels.flip(2), pixels)
        # Channels last in memory already.
        return ((pixels.float() - self.mean) * self.scale).permute(0, 3, 1, 2)

    def step(self):
        if self.place + self.batch > self.count:
            self.order, self.place = torch.randperm(self.count), 0
            self.flips = torch.rand(self.count) < 0.5
        part = slice(self.place, self.place + self.batch)
        self.place += self.batch
        index = self.order[part]
        loss = self.forward(self.images(index, self.flips[part]), self.labels[index])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.total += loss.detach()

    def steps(self, count):
        """Seconds of each step."""
        seconds = []
        for _ in range(count):
            began = time.perf_counter()
            self.step()
            seconds.append(time.perf_counter() - began)
        return seconds


def resident(name):
    """Bytes of this process: `VmRSS` now, `VmHWM` at the peak."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


def main():
    training, before = None, 0
    for line in sys.stdin:
        order = json.loads(line)
        if "nodes" in order:
            before = resident("VmRSS")
            training = Training(order)
            answer = {"ready": sum(training.steps(3))}
        else:
            seconds = statistics.median(training.steps(order["steps"]))
            answer = {"seconds": seconds, "memory": resident("VmHWM") - before}
        print(json.dumps(answer), flush=True)


main()
