"""What analyses say, by hand; that they keep their contract is looked at in tests/contract."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.analyses.difficulty import FEWEST, by_difficulty
from outgrow.experiment import Experiment
from outgrow.metrics.base import metrics
from outgrow.results.answers import Answers
from outgrow.results.pooling import group_answers, pool
from outgrow.results.records import read_records
from outgrow.results.table import Group
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]


@pytest.fixture
def groups(store: Store, toy: Toy) -> list[Group]:
    run_experiments(toy(), store)
    return pool(store, read_records(store))


@dataclass(frozen=True, kw_only=True)
class Known(Study):
    """A study whose answers are given."""

    given: Answers

    def answers(self, group: Group) -> Answers:
        return self.given


def answers(difficulty: np.ndarray | None, n: int = 4 * FEWEST) -> Answers:
    """The supervisor is right on the easier half alone, the student on the easiest three quarters."""
    from outgrow.metrics.base import Predictions

    def said(right: np.ndarray) -> Predictions:
        ones = np.ones(n, np.float32)
        predicted = right.astype(np.int64)  # the truth is 1
        return Predictions(
            predicted=predicted, truth=np.ones(n, np.int64), rank=1 - predicted,
            truth_probability=right.astype(np.float32),
            confidence=ones, positive_probability=ones, squared_error=ones,
        )  # fmt: skip

    place = np.arange(n)
    roles = {"weak": place < n / 2, "student": place < 3 * n / 4, "ceiling": place >= 0}
    return Answers(
        metric=metrics["accuracy"], said={role: [said(right)] for role, right in roles.items()}, groups=place,
        difficulty=difficulty,
    )  # fmt: skip


def test_scores_by_difficulty_are_those_of_quarters(groups: list[Group]) -> None:
    found = by_difficulty(Known(groups=groups[:1], given=answers(np.arange(4.0 * FEWEST))))
    assert found is not None
    values = {role: [row[4] for row in found.rows if row[1] == role] for role in ("weak", "student", "ceiling")}
    assert values == {"weak": [1, 1, 0, 0], "student": [1, 1, 1, 0], "ceiling": [1, 1, 1, 1]}
    assert {row[-1] for row in found.rows} == {FEWEST}
    assert [row[2:4] for row in found.rows[::3]] == [(100.0 * k, 100.0 * k + 99) for k in range(4)]


def test_examples_that_are_equally_hard_are_one_part(groups: list[Group]) -> None:
    """As of the shipped puzzles, of which most are of the easiest kind."""
    difficulty = np.where(np.arange(4 * FEWEST) < 3 * FEWEST, 1.0, np.arange(4 * FEWEST))
    found = by_difficulty(Known(groups=groups[:1], given=answers(difficulty)))
    assert found is not None
    assert [row[1:5] for row in found.rows if row[1] == "student"] == [
        ("student", 1, 1, 1),
        ("student", 3 * FEWEST, 4 * FEWEST - 1, 0),
    ]


@pytest.mark.parametrize(
    "difficulty",
    [None, np.zeros(4 * FEWEST), np.arange(4.0 * FEWEST - 40), np.arange(4.0 * FEWEST) > 3.9 * FEWEST],
)
def test_without_difficulties_that_differ_there_is_nothing_to_say(
    groups: list[Group], difficulty: np.ndarray | None
) -> None:
    difficulty = None if difficulty is None else difficulty.astype(float)
    given = answers(difficulty, len(difficulty) if difficulty is not None else 4 * FEWEST)
    assert by_difficulty(Known(groups=groups[:1], given=given)) is None


def test_answers_to_some_examples_are_those_examples(store: Store, groups: list[Group]) -> None:
    whole = group_answers(store, groups[0])
    assert whole is not None
    some = whole.at(np.array([3, 5, 8]))
    assert (some.predicted("student") == whole.predicted("student")[:, [3, 5, 8]]).all()
    assert (some.truth == whole.truth[[3, 5, 8]]).all()
    assert some.n_groups == len(set(whole.groups[[3, 5, 8]]))


def test_a_group_that_failed_has_no_answers(store: Store, groups: list[Group]) -> None:
    assert group_answers(store, replace(groups[0], keys=["ab" * 32])) is None


@pytest.mark.parametrize("name", ["scores", "recovered", "agreement", "training"])
def test_values_are_those_of_the_table(groups: list[Group], name: str) -> None:
    found = analyses[name](Study(groups=groups))
    assert isinstance(found, Panel)
    rows = found.to_dict()["rows"]
    students = {
        "scores": [(g.method, g.student.value) for g in groups if g.student],
        "recovered": [(g.method, g.pgr.value if g.pgr and g.verdict == "ok" else None) for g in groups],
        "agreement": [(g.method, g.agreement.value) for g in groups if g.agreement],
        "training": [(g.method, point.accuracy) for g in groups for point in g.curves["student"]],
    }[name]
    column = {"scores": "value", "recovered": "pgr", "agreement": "value", "training": "accuracy"}[name]
    only = {"scores": ("role", "student"), "agreement": ("where", "all test examples"), "training": ("role", "student")}
    chosen = [row for row in rows if name not in only or row[only[name][0]] == only[name][1]]
    assert [(row["method"], row[column]) for row in chosen] == students


def test_the_command_prints_words_json_and_csv(
    store: Store, groups: list[Group], cli: Callable[..., tuple[int, str, str]]
) -> None:
    assert groups
    place = ("--store", str(store.root))
    status, out, _ = cli("analyse", "agreement", *place)
    assert status == 0
    assert "supervisor wrong" in out
    assert "has copied a mistake" in out
    _, out, _ = cli("analyse", "agreement", "--format", "json", *place)
    (found,) = json.loads(out)
    _, out, _ = cli("analyse", "agreement", "--format", "csv", *place)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [float(row["value"]) for row in rows] == [row["value"] for row in found["rows"]]
    assert {row["study"] for row in rows} == {found["study"]}
    status, _, err = cli("analyse", "difficulty", *place)
    assert (status, "nothing to say" in err) == (2, True)
    status, _, err = cli("analyse", "agreemnt", *place)
    assert (status, "did you mean 'agreement'?" in err) == (2, True)
