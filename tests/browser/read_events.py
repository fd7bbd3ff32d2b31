"""Reads event files back with TensorBoard itself: python read_events.py FOLDER TRAININGS"""

import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

folder, trainings = Path(sys.argv[1]), int(sys.argv[2])
runs = {path.parent for path in folder.rglob("events.out.tfevents.*")}
assert len(runs) == trainings + 1, f"{len(runs)} runs"
accuracies = losses = sessions = 0
for run in runs:
    events = EventAccumulator(str(run))
    events.Reload()
    tags = events.Tags()["scalars"]
    accuracies += "accuracy/validation" in tags
    losses += "loss/train" in tags
    assert all(0 <= event.value <= 1 for tag in tags if tag.startswith("accuracy") for event in events.Scalars(tag))
    metadata = {tag: events.SummaryMetadata(tag) for tag in ["_hparams_/session_start_info"] if tag in events.Tags()["tensors"]}
    for value in metadata.values():
        data = plugin_data_pb2.HParamsPluginData.FromString(value.plugin_data.content)
        assert data.session_start_info.hparams["stage"].string_value, data
        sessions += 1
assert accuracies == sessions == trainings, (accuracies, sessions)
print(f"TensorBoard reads {trainings} trainings, {losses} with losses, {sessions} with hyper-parameters")
