"""Loads the networks of this folder and compares their logits with those that they were exported with.

python3 verify.py [FOLDER]: of the images in `check`, or of another folder of the same three files.
"""
import json, sys
from pathlib import Path
from time import perf_counter
import numpy as np

HERE = Path(__file__).parent
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "check"
image, expected, label = (np.load(folder / f"{name}.npy") for name in ("image", "logits", "label"))
faults = 0

def milliseconds(network):
    """The median time of one image."""
    times = []
    for _ in range(61):
        began = perf_counter()
        network(image[:1])
        times.append(1000 * (perf_counter() - began))
    return sorted(times[10:])[25]

def compare(file, by, network, on_one_thread):
    found = np.concatenate([network(image[start : start + 100]) for start in range(0, len(image), 100)])
    difference = float((abs(found - expected) / (1 + abs(expected))).max())
    equal = float((found.argmax(1) == expected.argmax(1)).mean())
    right = [int((logits.argmax(1) == label).sum()) for logits in (expected, found)]
    good = file == "model.int8.onnx" or (difference <= 1e-4 and equal >= 0.999 and abs(right[0] - right[1]) <= 1)
    print(json.dumps({"file": file, "by": by, "images": len(image), "difference": difference, "equal": equal, "right": right, "good": good, "milliseconds": milliseconds(on_one_thread)}))
    return 0 if good else 1

try:
    import onnxruntime
    for file in sorted(HERE.glob("*.onnx")):
        scale = (lambda part: part) if file.name == "model.uint8.onnx" else (lambda part: part.astype(np.float32) / 255)
        def load_onnx(threads):
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
            return lambda part: session.run(["logits"], {"image": scale(part)})[0]
        faults += compare(file.name, f"onnxruntime {onnxruntime.__version__}", load_onnx(0), load_onnx(1))
except ImportError:
    print("onnxruntime is not installed: the ONNX files are not compared", file=sys.stderr)
try:
    if (HERE / "model.py").exists():
        import torch
        from model import load
        network = load()
        def run(part):
            return network(torch.from_numpy(part).float() / 255).numpy()
        def run_on_one_thread(part):
            torch.set_num_threads(1)
            return run(part)
        threads = torch.get_num_threads()
        with torch.no_grad():
            faults += compare("model.py", f"torch {torch.__version__}", run, run_on_one_thread)
        torch.set_num_threads(threads)
except ImportError:
    print("torch is not installed: model.py is not compared", file=sys.stderr)
sys.exit(min(faults, 1))
