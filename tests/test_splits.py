"""Four disjoint parts of exact size; groups on one side only; test and validation the same for every seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.config import SplitSpec
from outgrow.errors import DataError
from outgrow.splits import PARTS, split
from outgrow.tasks.base import Examples

SPEC = SplitSpec(supervisor=40, transfer=30, validation=7, test=25)


def examples(n: int, group_size: int = 1) -> Examples:
    return Examples(
        ids=[f"id{i}" for i in range(n)],
        groups=[f"group{i // group_size}" for i in range(n)],
        inputs=np.zeros((n, 1), np.float32),
        labels=np.zeros(n, np.int64),
        n_classes=2,
    )


@settings(max_examples=40, deadline=None)
@given(group_size=st.integers(1, 9), spec_seed=st.integers(0, 99), seed=st.integers(0, 99))
def test_parts_are_disjoint_of_exact_size_and_share_no_group(group_size: int, spec_seed: int, seed: int) -> None:
    data = examples(180, group_size)
    spec = SplitSpec(supervisor=40, transfer=30, validation=7, test=25, seed=spec_seed)
    parts = split(data, spec, seed=seed)
    assert set(parts) == set(PARTS)
    assert {name: len(rows) for name, rows in parts.items()} == {
        "supervisor": 40, "transfer": 30, "validation": 7, "test": 25
    }  # fmt: skip
    rows = np.concatenate(list(parts.values()))
    assert len(set(rows)) == 102
    groups = [{data.groups[row] for row in part} for part in parts.values()]
    assert sum(map(len, groups)) == len(set.union(*groups))


def as_sets(parts: dict[str, np.ndarray]) -> dict[str, list[int]]:
    return {name: rows.tolist() for name, rows in parts.items()}


def test_seeds_share_test_and_validation_but_not_what_is_trained_on() -> None:
    data = examples(300, 2)
    zero, one = as_sets(split(data, SPEC, seed=0)), as_sets(split(data, SPEC, seed=1))
    for name in PARTS:
        assert (zero[name] == one[name]) == (name in {"test", "validation"})
    assert as_sets(split(data, SPEC, seed=0)) == zero
    other = as_sets(split(data, SplitSpec(supervisor=40, transfer=30, validation=7, test=25, seed=1), seed=0))
    assert other["test"] != zero["test"]


def test_the_order_of_the_rows_does_not_matter() -> None:
    data = examples(200)
    order = np.random.default_rng(0).permutation(200)
    shuffled = Examples(
        ids=[data.ids[i] for i in order], groups=[data.groups[i] for i in order],
        inputs=data.inputs, labels=data.labels, n_classes=2,
    )  # fmt: skip
    for name, rows in split(data, SPEC, seed=3).items():
        assert [data.ids[row] for row in rows] == [shuffled.ids[row] for row in split(shuffled, SPEC, seed=3)[name]]


def test_parts_are_drawn_at_random() -> None:
    """Each part is spread over the whole file, not a run of it."""
    for rows in split(examples(2000), SPEC, seed=0).values():
        assert 600 < np.mean(rows) < 1400


def test_too_few_examples_names_the_numbers() -> None:
    with pytest.raises(DataError, match=r"asks for 102 examples .*test 25.* has 101; make \[split\] smaller"):
        split(examples(101), SPEC, seed=0)
    split(examples(102), SPEC, seed=0)


def test_groups_that_leave_too_few_examples_name_the_part() -> None:
    with pytest.raises(DataError, match=r"part 'transfer' needs 30 examples but got 0"):
        split(examples(150, 50), SPEC, seed=0)
