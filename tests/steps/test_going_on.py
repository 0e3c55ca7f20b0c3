"""A step that is stopped goes on from what was kept of it, to the same bits; what cannot be used is told, and left."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from losses import cross_entropy
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from outgrow.errors import ConfigError, StepFailed, StoreError
from outgrow.experiment import Experiment
from outgrow.learning import pieces, predict
from outgrow.learning.losses import Loss
from outgrow.learning.objective import Objective
from outgrow.methods.base import methods
from outgrow.methods.naive import Naive
from outgrow.runtime import Runtime
from outgrow.steps.unfinished import Unfinished
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
FILE = "unfinished/*/*"


class Stops:
    """Lets something be kept every third time, and stops the run after so many files, as Ctrl-C does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
        asked, keep, self.kept, self.after = count(1), Unfinished.keep, 0, after

        def stopping(unfinished: Unfinished, *given: Any) -> bool:
            done = keep(unfinished, *given)
            self.kept += 1
            if self.kept == self.after:
                raise KeyboardInterrupt
            return done

        monkeypatch.setattr(Unfinished, "due", lambda _: next(asked) % 3 == 0)
        monkeypatch.setattr(Unfinished, "keep", stopping)


def files(store: Store) -> dict[str, Any]:
    """Of each artefact, its files by their hashes; and nothing unfinished may be left."""
    assert not list(store.root.glob(FILE))
    return {one.key: one.files for one in store.manifests()}


def stopped(experiments: list[Experiment], store: Store) -> list[Path]:
    """What a run leaves that is stopped in the middle."""
    with pytest.raises(KeyboardInterrupt):
        run_experiments(experiments, store)
    left = list(store.root.glob(FILE))
    assert len(left) >= 1
    return left


@pytest.fixture
def many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few rows a batch that small parts are several."""
    monkeypatch.setattr(predict, "ROWS", 8)


@pytest.mark.parametrize(("method", "after"), [("naive", 3), ("confidence", 9), ("elr", 8), ("naive", 31)])
def test_trainings_go_on_to_the_same_files(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str, after: int
) -> None:
    settings = ("train.epochs=4", "train.batch_size=8", "train.keep=best", "train.evaluations=3")
    experiments = toy(f"method.name={method}", *settings)
    whole, parts = Store(tmp_path / "whole"), Store(tmp_path / "parts")
    run_experiments(experiments, whole, runtime=Runtime(checkpoint_minutes=0))
    stops = Stops(monkeypatch, after=after)
    stopped(experiments, parts)
    stops.after = 0
    run_experiments(experiments, parts)
    assert "goes on from update" in caplog.text
    assert files(parts) == files(whole)


@pytest.mark.parametrize("after", [1, 4])
def test_features_and_answers_go_on_to_the_same_files(
    toy: Toy, frozen_toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many_pieces: None, after: int
) -> None:
    experiments = [replace(one, strong=replace(one.strong, model=frozen_toy())) for one in toy("method.name=naive")]
    whole, parts = Store(tmp_path / "whole"), Store(tmp_path / "parts")
    run_experiments(experiments, whole, runtime=Runtime(checkpoint_minutes=0))
    stops = Stops(monkeypatch, after=after)
    (left,) = {path.parent.name for path in stopped(experiments, parts)}
    assert whole.manifest(left).step in ("features", "finetune", "label", "score")
    stops.after = 0
    computed = count_of_batches(monkeypatch)
    run_experiments(experiments, parts)
    again = next(computed)
    assert files(parts) == files(whole)
    run_experiments(experiments, Store(tmp_path / "anew"))
    assert again < next(computed) - again - 1, "what was kept was computed again"


def count_of_batches(monkeypatch: pytest.MonkeyPatch) -> Any:
    """How many pieces were computed so far; each look at it counts as one."""
    computed, made = count(), pieces.made

    def counting(cut: Any, make: Any, *given: Any) -> Any:
        return made(cut, lambda piece: (next(computed), make(piece))[1], *given)

    monkeypatch.setattr(predict, "made", counting)
    monkeypatch.setattr("outgrow.learning.extract.made", counting)
    return computed


def changed(path: Path, **told: str) -> None:
    """Write a kept file anew, with other facts and a checksum that fits."""
    tensors = load_file(path)
    partial = path.with_name("partial")
    save_file(tensors, partial, metadata=told)
    from outgrow.disk import sha256

    partial.rename(path.with_name(f"{path.name.rpartition('.')[0]}.{sha256(partial)}"))
    path.unlink()


def other_torch(path: Path) -> None:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        told = dict(file.metadata())
    made = json.loads(told["made with"])
    assert {"torch", "threads", "device", "precision", "processes"} <= made.keys()
    changed(path, **told | {"made with": json.dumps(made | {"torch": "0.1"})})


def no_facts(path: Path) -> None:
    changed(path, something="else")


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (other_torch, "torch: 0.1 then"),
        (no_facts, "cannot be read"),
        (flipped, "does not match its checksum"),
        (Path.unlink, ""),
    ],
)
def test_what_cannot_be_used_is_told_and_the_training_begins_anew(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None], told: str,
) -> None:  # fmt: skip
    experiments = toy("method.name=naive")
    whole, parts = Store(tmp_path / "whole"), Store(tmp_path / "parts")
    run_experiments(experiments, whole)
    stops = Stops(monkeypatch, after=1)
    (path,) = stopped(experiments, parts)
    damage(path)
    stops.after = 0
    run_experiments(experiments, parts)
    assert told in caplog.text
    assert "goes on" not in caplog.text
    assert files(parts) == files(whole)


@pytest.mark.parametrize("error", [StoreError("the disk is full"), SafetensorError("I/O error: No space left")])
def test_what_cannot_be_kept_is_told_and_the_work_goes_on(
    toy: Toy, frozen_toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    many_pieces: None, error: Exception,
) -> None:  # fmt: skip
    experiments = toy("method.name=naive")
    experiments += [replace(one, strong=replace(one.strong, model=frozen_toy())) for one in experiments]
    whole, full = Store(tmp_path / "whole"), Store(tmp_path / "full")
    run_experiments(experiments, whole, runtime=Runtime(checkpoint_minutes=0))
    keep, tried = Store.keep_unfinished, count()

    def every_other(self: Store, *given: Any) -> None:
        if next(tried) % 2:
            raise error
        keep(self, *given)

    monkeypatch.setattr(Unfinished, "due", lambda self: True)
    monkeypatch.setattr(Store, "keep_unfinished", every_other)
    assert run_experiments(experiments, full).failures == {}
    assert next(tried) > 10
    assert f"goes on, but what is done so far could not be kept: {error}" in caplog.text
    assert files(full) == files(whole)


def test_a_training_that_fails_leaves_nothing_to_go_on_from(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, added: Callable[..., None]
) -> None:
    class Breaking(Loss):
        name = "breaking"

        def start(self, targets: Tensor | None) -> Any:
            return lambda batch: cross_entropy(batch) * (math.nan if batch.progress > 0.8 else 1.0)

    class Breaks(Naive):
        name = "breaks"

        def objective(self) -> Objective:
            return Objective(loss=Breaking())

    added(methods, "breaks", Breaks)
    stops = Stops(monkeypatch, after=0)
    swept = run_experiments(toy("method.name=breaks", "train.epochs=9"), store)
    assert any(isinstance(error, StepFailed) for error in swept.failures.values())
    assert stops.kept >= 1
    assert not list(store.root.glob(FILE))


def test_short_trainings_keep_nothing(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "keep_unfinished", lambda *_: pytest.fail("kept"), raising=False)
    run_experiments(toy("method.name=naive"), store)


def test_minutes_are_no_less_than_none() -> None:
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="checkpoint_minutes"):
            Runtime(checkpoint_minutes=wrong)


def test_something_is_kept_before_the_interval_is_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from outgrow.learning.machine import Machine
    from outgrow.steps.unfinished import Making

    now = [0.0]
    monkeypatch.setattr("outgrow.steps.unfinished.time.monotonic", lambda: now[0])
    making = Making(key="ab" * 32, title="a training", origin={})
    unfinished = Unfinished(making, store, Machine(device=torch.device("cpu")), seconds=60)
    kept = []
    for second in np.arange(1, 200):
        now[0] = float(second)
        if unfinished.due():
            unfinished.keep("state", {"one": torch.ones(1)}, {"second": int(second)})
            kept.append(int(second))
    assert kept == [47, 94, 141, 188]
    found = unfinished.find("state")
    assert found is not None
    assert found[1] == {"second": 188}
