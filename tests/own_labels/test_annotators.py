"""Whose label a row is: one annotator is one however it is written, and what tells nothing of them is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from outgrow.errors import DataError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import WeakTable, read

N = 24
TEXTS = [f"text {i // 2}" for i in range(2 * N)]
Write = Callable[..., str]


def table(*paths: str, **columns: object) -> WeakTable:
    """Read with `body` as the text and `who` as the annotator of `a`."""
    options: dict[str, object] = {"text": "body", "labels": ("a",), "annotator": "who", **columns}
    return read(paths, Columns(**options))  # type: ignore[arg-type]


def told(found: WeakTable, words: str) -> bool:
    """Whether a note has these words."""
    return any(words in note for note in found.notes)


def test_one_number_is_one_annotator_however_it_is_written(csv: Write) -> None:
    one = csv("one.csv", texts=TEXTS, a=["x", "y", "y"], who=[1, 2])
    two = csv("two.csv", texts=[f"more {one}" for one in TEXTS], a=["x", "y", "y"], who=["1.0", " 2.0 "])
    assert table(one, two).labellers == ["1", "2"]


def test_annotators_that_are_alike_are_told_and_left_two(csv: Write) -> None:
    found = table(csv(texts=TEXTS, a=["x", "y", "y"], who=["ann", "bob", "ANN", "bob"]))
    assert found.labellers == ["ann", "bob", "ANN"]
    assert told(found, "'ann', 'ANN' of 'who' are alike but for blanks, case or signs: taken for different labellers")


@pytest.mark.parametrize("options", [{}, {"annotator": "body"}, {"labels": ("p_*",)}])
def test_a_column_that_differs_in_every_row_names_no_annotators(csv: Write, options: dict[str, object]) -> None:
    path = csv(a=["x", "y"], p_x=[0.2], p_y=[0.8], who=[*range(N)])
    with pytest.raises(DataError, match=r"each of the 24 values of --annotator '(who|body)' labels one row alone"):
        table(path, **options)


def test_annotators_who_share_no_row_are_told(csv: Write) -> None:
    assert told(table(csv(a=["x", "x", "y"], who=["ann", "bob"])), "no row is labelled by two of the 2 labellers")
    assert not told(table(csv(texts=TEXTS, a=["x", "y", "y"], who=["ann", "bob"])), "no row is labelled by two")


def test_repeated_rows_of_an_annotator_are_counted_and_each_counts(csv: Write) -> None:
    texts = [*TEXTS, *["text 0"] * 3, "text 1"]
    labels = [*["neg", "pos", "pos"] * 16, "pos", "pos", "pos", "neg"]
    found = table(csv(texts=texts, a=labels, who=[*["ann", "bob"] * N, "ann", "ann", "ann", "bob"]))
    np.testing.assert_allclose(found.votes[0, 0], [0.25, 0.75])  # once neg, three times pos
    assert told(found, "4 rows like an earlier one by the same labeller")
    assert told(found, "1 time a labeller says different things of the same: each counts by its share")
