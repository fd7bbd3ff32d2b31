"""Loads exports of random networks by onnx, onnxruntime and PyTorch, and compares: `make test-export`.

python3 export.py FOLDER: each folder in it is an export.
"""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

import numpy
import onnx
import torch

folders = sorted(Path(sys.argv[1]).iterdir())
worst, rounded, compared = {}, [], 0
for number, folder in enumerate(folders):
    for file in sorted(folder.glob("*.onnx")):
        model = onnx.load(file)
        onnx.checker.check_model(model, full_check=True)
        assert model.opset_import[0].version == 17 and model.ir_version == 8, file
        assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch", file
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
        classes = len(json.loads({entry.key: entry.value for entry in model.metadata_props}["classes"]))
        assert inferred.graph.output[0].type.tensor_type.shape.dim[1].dim_value == classes, file
    said = io.StringIO()
    sys.argv[1:] = []
    sys.path.insert(0, str(folder))
    sys.modules.pop("model", None)
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_path(str(folder / "verify.py"), run_name="__main__")
        except SystemExit as end:
            assert not end.code, f"{folder}: {said.getvalue()}"
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [line["file"] for line in lines] == ["model.int8.onnx", "model.onnx", "model.uint8.onnx", "model.py"], lines
    for line in lines:
        compared += 1
        if "int8" in line["file"] and "uint8" not in line["file"]:
            rounded.append(line["difference"])
        else:
            key = line["file"]
            worst[key] = max(worst.get(key, 0), line["difference"])
    network = sys.modules["model"].load(folder)
    with torch.no_grad():
        image = torch.from_numpy(numpy.load(folder / "check/image.npy")).float() / 255
        expected = network(image)
        torch.testing.assert_close(torch.jit.script(network)(image), expected, rtol=1e-4, atol=1e-4)
        if number % 12 == 0:
            batch = torch.export.Dim("batch", min=2, max=1024)
            program = torch.export.export(network, (image,), dynamic_shapes=({0: batch},))
            torch.testing.assert_close(program.module()(image[:5]), expected[:5], rtol=1e-4, atol=1e-4)
            compiled = torch.compile(network, backend="aot_eager")
            torch.testing.assert_close(compiled(image), expected, rtol=1e-4, atol=1e-4)
    sys.path.pop(0)
print(f"{len(folders)} networks, {compared} comparisons; largest differences: {worst}")
print(f"in 8 bits the median of the largest differences is {numpy.median(rounded):.3f}")
