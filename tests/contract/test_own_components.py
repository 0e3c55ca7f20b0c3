"""`outgrow.testing.check` finds what a component of one's own gets wrong, and says what to do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from outgrow.metrics.base import Metric
from outgrow.models.toy import ToyModel
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind
from outgrow.tasks.toy import Toy
from outgrow.testing import Broken, check

TEXTS = np.array([f"text {i}" for i in range(6)], dtype=object)
SOUND = Examples(
    ids=list("abcdef"), groups=list("xxyyzz"), inputs=TEXTS, truth=np.arange(6) % 2, n_classes=2,
    class_names=("no", "yes"),
)  # fmt: skip


@spec
class Mine:
    """A task whose examples a test chooses."""

    name: ClassVar[str] = "mine"
    kind: ClassVar[Kind] = "classification"
    examples: ClassVar[Examples] = SOUND

    def identity(self) -> dict[str, Any]:
        return {"name": self.name}

    def load(self) -> Examples:
        return self.examples


def test_a_sound_task_passes_with_or_without_ground_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    check(Mine)
    monkeypatch.setattr(Mine, "examples", replace(SOUND, truth=None))
    check(Mine())
    check(Toy(n=50))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": [], "groups": [], "inputs": TEXTS[:0], "truth": np.zeros(0, np.int64)}, "mine has no examples"),
        ({"ids": list("aacdef")}, "mine: 1 ids stand there twice"),
        ({"groups": ["x"]}, "each id needs a group and an input"),
        ({"class_names": ("no", "yes", "maybe")}, "as many class_names as classes"),
        ({"class_names": ("no", "no")}, "a class name stands there twice"),
        ({"truth": np.zeros(6, np.int32)}, r"truth must be int64 \[6\]"),
        ({"truth": np.zeros(5, np.int64)}, r"truth must be int64 \[6\]"),
        ({"truth": np.arange(6)}, "a truth is no class"),
        ({"truth": np.arange(6) % 2 - 1}, "a truth is no class"),
        ({"inputs": np.stack([TEXTS, TEXTS], 1)}, r"texts must be \[6\], not \[6, 2\]"),
        ({"inputs": np.array([*TEXTS[:5], 5], dtype=object)}, "an input is no text"),
    ],
)
def test_faults_of_tasks(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], message: str) -> None:
    monkeypatch.setattr(Mine, "examples", replace(SOUND, **changes))
    with pytest.raises(Broken, match=message):
        check(Mine())


class Plain:
    """A task that is no spec: what a test needs of it is set on a subclass."""

    name: str = "plain"
    kind: Kind = "classification"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return 0

    def identity(self) -> Any:
        return {"name": self.name}

    def load(self) -> Examples:
        return SOUND


def counted(self: Any, *, numbers: Any = itertools.count()) -> dict[str, int]:  # noqa: B008 - a new number each time
    return {"number": next(numbers)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Own has no name"),
        ({"__eq__": object.__eq__, "__hash__": object.__hash__}, "equal values must be equal and hashable; use @spec"),
        ({"identity": lambda self: {"it": object()}}, r"Own\.identity\(\) must give what JSON can hold"),
        ({"identity": counted}, "must be the same for equal values"),
        ({"identity": lambda self: {}}, "is empty: say what determines the numbers"),
        ({"identity": lambda self: {"file": "/home/me/rows.csv"}}, 'holds a path, "/home/me/rows.csv"'),
        ({"identity": lambda self: {"file": "../rows.csv"}}, "holds a path"),
        ({"identity": lambda self: {"file": "C:\\rows.csv"}}, "holds a path"),
    ],
)
def test_faults_of_specs(changes: dict[str, Any], message: str) -> None:
    check(Plain())
    with pytest.raises(Broken, match=message):
        check(type("Own", (Plain,), changes)())


def test_a_value_that_can_be_changed_is_no_spec() -> None:
    import dataclasses

    loose = dataclasses.make_dataclass("Loose", [("size", int, 3)], bases=(Plain,), unsafe_hash=True)
    with pytest.raises(Broken, match="Loose can be changed after it is made; use @spec"):
        check(loose())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (lambda p: np.float64(1), r"one for each example, \[60\], not \[\]"),
        (lambda p: np.full(60, np.nan), "not finite where every class occurs"),
        (lambda p: np.asarray(p.predicted != p.truth, np.float64), "the perfect answer must score best"),
        (lambda p: 100.0 * (p.predicted == p.truth), "a share must lie between 0 and 1"),
    ],
)
def test_faults_of_metrics(values: Callable[..., Any], message: str) -> None:
    check(Metric(values=lambda p: np.asarray(p.predicted == p.truth)))
    with pytest.raises(Broken, match=message):
        check(Metric(values=values))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost": property(lambda self: 0.0)}, "cost must be the multiply-accumulates"),
        ({"ladder": lambda self: []}, "is not on its own ladder"),
        ({"ladder": lambda self: [ToyModel(name="toy-l"), self]}, "the ladder's costs must rise"),
        ({"kinds": frozenset()}, "kinds is empty"),
    ],
)
def test_faults_of_models(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], message: str) -> None:
    check(ToyModel(name="toy-s"))
    for name, value in changes.items():
        monkeypatch.setattr(ToyModel, name, value)
    with pytest.raises(Broken, match=message):
        check(ToyModel(name="toy-s"))
