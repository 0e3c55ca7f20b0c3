"""What labels mean: decided once for all labellers, and told where it is a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import WeakTable, read

N = 48
Write = Callable[..., str]


def table(path: str, **columns: object) -> WeakTable:
    """Read with `body` as the text."""
    return read([path], Columns(text="body", **columns))  # type: ignore[arg-type]


def pairs(place: Path, columns: str, rows: list[str], **options: object) -> WeakTable:
    """Read pairs of candidates with labels, the rows repeated to `N`."""
    lines = [f"x,y,{columns}", *(f"answer {i},reply {i},{rows[i % len(rows)]}" for i in range(N))]
    (place / "pairs.csv").write_text("\n".join(lines) + "\n")
    return read([str(place / "pairs.csv")], Columns(first="x", second="y", **options))  # type: ignore[arg-type]


def test_functions_that_name_one_class_each_abstain_by_minus_one(csv: Write) -> None:
    found = table(csv(a=[1, -1, -1, -1], b=[-1, 0, -1, -1]), labels=("a", "b"))
    assert found.classes == ["0", "1"]
    np.testing.assert_array_equal(found.votes[0].sum(0), [0, N // 4])
    np.testing.assert_array_equal(found.votes[1].sum(0), [N // 4, 0])


def test_minus_one_beside_one_alone_may_be_a_class(csv: Write) -> None:
    with pytest.raises(DataError, match="write 0 for -1 if it is the class"):
        table(csv(a=[1, -1, 1, -1]), labels=("a",), classes=("neg", "pos"))


def test_numbers_mean_the_same_to_every_labeller(csv: Write) -> None:
    found = table(csv(a=[1, 2, 3], b=[1, 2], gold=[2, "", ""]), labels=("a", "b"), audited="gold")
    assert found.classes == ["1", "2", "3"]
    np.testing.assert_array_equal(found.votes[1].sum(0), [N // 2, N // 2, 0])
    assert set(found.truth.tolist()) == {-1, 1}
    found = table(csv(a=[1, 2], b=[2, 2]), labels=("a", "b"), classes=("1", "2", "3"))
    np.testing.assert_array_equal(found.votes[1].sum(0), [0, N, 0])
    found = table(csv(a=[0, 1, 2], b=[1, 2]), labels=("a", "b"), classes=("1", "2", "3"))
    assert "'a' counts classes from 0: its 0 is taken for '1'" in found.notes
    np.testing.assert_array_equal(found.votes[1].sum(0), [0, N // 2, N // 2])


@pytest.mark.parametrize("nothing", ["-1", "abstain", ""])
def test_probabilities_abstain_as_classes_do(csv: Write, nothing: str) -> None:
    found = table(csv(a=["yes", "no"], p=["0.75", nothing]), labels=("a", "p"))
    np.testing.assert_allclose(found.votes[1][:2], np.array([[0.25, 0.75], [0, 0]]))
    assert any("'p' holds a probability: taken for that of 'yes'; if it is that of 'no'" in one for one in found.notes)
    found = table(csv(p_no=["0.25", nothing], p_yes=["0.75", nothing]), labels=("p_*",))
    np.testing.assert_allclose(found.votes[0][:2], np.array([[0.25, 0.75], [0, 0]]))
    with pytest.raises(DataError, match=r"a probability is not a number|must be from 0 to 1"):
        table(csv(p_no=["0.25"], p_yes=[nothing or "?"]), labels=("p_*",))


def test_a_column_for_each_class_is_no_labeller(csv: Write) -> None:
    with pytest.raises(DataError, match=r"neg, pos sum to 1 in every row.*--labels 'p_\*'"):
        table(csv(neg=[1, 0], pos=[0, 1]), labels=("neg", "pos"))
    assert len(table(csv(a=[1, 0, 1], b=[0, 1, 1]), labels=("a", "b")).labellers) == 2


def test_a_label_that_stands_there_once_is_told_and_left_out(csv: Write) -> None:
    texts = [f"text {i}" for i in range(N + 1)]
    found = table(csv(texts=texts, a=[*(["x", "y"] * (N // 2)), "450 rows"]), labels=("a",))
    assert found.classes == ["x", "y"]
    assert not found.votes[0, -1].any()
    assert any("'450 rows'; set --classes if it is one" in one for one in found.notes)
    with pytest.raises(DataError, match="1 label is none of the classes x, y: '450 rows'"):
        table(csv(texts=texts, a=[*(["x", "y"] * (N // 2)), "450 rows"]), labels=("a",), classes=("x", "y"))


def test_of_several_columns_that_is_named_which_holds_no_classes(csv: Write) -> None:
    commas = [f'"0,{i + 10}"' for i in range(N)]
    with pytest.raises(DataError, match=r"'p' has 48 different values in 48 rows.* with a comma .* write a point"):
        table(csv(a=["x", "y"], p=commas), labels=("a", "p"))
    with pytest.raises(DataError, match=r"'p' has 48 different values .* several rows\)$"):
        table(csv(a=["x", "y"], b=["x"], c=["y"], p=[f"said {i}" for i in range(N)]), labels=("a", "b", "c", "p"))
    many = [f"class {i % 16}" for i in range(N)]
    found = table(csv(a=many, b=[*many[:24], *([""] * (N - 24))]), labels=("a", "b"))
    assert len(found.classes) == 16


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["x", "y", "unsure"], r"set --no-label=unsure; if it is a class, set --classes=unsure,x,y$"),
        (
            ["a, b", "a, b", "y", "n/k", "?"],
            r"set --no-label='\?'; if it is a class, set --classes='\?,\"a, b\",n/k,y'$",
        ),
        (["Pos", "pos", "neg"], "name all classes in --classes if these are two"),
        ([1, 1.5, 2], "set --classes=1,1.5,2 if each is a class"),
    ],
)
def test_cures_are_options_of_the_command(csv: Write, values: list[object], words: str) -> None:
    quoted = [f'"{one}"' for one in values]
    with pytest.raises(DataError, match=words):
        table(csv(a=quoted), labels=("a",))


def test_numbers_of_candidates_are_counted_alike_for_all_labellers(tmp_path: Path) -> None:
    rows = ["1,1,1", "2,,", "1,1,", "2,,"]
    found = pairs(tmp_path, "l,m,gold", rows, labels=("l", "m"), audited="gold")
    np.testing.assert_array_equal(found.votes[1].sum(0), [N // 2, 0])
    assert set(found.truth.tolist()) == {-1, 0}
    found = pairs(tmp_path, "l,m", ["0,1", "1,"], labels=("l", "m"))
    np.testing.assert_array_equal(found.votes[1].sum(0), [0, N // 2])
    with pytest.raises(DataError, match="'l' says 1 and never 0 or 2"):
        pairs(tmp_path, "l", ["1", "-1"], labels=("l",))


def test_ties_of_candidates_are_counted(tmp_path: Path) -> None:
    found = pairs(tmp_path, "l", ["first", "Tie", "second", "neither"], labels=("l",))
    np.testing.assert_array_equal(found.votes[0].sum(0), [N // 4, N // 4])
    assert any(f"{N // 2} labels of 'tie' or 'neither': counted as no label" in one for one in found.notes)


def test_candidates_of_which_the_first_is_always_better_teach_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"every weak label is 'first'.*swap the candidates of about half of the rows"):
        pairs(tmp_path, "l", ["first"], labels=("l",))


@pytest.mark.parametrize("labels", [("a_*", "b_*"), ("b_*", "a")])
def test_names_of_classes_are_compared_wherever_they_stand(csv: Write, labels: tuple[str, ...]) -> None:
    path = csv(a=["neg", "pos"], a_neg=[0.2], a_pos=[0.8], b_Neg=[0.3], b_Pos=[0.7])
    with pytest.raises(DataError, match=r"says both 'Neg' .* and 'neg' .*alike but for blanks, case"):
        table(path, labels=labels)
    assert table(path, labels=("a_*", "a")).classes == ["neg", "pos"]


def test_labellers_who_share_no_class_are_told(csv: Write) -> None:
    found = table(csv(a=["good", "bad"], b=["fine", "poor"]), labels=("a", "b"))
    assert any("'a' says 'bad', 'good', and no other labeller says one of these, and so with 1 more" in note
               for note in found.notes)  # fmt: skip


def test_classes_of_two_candidates_have_their_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--classes second,first is for texts and images; leave it out"):
        pairs(tmp_path, "l", ["0", "1"], labels=("l",), classes=("second", "first"))


def test_minus_ones_are_counted(csv: Write) -> None:
    found = table(csv(a=[-1, 0, 1], b=[0, 1]), labels=("a", "b"))
    assert "-1 is read as no label, 16 times by 'a'; if it is a class, set --classes=-1,0,1" in found.notes
    found = table(csv(a=[-1, 0, 1], b=[0, 1]), labels=("a", "b"), classes=("-1", "0", "1"))
    assert not any("-1 is read" in note for note in found.notes)
    np.testing.assert_array_equal(found.votes[0].sum(0), [N // 3] * 3)
    with pytest.raises(DataError, match=r"none of the classes -1, 1: '0' \(16\); if this is a class, .* --no-label=0"):
        table(csv(a=[-1, 0, 1]), labels=("a",), classes=("-1", "1"))


def test_labellers_who_count_from_0_and_from_1_are_refused(csv: Write) -> None:
    path = csv(a=[1, 2, 1, ""], b=[0, 1, 0], c=[0, 1, 2])
    with pytest.raises(DataError, match=r"'b' says 0 and never 2, and 'a' 2 and never 0: .* set --classes=0,1,2"):
        table(path, labels=("a", "b"))
    assert table(path, labels=("a", "b"), classes=("0", "1", "2")).classes == ["0", "1", "2"]
    assert table(path, labels=("a", "b", "c")).classes == ["0", "1", "2"]  # somebody says all of them


@pytest.mark.parametrize("classes", [(), ("neg", "pos")])
def test_columns_of_probabilities_by_class_are_no_labellers(csv: Write, classes: tuple[str, ...]) -> None:
    path = csv(p_neg=[0.2, 0.7, ""], p_pos=[0.8, 0.3, ""])
    with pytest.raises(DataError, match=r"p_neg, p_pos sum to 1 in every row.*not one for each labeller: say .*'p_\*'"):
        table(path, labels=("p_neg", "p_pos"), classes=classes)
    with pytest.raises(DataError, match=r"hold a probability each.* call them p_CLASS and say --labels 'p_\*'"):
        table(csv(p=[0.2, 0.7], q=[0.3, 0.6]), labels=("p", "q"))


def test_classes_that_are_seldom_said_are_told_with_what_may_be_meant(csv: Write) -> None:
    labels = [*["pos", "neg"] * (N - 2), "postive", "postive", "ABSTAIN.", "ABSTAIN."]
    texts = [f"text {i}" for i in range(len(labels))]
    found = table(csv(texts=texts, a=labels, b=["pos", "neg"]), labels=("a", "b"))
    assert any(
        "classes with few labels: 'ABSTAIN.' (2, much like 'abstain'), 'postive' (2, much like 'pos'); if one" in note
        for note in found.notes
    )
    assert not any("few labels" in note for note in table(csv(a=["x", "y", "x"]), labels=("a",)).notes)


def test_probabilities_of_zero_alone_are_counted(csv: Write) -> None:
    found = table(csv(a_x=[0, 0.4, ""], a_y=[0, 0.6, ""], b=["x", "y"]), labels=("a_*", "b"))
    assert "16 rows of 'a' with no probability above 0: read as no label" in found.notes
    assert found.votes[0].any(1).sum() == 16


def test_columns_that_are_taken_for_probabilities_are_named(csv: Write) -> None:
    path = csv(p_x=[0.4], p_y=[0.6], p_id=[*range(N)] * 2, ann_a=["x", "y"], ann_b=["y", "x"])
    with pytest.raises(DataError, match=r"'p' is one labeller with the columns p_x, p_y, p_id: .* with --classes"):
        table(path, labels=("p_*",))
    found = table(path, labels=("p_*",), classes=("x", "y"))
    assert "'p': columns of 'id' are left out, as these are no classes" in found.notes
    with pytest.raises(DataError, match=r"not a number.* columns ann_a, ann_b: .* a labeller's, list them in --labels"):
        table(path, labels=("ann_*",))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            ["chosen,1", "rejected,2"],
            r"'chosen' \(24\), 'rejected' \(24\); write first or second, A or B, 0 or 1, or 1 or 2",
        ),
        (["LEFT,1", "right,2"], "write first or second, A or B"),
        (["0,1", "1,2"], r"'l' says 0 and 'm' says 2: candidates are counted from 0 or from 1"),
    ],
)
def test_words_that_mean_no_candidate_are_refused(tmp_path: Path, rows: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        pairs(tmp_path, "l,m", rows, labels=("l", "m"))


def test_errors_come_with_what_reading_told(csv: Write) -> None:
    with pytest.raises(DataError, match="1 row of 1 has a weak label") as error:
        table(csv(texts=["the same"] * N, a=["x", "y"]), labels=("a",))
    assert any(f"{N - 1} rows like an earlier one" in note for note in error.value.__notes__)
