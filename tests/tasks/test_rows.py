"""What becomes of rows: blank, repeated and disputed ones, balance, limit, ids; and of the order of pairs."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from truths import truth_of

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.rows import Pair, TextRow, answers, classification, key, preference


def rows(n: int, *, positive: int, groups: int | None = None) -> list[TextRow]:
    """`n` rows, the first `positive` of class 1, in so many groups or one each."""
    return [TextRow(text=f"text {i}", label=int(i < positive), group=f"g{i % (groups or n)}") for i in range(n)]


def examples(given: list[TextRow], **options: object) -> Examples:
    return classification(given, source="these rows", classes=("no", "yes"), **options)  # type: ignore[arg-type]


def test_texts_are_stripped_and_ids_are_hashes_of_them() -> None:
    found = examples([TextRow(text="  a b\n", label=0, group="x"), TextRow(text="c", label=1, group="y")])
    assert found.inputs.tolist() == ["a b", "c"]
    assert found.inputs.dtype == object
    assert found.inputs.shape == (2,)
    assert found.ids == [key("a b"), key("c")]
    assert found.ids[1] == "2e7d2c03a9507ae2"  # the start of the SHA-256 of "c"
    assert truth_of(found).dtype == np.int64
    assert truth_of(found).tolist() == [0, 1]
    assert found.groups == ["x", "y"]
    assert (found.n_classes, found.class_names) == (2, ("no", "yes"))
    assert found.notes == []
    assert found.difficulty is None


def test_blank_unlabelled_repeated_and_disputed_rows_go_and_are_counted() -> None:
    found = examples(
        [
            *rows(4, positive=2),
            TextRow(text=" \n", label=0, group="x"),
            TextRow(text="secret", label=-1, group="x"),
            TextRow(text="text 0 ", label=1, group="other"),
            TextRow(text="text 0", label=1, group="other"),
            TextRow(text="both", label=0, group="x"),
            TextRow(text="both", label=0, group="x"),
            TextRow(text="both", label=1, group="x"),
        ]
    )
    assert found.inputs.tolist() == [f"text {i}" for i in range(4)]
    assert found.groups == ["g0", "g1", "g2", "g3"]
    assert found.notes == [
        "dropped 1 row without text",
        "dropped 1 row without a label",
        "dropped 2 rows with the text of an earlier one",
        "dropped 3 rows with one text and two labels",
    ]


@pytest.mark.parametrize(("positive", "left"), [(55, [45, 55]), (56, [44, 44]), (20, [20, 20])])
def test_classes_are_balanced_from_55_percent_on(positive: int, left: list[int]) -> None:
    given = rows(100, positive=positive)
    found = examples(given, balance=True)
    assert sorted(np.bincount(truth_of(found)).tolist()) == left
    assert len(examples(given).ids) == 100
    assert found.notes == ([f"dropped {100 - sum(left)} rows to balance the classes"] if sum(left) < 100 else [])


def test_more_than_two_classes_are_not_balanced() -> None:
    given = [TextRow(text=str(i), label=min(i, 2), group=str(i)) for i in range(9)]
    found = classification(given, source="x", classes=("a", "b", "c"), balance=True)
    assert np.bincount(truth_of(found)).tolist() == [1, 1, 7]
    assert found.notes == ["not balanced: 3 classes, and only two can be"]


@pytest.mark.parametrize("options", [{"balance": True}, {"limit": 30}, {"balance": True, "limit": 20}])
def test_what_is_chosen_does_not_depend_on_the_order(options: dict[str, object]) -> None:
    given = rows(100, positive=30, groups=40)
    shuffled = given.copy()
    random.Random(0).shuffle(shuffled)
    assert sorted(examples(given, **options).ids) == sorted(examples(shuffled, **options).ids)


def test_a_limit_keeps_whole_groups() -> None:
    given = rows(100, positive=50, groups=30)
    sizes = Counter(row.group for row in given)
    found = examples(given, limit=50)
    assert 46 <= len(found.ids) <= 50
    assert all(sizes[group] == n for group, n in Counter(found.groups).items())
    assert found.notes == [f"kept {len(found.ids)} of 100 rows: limit = 50"]
    assert set(examples(given, limit=20).groups) < {row.group for row in given}
    assert len(examples(given, limit=100).ids) == 100
    assert examples(given, limit=1_000).notes == []


@pytest.mark.parametrize(
    ("given", "options", "why"),
    [
        ([], {}, "these rows: no usable row; the text column must hold text"),
        ([TextRow(text="", label=0, group="x")], {}, r"no usable row \(dropped 1 row without text\)"),
        (rows(5, positive=5), {}, "every usable row has the label 'yes'; at least two classes are needed"),
        (rows(5, positive=0), {}, "every usable row has the label 'no'"),
        (rows(8, positive=4, groups=2), {"limit": 3}, "limit = 3 leaves no row.*smallest group has 4; raise limit"),
        (rows(8, positive=4), {"limit": 1}, "limit = 1 leaves rows of one class alone; raise limit"),
    ],
)
def test_useless_rows_are_an_error_with_the_cure(given: list[TextRow], options: dict[str, object], why: str) -> None:
    with pytest.raises(DataError, match=why):
        examples(given, **options)


def test_difficulty_needs_a_grade_for_every_row() -> None:
    graded = [TextRow(text=str(i), label=i % 2, group=str(i), difficulty=i / 2) for i in range(4)]
    found = examples(graded).difficulty
    assert found is not None
    assert found.dtype == np.float32
    assert found.tolist() == [0, 0.5, 1, 1.5]
    assert examples([*graded, TextRow(text="x", label=0, group="x")]).difficulty is None


def pairs(n: int) -> list[Pair]:
    return [Pair(better=f"good {i}", worse=f"bad {i}", group=f"g{i // 2}") for i in range(n)]


def test_the_order_of_a_pair_says_nothing_but_its_label_does() -> None:
    found = preference(pairs(400), source="pairs")
    assert found.inputs.shape == (400, 2)
    assert found.inputs.dtype == object
    assert (found.n_classes, found.class_names) == (2, ("first", "second"))
    assert 160 < truth_of(found).sum() < 240
    for i, (both, label) in enumerate(zip(found.inputs, truth_of(found), strict=True)):
        assert both[label] == f"good {i}"
        assert both[1 - label] == f"bad {i}"
    turned = preference(reversed(pairs(400)), source="pairs")
    assert dict(zip(turned.ids, truth_of(turned), strict=True)) == dict(zip(found.ids, truth_of(found), strict=True))


def test_the_order_of_a_pair_does_not_depend_on_which_is_better() -> None:
    one = preference([Pair(better="a", worse="b", group="x"), Pair(better="c", worse="d", group="x")], source="x")
    two = preference([Pair(better="b", worse="a", group="x"), Pair(better="d", worse="c", group="x")], source="x")
    assert one.ids == two.ids
    assert one.inputs.tolist() == two.inputs.tolist()
    assert (truth_of(one) == 1 - truth_of(two)).all()


def test_bad_pairs_go_and_are_counted() -> None:
    bad = [
        Pair(better=" ", worse="x", group="x"),
        Pair(better="same", worse=" same", group="x"),
        Pair(better="good 0", worse="bad 0", group="x"),
        Pair(better="bad 1", worse="good 1", group="x"),
    ]
    found = preference([*pairs(3), *bad], source="pairs")
    assert sorted(found.inputs.ravel()) == ["bad 0", "bad 2", "good 0", "good 2"]
    assert found.notes == [
        "dropped 1 row without text",
        "dropped 1 row with both candidates the same",
        "dropped 1 row with the text of an earlier one",
        "dropped 2 rows with one text and two labels",
    ]
    with pytest.raises(DataError, match=r"pairs: no usable pair \(.*\); both candidates must hold text, and differ"):
        preference(bad[:2], source="pairs")


def test_pairs_are_limited_by_whole_groups() -> None:
    found = preference(pairs(20), source="pairs", limit=7)
    assert len(found.ids) == 6
    assert set(Counter(found.groups).values()) == {2}
    with pytest.raises(DataError, match="raise limit"):
        preference(pairs(20), source="pairs", limit=1)


def test_a_question_gets_as_many_wrong_as_right_answers() -> None:
    wrong = ["w1", "w2", " w2", "w3", "right", "also right "]
    found = list(answers("Q A: ", right=["right ", "also right"], wrong=wrong, group="q"))
    assert [row.label for row in found] == [0, 0, 1, 1]
    assert {row.text for row in found if row.label} == {"Q A: right", "Q A: also right"}
    assert {row.text for row in found if not row.label} < {"Q A: w1", "Q A: w2", "Q A: w3"}
    assert {row.group for row in found} == {"q"}
    assert found == list(answers("Q A: ", right=["also right", "right"], wrong=reversed(wrong), group="q"))
    assert not list(answers("Q A: ", right=["x"], wrong=["x"], group="q"))


def test_the_wrong_answer_does_not_always_stand_at_the_same_place() -> None:
    chosen = {
        row.text.split()[-1]
        for i in range(50)
        for row in answers(f"Q {i} A: ", right=["r"], wrong=["w0", "w1", "w2"], group="q")
    }
    assert chosen == {"r", "w0", "w1", "w2"}


@pytest.mark.parametrize("lost", ["caf\ufffd", "caf\u00c3\u00a9", "it\u00e2\u20ac\u2122s"])
def test_letters_that_were_lost_are_told(lost: str) -> None:
    rows = [
        TextRow(text=text, label=i % 2, group=text) for i, text in enumerate(["fine", lost, "caf\u00e9", "S\u00c3O"])
    ]
    (note,) = classification(rows, source="these", classes=("a", "b")).notes
    assert note.startswith("1 row with '")
    assert note.endswith("which stands where letters were lost or read in a wrong encoding")
