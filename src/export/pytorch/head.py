import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn


class Mean(nn.Module):
    """The mean over height and width."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.mean((2, 3))


