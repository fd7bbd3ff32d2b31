"""Gives images as torchvision does: a DataLoader over decoded arrays, on the one processor that the process has.

Prints a line for each way of changing images at random: `name: images per second`. The images are once tensors and once
pictures of Pillow, as torchvision's own data sets hand them out, with a worker of its own and without; the fastest counts.
"""

import sys
import time

import torch
from PIL import Image
from torchvision.transforms import v2

SIZE, BATCH, SECONDS = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
IMAGES = 4096
MEAN, DEVIATION = [0.5] * 3, [0.25] * 3


def changes(name):
    shift = [v2.RandomCrop(SIZE, padding=SIZE // 8), v2.RandomHorizontalFlip()]
    return {
        "none": [],
        "flip, shift": shift,
        "flip, resized crop": [v2.RandomResizedCrop(SIZE, scale=(0.25, 1.0), antialias=True), v2.RandomHorizontalFlip()],
        "flip, shift, TrivialAugment": [*shift, v2.TrivialAugmentWide()],
    }[name]


class Arrays(torch.utils.data.Dataset):
    def __init__(self, name, pictures):
        noise = torch.randint(0, 256, (IMAGES, SIZE, SIZE, 3), dtype=torch.uint8)
        self.images = noise.numpy() if pictures else noise.permute(0, 3, 1, 2).contiguous()
        self.pictures = pictures
        end = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)]
        self.change = v2.Compose([*changes(name), *([v2.ToImage()] if pictures else []), *end])

    def __len__(self):
        return IMAGES

    def __getitem__(self, index):
        image = self.images[index]
        return self.change(Image.fromarray(image) if self.pictures else image), index % 10


def speed(name, pictures, workers):
    loader = torch.utils.data.DataLoader(Arrays(name, pictures), BATCH, shuffle=True, num_workers=workers, drop_last=True)
    count, began = 0, None
    while True:
        for images, _ in loader:
            # The first batch warms up.
            if began is None:
                began = time.perf_counter()
                continue
            count += len(images)
            taken = time.perf_counter() - began
            if taken > SECONDS:
                return count / taken


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in ["none", "flip, shift", "flip, resized crop", "flip, shift, TrivialAugment"]:
        best = max(speed(name, pictures, workers) for pictures in [False, True] for workers in [0, 1])
        print(f"{name}: {best:.1f}", flush=True)
