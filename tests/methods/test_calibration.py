"""Calibration: limits in which the answer is known, and a supervisor that keeps rows aside for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import run
from outgrow.learning.calibration import Calibration, calibration
from outgrow.learning.objective import WeakLabels
from outgrow.methods.transforms.calibrate import Calibrate
from outgrow.steps import Calibrated as CalibratedStep
from outgrow.steps import Context, Labels, Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.supervisors.calibrated import Calibrated
from outgrow.supervisors.ensemble import Ensemble
from outgrow.sweep import run_experiments

WAYS = ["temperature", "platt"]


def drawn(n: int, classes: int, *, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities softmax(z), and classes drawn from softmax(slope z)."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, classes)) * 1.5

    def softmax(z: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        return found

    chances = softmax(slope * z).cumsum(1)
    return softmax(z).astype(np.float32), (rng.random((n, 1)) > chances[:, :-1]).sum(1)


def calibrated(given: np.ndarray, truth: np.ndarray, *, by: Any) -> Calibration:
    return calibration(given, truth, [str(i) for i in range(len(truth))], by=by)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("slope", [2.0, 0.5, 1.0])
def test_the_temperature_that_labels_were_drawn_at_is_found(classes: int, slope: float) -> None:
    given, truth = drawn(20_000, classes, slope=slope)
    found = calibrated(given, truth, by="temperature")
    assert found.temperature == pytest.approx(1 / slope, rel=0.02 if slope > 1 else 0.04)  # flat where it is hot
    assert found.offset == 0
    assert found.n == 20_000


def test_platts_line_is_found_and_only_it_can_move_the_middle() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal(40_000) * 2
    truth = (rng.random(40_000) < 1 / (1 + np.exp(-(0.5 * z + 0.8)))).astype(np.int64)
    p = 1 / (1 + np.exp(-z))
    given = np.stack([1 - p, p], 1).astype(np.float32)
    found = calibrated(given, truth, by="platt")
    assert found.slope == pytest.approx(0.5, abs=0.02)
    assert found.offset == pytest.approx(0.8, abs=0.03)
    assert found.after < calibrated(given, truth, by="temperature").after < found.before
    assert "and +0.79" in found.words
    with pytest.raises(ValueError, match="platt is for two classes, and there are 3; use temperature"):
        calibrated(np.full((4, 3), 1 / 3), np.arange(4) % 3, by="platt")


def test_a_temperature_of_one_is_the_identity_and_none_changes_the_most_probable_class() -> None:
    given, truth = drawn(500, 4, slope=3.0)
    given[::10] = 0
    one = Calibration(slope=1.0, offset=0.0, n=1, groups=1, before=0.0, after=0.0)
    assert one.apply(given) is given
    for slope in (0.1, 0.7, 3.0, 20.0):
        found = Calibration(slope=slope, offset=0.0, n=1, groups=1, before=0.0, after=0.0).apply(given)
        assert (found.argmax(1) == given.argmax(1)).all()
        said = given.any(1)
        np.testing.assert_allclose(found.sum(1), said, atol=1e-6)
    assert calibrated(given, truth, by="temperature").n == 450


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("what", ["noise", "certain and right", "certain and wrong", "even", "one row"])
def test_the_likelihood_of_what_it_is_fitted_on_never_falls(by: Any, what: str) -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 1 if what == "one row" else 200)
    given = {
        "noise": rng.dirichlet(np.ones(2), 200),
        "certain and right": np.eye(2)[truth],
        "certain and wrong": np.eye(2)[1 - truth],
        "even": np.full((200, 2), 0.5),
        "one row": np.array([[0.3, 0.7]]),
    }[what]
    found = calibrated(given, truth, by=by)
    assert found.after <= found.before + 1e-12
    assert np.isfinite([found.slope, found.offset, found.after]).all()
    assert np.isfinite(found.apply(given)).all()


def test_how_many_groups_the_rows_are_of_is_told() -> None:
    given, truth = drawn(40, 3, slope=1.0)
    given[::4] = 0  # these are passed over
    found = calibration(given, truth, [str(i % 8) for i in range(40)], by="temperature")
    assert (found.n, found.groups) == (30, 6)
    assert "fitted on 30 rows of known truth, which are of 6 groups: their negative" in found.words
    assert "groups" not in calibrated(given, truth, by="temperature").words


def weak(votes: np.ndarray, truth: np.ndarray | None) -> WeakLabels:
    names = [str(i) for i in range(votes.shape[1])]
    return WeakLabels(probabilities=votes, ids=names, groups=names, truth=truth)


def test_each_supervisor_is_calibrated_by_the_rows_whose_truth_is_known() -> None:
    one, truth = drawn(20_000, 3, slope=2.0)
    other = np.asarray(one**3 / (one**3).sum(1, keepdims=True), np.float32)  # too sure by half
    known = np.where(np.arange(20_000) < 10_000, truth, -1)
    found = Calibrate().apply(weak(np.stack([one, other]), known), seed=0)
    np.testing.assert_allclose(found.probabilities[0], found.probabilities[1], atol=0.02)
    assert [note.split(",")[0] for note in found.notes] == [
        f"labels are calibrated: temperature {t}"
        for t in (found.notes[0].split()[4][:-1], found.notes[1].split()[4][:-1])
    ]
    assert Calibrate.uses_truth
    nobody = Calibrate().apply(weak(one[None], None), seed=0)
    assert (nobody.probabilities == one).all()
    assert nobody.notes == ("nothing is calibrated: no row's truth is known",)
    with pytest.raises(ValueError, match="none of the rows whose truth is known has a label"):
        Calibrate().apply(weak(np.zeros((1, 20_000, 3), np.float32), known), seed=0)


def test_a_supervisor_keeps_rows_aside_that_it_is_calibrated_by(document: dict[str, Any], store: Store) -> None:
    document.pop("sweep")
    table = {"model": "calibrated", "of": {"model": "toy-xs", "train": {"epochs": 9}}, "held_out": 0.25}
    (one,) = expand({**document, "weak": table, "method": "naive"}, name="x")
    assert isinstance(one.weak, Calibrated)
    assert one.weak.label == "calibrated toy-xs"
    assert one.weak.roles[0].train.epochs == 9
    assert read(to_toml(one), name="x") == one
    result = run(one, Steps())
    (step,) = [step for step in walk_unique(result) if isinstance(step, CalibratedStep)]
    taught = step.of
    assert isinstance(taught, Trained)
    assert taught.labels is None
    assert (taught.part.name, taught.part.start, taught.part.stop) == ("supervisor", 0, 45)
    assert (step.part.name, step.part.start, step.part.stop) == ("supervisor", 45, 60)
    swept = run_experiments([one], store)
    assert not swept.failures
    context = Context(store)
    plain, sure = taught.answers(context, result.student.part), step.answers(context, result.student.part)
    assert (plain.argmax(1) == sure.argmax(1)).all()
    assert not np.allclose(plain, sure, atol=1e-3)
    (record,) = swept.records
    assert record.row.weak == "calibrated toy-xs"
    assert any(note.startswith("calibrated toy-xs: temperature") and "15 rows" in note for note in record.notes)
    labels = next(step for step in walk_unique(result) if isinstance(step, Labels) and step.part.name == "transfer")
    assert labels.by is step


def test_what_cannot_be_calibrated_is_told(document: dict[str, Any]) -> None:
    document.pop("sweep")
    ensemble = {"model": "ensemble", "members": ["toy-xs", "toy-s"]}
    with pytest.raises(ConfigError, match="only a model is calibrated; in an ensemble, each by itself"):
        expand({**document, "weak": {"model": "calibrated", "of": ensemble}}, name="x")
    each = [{"model": "calibrated", "of": name} for name in ("toy-xs", "toy-s")]
    (one,) = expand({**document, "weak": {"model": "ensemble", "members": each}, "method": "naive"}, name="x")
    assert isinstance(one.weak, Ensemble)
    small = {**document["split"], "supervisor": 1}
    (one,) = expand({**document, "split": small, "weak": each[0], "method": "naive"}, name="x")
    with pytest.raises(ConfigError, match=r"split\.supervisor = 1: calibrated toy-xs needs rows to learn from"):
        run(one, Steps())
