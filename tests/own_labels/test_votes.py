"""What labels mean: decided once for all labellers, and told where it is a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from outgrow.errors import DataError
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
    with pytest.raises(DataError, match=r"of neg, pos just one is 1 in every row.*--labels 'p_\*'"):
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
