"""Reads, decodes and resizes a folder of images as torchvision does, with Pillow and two workers; prints `name: seconds`.

Without torchvision the same is done with Pillow alone in two processes, which has less to carry from worker to worker.
"""

import sys
import time
from multiprocessing import Pool
from pathlib import Path

WORKERS = 2


def with_torchvision(folder, size):
    import torch
    from torchvision import datasets, transforms

    steps = transforms.Compose([transforms.Resize(size), transforms.CenterCrop(size), transforms.PILToTensor()])
    loader = torch.utils.data.DataLoader(datasets.ImageFolder(folder, steps), batch_size=256, num_workers=WORKERS)
    began = time.perf_counter()
    count = sum(len(labels) for _, labels in loader)
    return f"torchvision with Pillow, DataLoader, {WORKERS} workers ({count})", time.perf_counter() - began


def prepared(path):
    from PIL import Image

    with Image.open(path) as image:
        image = image.convert("RGB")
        scale = SIZE / min(image.size)
        image = image.resize([round(side * scale) for side in image.size], Image.Resampling.BILINEAR)
        left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
        return image.crop((left, top, left + SIZE, top + SIZE)).tobytes()


def with_pillow(folder):
    paths = sorted(Path(folder).rglob("*.jpg"))
    with Pool(WORKERS) as pool:
        began = time.perf_counter()
        count = sum(1 for _ in pool.imap(prepared, paths, chunksize=64))
        return f"Pillow alone, {WORKERS} processes ({count})", time.perf_counter() - began


FOLDER, SIZE = sys.argv[1], int(sys.argv[2])

if __name__ == "__main__":
    try:
        name, seconds = with_torchvision(FOLDER, SIZE)
    except ImportError:
        name, seconds = with_pillow(FOLDER)
    print(f"{name}: {seconds:.3f}")
