"""Four disjoint parts of exact size; groups on one side only; test and validation the same for every seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from truths import truth_of

from outgrow.errors import ConfigError, DataError
from outgrow.specs import SplitSpec
from outgrow.steps import Steps
from outgrow.steps.draw import DRAWN, counts, draw
from outgrow.steps.examples import FIXED, read_examples, set_aside, write_examples
from outgrow.steps.split import SplitData
from outgrow.tasks.base import Examples, Kind
from outgrow.tasks.toy import Toy

SPEC = SplitSpec(supervisor=40, transfer=30, validation=7, test=25)
SIZES = {"supervisor": 40, "transfer": 30, "validation": 7, "test": 25}
PARTS = (*FIXED, *DRAWN)


def examples(n: int, group_size: int = 1) -> Examples:
    return Examples(
        ids=[f"id{i}" for i in range(n)],
        groups=[f"group{i // group_size}" for i in range(n)],
        inputs=np.arange(n, dtype=np.float32)[:, None],
        truth=np.arange(n) % 2,
        n_classes=2,
    )


@pytest.fixture
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    return Split(tmp_path_factory.mktemp("examples"))


class Split:
    """The rows of a task's examples that each part has, through the files that lie between."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, data: Examples, spec: SplitSpec, *, seed: int) -> dict[str, np.ndarray]:
        aside = set_aside(data, spec)
        write_examples(data, aside, "classification", self.folder)
        dataset = read_examples(self.folder)
        split = SplitData(examples=dataset, read_drawn=lambda: draw(dataset, spec, seed=seed))
        described = Steps().split(Toy(), spec, seed=seed)
        row = {one: i for i, one in enumerate(data.ids)}
        found = {}
        for name in PARTS:
            rows = split.rows(described.part(name))
            assert rows.dtype == np.int64
            found[name] = np.array([row[split.ids[i]] for i in rows])
            assert [split.groups[i] for i in rows] == [data.groups[i] for i in found[name]]
            np.testing.assert_array_equal(split.inputs[rows], data.inputs[found[name]])
            np.testing.assert_array_equal(truth_of(split)[rows], truth_of(data)[found[name]])
        assert found["test"].tolist() == aside["test"].tolist()
        assert set(found["supervisor"]) | set(found["transfer"]) <= set(aside["pool"])
        return found


@settings(max_examples=40, deadline=None)
@given(
    group_size=st.integers(1, 9), spec_seed=st.integers(0, 99), seed=st.integers(0, 99), pool=st.sampled_from([0, 90])
)
def test_parts_are_disjoint_of_exact_size_and_share_no_group(
    tmp_path_factory: pytest.TempPathFactory, group_size: int, spec_seed: int, seed: int, pool: int
) -> None:
    data = examples(180, group_size)
    parts = Split(tmp_path_factory.mktemp("examples"))(data, replace(SPEC, seed=spec_seed, pool=pool), seed=seed)
    assert set(parts) == set(PARTS)
    assert {name: len(rows) for name, rows in parts.items()} == SIZES
    rows = np.concatenate(list(parts.values()))
    assert len(set(rows)) == 102
    groups = [{data.groups[row] for row in part} for part in parts.values()]
    assert sum(map(len, groups)) == len(set.union(*groups))


def as_sets(parts: dict[str, np.ndarray]) -> dict[str, list[int]]:
    return {name: rows.tolist() for name, rows in parts.items()}


@pytest.mark.parametrize("pool", [0, 150])
def test_seeds_share_test_and_validation_but_not_what_is_trained_on(split: Split, pool: int) -> None:
    data, spec = examples(300, 2), replace(SPEC, pool=pool)
    zero, one = as_sets(split(data, spec, seed=0)), as_sets(split(data, spec, seed=1))
    for name in PARTS:
        assert (zero[name] == one[name]) == (name in {"test", "validation"})
    assert as_sets(split(data, spec, seed=0)) == zero
    other = as_sets(split(data, replace(spec, seed=1), seed=0))
    assert all(other[name] != zero[name] for name in PARTS)


def test_test_and_validation_do_not_depend_on_what_is_trained_on(split: Split) -> None:
    data = examples(300, 2)
    before = as_sets(split(data, SPEC, seed=0))
    for other in (replace(SPEC, supervisor=50), replace(SPEC, transfer=60), replace(SPEC, pool=100)):
        after = as_sets(split(data, other, seed=0))
        assert {name: before[name] == after[name] for name in FIXED} == {"test": True, "validation": True}


def test_the_pool_is_all_that_is_left_or_as_large_as_asked() -> None:
    data = examples(300, 7)
    everything, some = set_aside(data, SPEC), set_aside(data, replace(SPEC, pool=100))
    assert list(everything) == list(some) == ["test", "validation", "pool"]
    assert len(some["pool"]) == 100
    assert set(some["pool"]) < set(everything["pool"])
    used = {data.groups[row] for name in FIXED for row in everything[name]}
    assert set(everything["pool"]) == {row for row in range(300) if data.groups[row] not in used}


def test_the_order_of_the_rows_does_not_matter(split: Split) -> None:
    data = examples(200)
    order = np.random.default_rng(0).permutation(200)
    shuffled = Examples(
        ids=[data.ids[i] for i in order], groups=[data.groups[i] for i in order],
        inputs=data.inputs, truth=data.truth, n_classes=2,
    )  # fmt: skip
    found = split(shuffled, SPEC, seed=3)
    for name, rows in split(data, SPEC, seed=3).items():
        assert [data.ids[row] for row in rows] == [shuffled.ids[row] for row in found[name]]


def test_parts_are_drawn_at_random(split: Split) -> None:
    """Each part is spread over the whole file, not a run of it."""
    for rows in split(examples(2000), SPEC, seed=0).values():
        assert 600 < np.mean(rows) < 1400


def test_too_few_examples_names_the_numbers(split: Split) -> None:
    with pytest.raises(DataError, match=r"asks for 32 examples .*test 25.* has 31; make \[split\] smaller"):
        split(examples(31), SPEC, seed=0)
    with pytest.raises(DataError, match=r"asks for 70 .*supervisor 40, transfer 30.* test 25 .*there are 69"):
        split(examples(101), SPEC, seed=0)
    split(examples(102), SPEC, seed=0)


def test_groups_that_leave_too_few_examples_name_the_part(split: Split) -> None:
    with pytest.raises(DataError, match=r"part 'transfer' needs 30 examples but got 0"):
        split(examples(240, 80), SPEC, seed=0)
    with pytest.raises(DataError, match=r"asks for 181 examples .*pool 149.* has 180"):
        split(examples(180), replace(SPEC, pool=149), seed=0)


# Files


@pytest.mark.parametrize("kind", ["classification", "preference", "generation"])
def test_examples_are_read_as_they_were_written(tmp_path: Path, kind: Kind) -> None:
    texts = [f"text {i}\n\u00e9\u4e16 \x00" for i in range(6)]
    inputs = np.array(texts if kind != "preference" else [[one, one + "!"] for one in texts], dtype=object)
    given = Examples(
        ids=[f"id{i}" for i in range(6)], groups=list("aabbcc"), inputs=inputs, truth=np.array([0, 1, 1, 0, 1, 0]),
        n_classes=2, class_names=("no", "yes"), difficulty=np.arange(6, dtype=np.float32), notes=["a note"],
    )  # fmt: skip
    parts = {"test": np.array([5, 1]), "validation": np.array([2]), "pool": np.array([0, 3])}
    write_examples(given, parts, kind, tmp_path)
    found = read_examples(tmp_path)
    chosen = [5, 1, 2, 0, 3]
    assert found.ids == [given.ids[i] for i in chosen]
    assert found.groups == ["c", "a", "b", "a", "b"]
    assert found.inputs.dtype == object
    assert found.inputs.tolist() == inputs[chosen].tolist()
    assert truth_of(found).tolist() == truth_of(given)[chosen].tolist()
    assert truth_of(found).dtype == np.int64
    assert found.difficulty is not None
    assert found.difficulty.tolist() == chosen
    assert (found.output.kind, found.output.n_classes, found.output.class_names) == (kind, 2, ("no", "yes"))
    assert found.notes == ["a note"]
    assert [found.part(name) for name in parts] == [range(2), range(2, 3), range(3, 5)]


def test_the_largest_group_is_named() -> None:
    data = examples(60, 50)
    with pytest.raises(DataError, match=r"of 60 examples in 2 groups the largest group, 'group0', has 50; make"):
        set_aside(data, SplitSpec(supervisor=5, transfer=5, validation=20, test=20))
    with pytest.raises(DataError, match="all 60 examples are one group, 'group0': they share a text, a prompt or"):
        set_aside(examples(60, 60), SplitSpec(supervisor=5, transfer=5, validation=20, test=20))


# Conditions


def graded(n: int, group_size: int = 1) -> Examples:
    """Examples of difficulty 0, 1, ... 9, 0, 1, ..., one of four of class 1."""
    number = np.arange(n)
    truth = (number // 10 % 4 == 0).astype(np.int64)
    return replace(examples(n, group_size), difficulty=(number % 10).astype(np.float32), truth=truth)


def test_conditions_that_are_not_given_are_in_no_key() -> None:
    assert SPEC.identity() == {**SIZES, "pool": 0, "seed": 0}
    task, conditioned = Toy(), replace(SPEC, easy=3, hard=5)
    plain, other = (Steps().split(task, one, seed=0) for one in (SPEC, conditioned))
    assert plain.identity() == {"supervisor": 40, "transfer": 30, "seed": 0}
    assert other.identity() == {**plain.identity(), "easy": 3, "hard": 5}
    assert plain.dataset.key == other.dataset.key
    assert plain.key != other.key


@pytest.mark.parametrize("group_size", [1, 2])
def test_the_supervisor_learns_from_easy_examples_and_transfer_holds_hard_ones(split: Split, group_size: int) -> None:
    data = graded(400, group_size)
    assert data.difficulty is not None
    easy, hard, fixed = [], [], []
    for seed in range(3):
        found = split(data, replace(SPEC, easy=4, hard=6.5), seed=seed)
        assert {name: len(rows) for name, rows in found.items()} == SIZES
        easy.append(data.difficulty[found["supervisor"]])
        hard.append(data.difficulty[found["transfer"]])
        fixed.append(found["test"].tolist())
        assert not {*found["supervisor"]} & {*found["transfer"]}
        assert len({data.groups[row] for name in PARTS for row in found[name]}) == sum(
            len({data.groups[row] for row in found[name]}) for name in PARTS
        )
    assert ({*np.concatenate(easy)}, {*np.concatenate(hard)}) == ({0, 1, 2, 3, 4}, {7, 8, 9})
    assert (
        fixed[0] == fixed[1] == split(data, SPEC, seed=0)["test"].tolist()
    )  # of every difficulty, whatever is learned
    assert len({*data.difficulty[fixed[0]]}) > 5


def test_one_bound_alone_leaves_the_other_part_as_it_comes(split: Split) -> None:
    data = graded(400)
    assert data.difficulty is not None
    found, plain = (split(data, one, seed=1) for one in (replace(SPEC, hard=6.5), SPEC))
    assert found["supervisor"].tolist() == plain["supervisor"].tolist()
    assert data.difficulty[found["transfer"]].min() == 7


def test_parts_have_the_class_shares_asked_for(split: Split) -> None:
    data = graded(800, 2)
    truth = truth_of(data)
    spec = replace(SPEC, supervisor_shares=(0.5, 0.5), transfer_shares=(0.9, 0.1))
    found = split(data, spec, seed=0)
    assert {name: len(rows) for name, rows in found.items()} == SIZES
    assert truth[found["supervisor"]].mean() == 0.5
    assert truth[found["transfer"]].sum() == 3


@pytest.mark.parametrize(
    ("n", "shares", "wanted"),
    [(30, (0.9, 0.1), [27, 3]), (10, (1 / 3, 1 / 3, 1 / 3), [4, 3, 3]), (7, (0, 1), [0, 7]), (1, (0.4, 0.6), [0, 1])],
)
def test_whole_numbers_come_of_shares(n: int, shares: tuple[float, ...], wanted: list[int]) -> None:
    assert counts(n, shares) == wanted


def test_shares_that_are_not_labelled_are_none_or_some() -> None:
    for wrong in (0.0, 1.0):
        with pytest.raises(ConfigError, match="unlabelled"):
            replace(SPEC, unlabelled=wrong)
    assert Steps().split(Toy(), replace(SPEC, unlabelled=0.5), seed=0).key == Steps().split(Toy(), SPEC, seed=0).key


def test_conditions_that_cannot_be_met_are_told(split: Split) -> None:
    with pytest.raises(DataError, match="needs the difficulty of each example"):
        split(examples(400), replace(SPEC, easy=1), seed=0)
    with pytest.raises(DataError, match=r"'transfer' needs 30 examples of such difficulty .* but got \d+; make"):
        split(graded(200), replace(SPEC, hard=8), seed=0)
    with pytest.raises(DataError, match=r"'supervisor' needs 40 examples of class 1 but got \d+;"):
        split(graded(120), replace(SPEC, supervisor_shares=(0, 1)), seed=0)
    with pytest.raises(DataError, match="has 3 shares, and the task has 2 classes"):
        split(graded(200), replace(SPEC, transfer_shares=(0.2, 0.3, 0.5)), seed=0)
    with pytest.raises(ConfigError, match=r"transfer_shares = .0.5, 0.6.: the shares of all classes sum to 1"):
        replace(SPEC, transfer_shares=(0.5, 0.6))


def test_a_larger_transfer_of_one_pool_holds_the_smaller_one(split: Split) -> None:
    """So a sweep over `split.transfer` compares more labels with fewer of the same, and shares its supervisor."""
    small, large = (split(examples(400), replace(SPEC, transfer=n, pool=200), seed=0) for n in (20, 120))
    assert small["supervisor"].tolist() == large["supervisor"].tolist()
    assert small["transfer"].tolist() == large["transfer"][:20].tolist()
    assert small["test"].tolist() == large["test"].tolist()
