"""Linear heads on a chess network's last hidden layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from outgrow.config import expand
from outgrow.learning.feature_file import load
from outgrow.models.bases.chess import pretrained
from outgrow.runtime import Runtime
from outgrow.steps import Context, Features, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments


def test_a_probe_learns_from_the_last_hidden_layer(tmp_path: Path) -> None:
    document = {
        "task": {"name": "chess-puzzles", "max_rows": 500},
        "split": {"supervisor": 60, "transfer": 60, "validation": 20, "test": 80},
        "weak": {"model": "chess-xs", "training": "probe"},
        "strong": {"model": "chess-s", "training": "probe"},
        "train": {"epochs": 2, "batch_size": 32, "learning_rate": 3e-3, "evaluations": 1},
    }
    (one,) = expand(document, name="tiny")
    store = Store(tmp_path)
    swept = run_experiments([one], store, runtime=Runtime(device="cpu"))
    (record,) = swept.records
    assert not swept.failures
    assert (record.row.weak, record.row.strong) == ("chess-xs probe", "chess-s probe")
    assert record.row.zero_shot_score is None, "a new head knows no chess"
    steps = walk_unique(swept.plan.results[0].result)
    (features,) = (step for step in steps if isinstance(step, Features) and step.model.name == "chess-s")
    stored = load(store.open(features.key))
    data = features.dataset.read(Context(store))
    boards = data.inputs
    network = pretrained("chess-s").eval()
    with torch.inference_mode():
        hidden = network.features(torch.from_numpy(boards)).flatten(1).numpy()
    pool = data.part("pool")
    mean, deviation = hidden[pool.start : pool.stop].mean(0), hidden[pool.start : pool.stop].std(0)
    np.testing.assert_allclose(stored, (hidden - mean) / np.where(deviation < 1e-6, 1, deviation), atol=0.02, rtol=0.01)
    heads = [step for step in steps if isinstance(step, Trained)]
    assert len(heads) == 3
    assert all(step.features is not None for step in heads)
