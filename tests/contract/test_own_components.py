"""`outgrow.testing.check` finds what a task, metric or spec of one's own gets wrong, and says what to do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from outgrow.errors import NotFetched
from outgrow.metrics.base import Metric
from outgrow.registry import Entry
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.toy import Toy
from outgrow.testing import Broken, Checked, check

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
        ({"inputs": np.array([*TEXTS[:5], " "], dtype=object)}, "a text is blank; skip it, and say so in notes"),
        ({"ids": list(range(6))}, "ids and groups are texts"),
        ({"difficulty": np.zeros(3, np.float32)}, r"difficulty must be \[6\]"),
    ],
)
def test_faults_of_tasks(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], message: str) -> None:
    monkeypatch.setattr(Mine, "examples", replace(SOUND, **changes))
    with pytest.raises(Broken, match=message):
        check(Mine())


def test_a_task_that_is_never_the_same_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = itertools.count()
    monkeypatch.setattr(Mine, "load", lambda self: replace(SOUND, truth=np.arange(6) // (1 + next(turns)) % 2))
    with pytest.raises(Broken, match="loaded again, it has other examples; draw them from a seed"):
        check(Mine())


def test_an_error_of_a_component_is_told_as_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> Examples:
        raise KeyError("text")

    monkeypatch.setattr(Mine, "load", fail)
    with pytest.raises(Broken, match="mine: its task cannot be checked, KeyError: 'text'"):
        check(Mine())


def test_what_is_not_here_is_skipped_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> Examples:
        raise NotFetched("fetch it")

    monkeypatch.setattr(Mine, "load", fail)
    assert check(Mine()) == Checked(passed=["spec", "sending"], skipped={"task": "fetch it"})


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


def test_a_spec_with_unknown_options_or_of_no_module_is_told() -> None:
    @dataclass(frozen=True)
    class Lax(Plain):
        def __init__(self, **options: Any) -> None:
            pass

        def __eq__(self, other: object) -> bool:
            return type(self) is type(other)

        def __hash__(self) -> int:
            return 0

    with pytest.raises(Broken, match="Lax takes options that it does not have"):
        check(Lax())
    with pytest.raises(Broken, match=r"cannot be sent to another process .*: define it at the top of a module"):
        check(type("Hidden", (Plain,), {})())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"about": " "}, "about must be one line that says something"),
        ({"source": "a\nb"}, "source must be one line"),
        ({"name": "other"}, "other: the component calls itself 'mine'; register it under its name"),
    ],
)
def test_faults_of_entries(changes: dict[str, Any], message: str) -> None:
    sound: Entry[Any] = Entry(name="mine", value=Mine, about="a", source="b")
    assert check(sound).passed == ["entry", "spec", "task", "sending"]
    with pytest.raises(Broken, match=message):
        check(replace(sound, **changes))
    needs = replace(sound, name="csv", value=tasks["csv"])
    assert check(needs).skipped == {"all else": "CsvFile needs path: make one, and check that"}


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
