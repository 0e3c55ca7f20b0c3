"""Audited cells: what says that nobody can tell is no truth, and what is no class is no new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.errors import DataError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import WeakTable, read

N = 24
Write = Callable[..., str]


def table(path: str, **columns: object) -> WeakTable:
    """Read with `body` as the text, and `gold` as the truth."""
    return read([path], Columns(text="body", labels=("a",), audited="gold", **columns))  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["?", "??", "unknown", "NA", "n.a.", "-1", "Abstain", "not sure", "None"])
@pytest.mark.parametrize("classes", [(), ("neg", "pos")])
def test_a_cell_that_says_that_nobody_can_tell_is_no_truth(csv: Write, word: str, classes: tuple[str, ...]) -> None:
    found = table(csv(a=["pos", "neg"], gold=["pos", word, word]), classes=classes)
    assert found.classes == ["neg", "pos"]
    assert len(found.audited) == N // 3
    assert f"16 cells of 'gold' without a truth: {word!r} (16)" in found.notes


def test_what_says_nothing_is_a_class_where_labels_or_options_say_so(csv: Write) -> None:
    found = table(csv(a=["none", "spam"], gold=["none", "spam"]), classes=("none", "spam"))
    assert len(found.audited) == N
    found = table(csv(a=["-1", "0", "1"], gold=["-1"]), classes=("-1", "0", "1"))
    assert (found.truth == 0).all()


@pytest.mark.parametrize(
    ("gold", "classes", "words"),
    [
        (
            ["Pos", *["pos"] * (N - 1)],
            (),
            r"holds 'Pos' \(1\), and no label is one of these but neg, pos; did you mean",
        ),
        (["NEG", "POS"], (), r"did you mean 'pos'\?; where"),
        (["NEG", "POS"], ("neg", "pos"), r"24 labels are none of the classes neg, pos: .*did you mean 'pos'\?;"),
        (["pos", "postive"], (), r"did you mean 'pos'\? If not, and this is a class, set --classes=neg,pos,postive"),
        (['"neg,pos"', "pos"], (), r"'neg,pos' \(12\), and no label is one of these"),
        (["neutral", "pos"], (), r"set --classes=neg,neutral,pos; .* set --no-label=neutral"),
        (["nobody can tell", "pos"], (), "set --no-label='nobody can tell'"),
        (["new", "pos"], ("pos", "neg"), "set --classes=pos,neg,new"),
        ([0, 1], (), "if these are their numbers from 0, set --classes=neg,pos in their order"),
        (["?"], (), "the audited column 'gold' is empty"),
    ],
)
def test_a_truth_that_is_no_class_is_refused(
    csv: Write, gold: list[object], classes: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        table(csv(a=["pos", "neg"], gold=gold), classes=classes)


def test_a_truth_that_no_label_says_is_a_class_if_it_is_named(csv: Write) -> None:
    found = table(csv(a=["pos", "neg"], gold=["neutral", ""]), classes=("neg", "neutral", "pos"))
    assert (found.truth[found.audited] == 1).all()
    assert any("no weak label is 'neutral'" in note for note in found.notes)


def test_of_two_candidates_nobody_may_be_able_to_tell(tmp_path: Path) -> None:
    lines = ["x,y,best,gold", *(f"answer {i},reply {i},{'AB'[i % 2]},{'A?B'[i % 3]}" for i in range(N))]
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    found = read([str(tmp_path / "pairs.csv")], Columns(first="x", second="y", labels=("best",), audited="gold"))
    assert found.truth.tolist() == [0, -1, 1] * (N // 3)
