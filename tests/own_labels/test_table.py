"""Tables of weak labels: what is read, what is counted, and what is refused before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import FEWEST, WeakTable, read

N = 24
Write = Callable[..., str]


def table(path: str, **columns: object) -> WeakTable:
    """Read with `body` as the text."""
    return read([path], Columns(text="body", **columns))  # type: ignore[arg-type]


def told(found: WeakTable, words: str) -> bool:
    """Whether a note has these words."""
    return any(words in note for note in found.notes)


def test_several_labellers_abstain_in_several_ways(csv: Write) -> None:
    found = table(csv(a=["pos", "neg"], b=["pos", "", "abstain"], c=["-1", "neg", "pos", "?"]),
                  labels=("a", "b", "c"), no_label=("?",))  # fmt: skip
    assert found.classes == ["neg", "pos"]
    assert found.labellers == ["a", "b", "c"]
    np.testing.assert_array_equal(found.votes[0].sum(-1), np.ones(N))
    np.testing.assert_array_equal(found.votes[1].sum(-1), [1, 0, 0] * 8)
    np.testing.assert_array_equal(found.votes[2].argmax(-1)[1:3], [0, 1])
    np.testing.assert_array_equal(found.votes[2].sum(-1), [0, 1, 1, 0] * 6)
    assert (found.truth == -1).all()


def test_numbers_count_from_zero_and_one_is_one_however_it_is_written(csv: Write) -> None:
    found = table(csv(a=[1, 0], b=["1.0", "0.0"]), labels=("a", "b"))
    np.testing.assert_array_equal(found.votes[0], found.votes[1])
    assert found.classes == ["0", "1"]


def test_names_and_numbers_in_two_columns_need_the_classes(csv: Write) -> None:
    path = csv(a=["pos", "neg"], b=[1, 0])
    with pytest.raises(DataError, match=r"'b' holds numbers \(0, 1\) and 'a' names \(neg, pos\).*--classes"):
        table(path, labels=("a", "b"))
    found = table(path, labels=("a", "b"), classes=("neg", "pos"))
    np.testing.assert_array_equal(found.votes[0], found.votes[1])


def test_one_probability_is_of_the_second_class(csv: Write) -> None:
    path = csv(a=["yes", "no"], p=["0.75", ""])
    found = table(path, labels=("a", "p"))
    np.testing.assert_allclose(found.votes[1][:2], np.array([[0.25, 0.75], [0, 0]]))
    with pytest.raises(DataError, match="name both with --classes"):
        table(path, labels=("p",))


def test_probabilities_by_class_are_one_labeller(csv: Write) -> None:
    found = table(csv(p_neg=["0.2"], p_pos=["0.8"], p_mixed=["0"]), labels=("p_*",))
    assert found.labellers == ["p"]
    assert found.classes == ["mixed", "neg", "pos"] or set(found.classes) == {"neg", "pos", "mixed"}
    np.testing.assert_allclose(found.votes[0, 0, found.classes.index("pos")], 0.8)


def test_a_probability_cannot_be_of_three_classes(csv: Write) -> None:
    with pytest.raises(DataError, match=r"one probability a row, and there are 3 classes.*p_"):
        table(csv(a=["x", "y", "z"], p=["0.5"]), labels=("a", "p"))


def test_rows_of_annotators_become_labellers(tmp_path: Path) -> None:
    lines = ["body,label,who"]
    for i in range(N):
        lines += [f"text {i},{'pos' if i % 2 else 'neg'},ann", f"text {i},pos,bob"]
    lines.append("text 0,pos,ann")  # ann says both
    (tmp_path / "long.csv").write_text("\n".join(lines) + "\n")
    found = read([str(tmp_path / "long.csv")], Columns(text="body", labels=("label",), annotator="who"))
    assert found.labellers == ["ann", "bob"]
    assert found.votes.shape == (2, N, 2)
    np.testing.assert_allclose(found.votes[0, 0], [0.5, 0.5])
    assert told(found, "1 time a labeller says different things")


def test_a_repeated_text_joins_its_labels(csv: Write) -> None:
    texts = [f"text {i}" for i in range(N)] + ["text 0"]
    found = table(csv(texts=texts, a=["pos", "neg"], b=["pos"]), labels=("a", "b"))
    assert len(found.ids) == N
    assert told(found, "1 row like an earlier one")


def test_texts_that_are_alike_are_one_group(csv: Write) -> None:
    texts = [f"text {i}" for i in range(N)] + ["TEXT  0!"]
    found = table(csv(texts=texts, a=["pos", "neg"]), labels=("a",))
    assert len(found.ids) == N + 1
    assert found.groups[0] == found.groups[-1]
    assert len(set(found.groups)) == N


def test_the_same_probability_twice_is_no_contradiction(csv: Write) -> None:
    texts = [f"text {i // 2}" for i in range(2 * N)]
    found = table(csv(texts=texts, a=["x", "x", "y", "y"], p=["0.3", "0.3", "0.9", "0.9"]), labels=("a", "p"))
    assert len(found.ids) == N
    assert not told(found, "different things")
    np.testing.assert_allclose(found.votes[1][0], [0.7, 0.3], rtol=1e-6)


def test_a_text_of_several_groups_joins_them(csv: Write) -> None:
    texts = [f"text {i}" for i in range(N)] + ["text 0"]
    films = [f"film {i // 2}" for i in range(N)] + ["film 9"]
    found = table(csv(texts=texts, a=["pos", "neg"], film=films, site=["web"] * N + ["app"]),
                  labels=("a",), group="film", sources=("site",))  # fmt: skip
    of = dict(zip(films, found.groups, strict=False))
    assert of["film 0"] == of["film 9"] == found.groups[0] == found.groups[1]
    assert len(set(found.groups)) == N // 2 - 1
    assert told(found, "1 text with several values of 'site': the first one counts")


def test_rows_of_one_group_cannot_be_held_out(csv: Write) -> None:
    with pytest.raises(DataError, match=r"all labelled rows are one group.* than 'film', or leave it out"):
        table(csv(a=["pos", "neg"], film=["Heat"]), labels=("a",), group="film")
    with pytest.raises(DataError, match=r"all labelled rows are one group.* as they are alike"):
        table(csv(texts=[f"text{'!' * i}" for i in range(N)], a=["pos", "neg"]), labels=("a",))
    found = table(csv(a=["pos", "neg"], film=["Heat", "Ran"]), labels=("a",), group="film")
    assert told(found, "labelled rows are of 2 groups alone")


def test_labels_that_nobody_signed_are_counted(csv: Write) -> None:
    found = table(csv(a=["pos", "neg"], who=["ann", ""]), labels=("a",), annotator="who")
    assert found.labellers == ["ann", "nobody named"]
    assert told(found, "12 rows without 'who': taken for labels of one labeller, 'nobody named'")


def test_columns_lie_within_others_below_a_title_and_beside_what_nobody_needs(tmp_path: Path) -> None:
    rows = [
        {"said": [{"text": f"text {i}"}], "meta": {"label": "xy"[i % 2], "soft": {"x": 0.25, "y": 0.75}}}
        for i in range(N)
    ]
    (tmp_path / "mine.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    found = read([str(tmp_path / "mine.jsonl")], Columns(text="said.0.text", labels=("meta.label", "meta.soft.*")))
    assert found.inputs[0] == "text 0"
    assert found.classes == ["x", "y"]
    np.testing.assert_allclose(found.votes[1][0], [0.25, 0.75])
    lines = ["An export,,,", "", "body,a,more,more", *(f"text {i},{'xy'[i % 2]},1,2" for i in range(N))]
    (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n")
    found = table(str(tmp_path / "mine.csv"), labels=("a",))
    assert len(found.ids) == N
    assert told(found, "the header is line 3; skipped 1 row above it")


def test_paths_of_images_are_taken_from_the_folder_of_their_table(tmp_path: Path) -> None:
    from PIL import Image

    for name, red in (("one", 0), ("two", 100)):
        (tmp_path / name).mkdir()
        for i in range(12):
            Image.new("RGB", (8, 8), (red + i, 7 * i, 3)).save(tmp_path / name / f"{i}.png")
        lines = ["file,a", *(f"{i}.png,{'xy'[i % 2]}" for i in range(12))]
        (tmp_path / name / "mine.csv").write_text("\n".join(lines) + "\n")
    paths = [str(tmp_path / name / "mine.csv") for name in ("one", "two")]
    found = read(paths, Columns(image="file", labels=("a",)))
    assert len(found.ids) == 24
    assert ["/one" in str(one) for one in found.inputs] == [True] * 12 + [False] * 12


def test_rows_without_text_are_counted(csv: Write) -> None:
    found = table(csv(texts=[*(f"text {i}" for i in range(N)), "", " "], a=["pos", "neg"]), labels=("a",))
    assert len(found.ids) == N
    assert told(found, "dropped 2 rows without text")


def test_parquet_and_json_lines_are_read_as_csv_is(tmp_path: Path) -> None:
    says = {"neg": 0.25, "pos": 0.75}
    rows = [{"body": f"text {i}", "a": "pos" if i % 2 else "neg", "api": says} for i in range(N)]
    (tmp_path / "mine.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "mine.parquet")
    both = [table(str(tmp_path / name), labels=("a", "api.*")) for name in ("mine.jsonl", "mine.parquet")]
    for found in both:
        assert found.labellers == ["a", "api"]
        np.testing.assert_allclose(found.votes[1, 0], [0.25, 0.75])
    assert both[0].ids == both[1].ids


def test_several_tables_are_one_and_a_column_may_be_missing(csv: Write) -> None:
    first = csv("one.csv", a=["pos", "neg"])
    second = csv("two.csv", texts=["text number 0", "another text"], gold=["pos"])
    found = read([first, second], Columns(text="body", labels=("a",), audited="gold"))
    assert len(found.ids) == N + 1
    assert found.truth[0] == 1
    assert found.truth[-1] == 1
    assert not found.votes[0, -1].any()
    assert told(found, "without a column 'gold': empty there")
    assert told(found, "1 row of 25 has no weak label at all")


def test_pairs_take_words_numbers_and_ties(tmp_path: Path) -> None:
    lines = ["q,x,y,best,other"]
    said = [("first", "1"), ("b", "2"), ("tie", "1"), ("A", "")]
    lines += [f"why {i},answer {i},reply {i},{said[i % 4][0]},{said[i % 4][1]}" for i in range(N)]
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    found = read([str(tmp_path / "pairs.csv")], Columns(first="x", second="y", prompt="q", labels=("best", "other")))
    assert found.output.kind == "preference"
    np.testing.assert_array_equal(found.votes[0][:4], [[1, 0], [0, 1], [0, 0], [1, 0]])
    np.testing.assert_array_equal(found.votes[1][:4], [[1, 0], [0, 1], [1, 0], [0, 0]])
    assert found.inputs[0].tolist() == ["why 0\n\nanswer 0", "why 0\n\nreply 0"]


REFUSED: list[tuple[dict[str, list[object]], dict[str, object], str]] = [
    ({"a": ["pos"]}, {"labels": ("a",)}, "every label is 'pos'; at least two classes"),
    ({"a": ["pos"]}, {"labels": ("a",), "classes": ("neg", "pos")}, "every weak label is 'pos'; at least two classes"),
    ({"a": [""]}, {"labels": ("a",)}, "holds no label at all"),
    ({"a": ["pos", "neg"], "b": [""]}, {"labels": ("a", "b")}, "'b' holds no label at all; leave it out"),
    ({"a": ["pos", "neg"]}, {"labels": ("aa",)}, "no column 'aa'; did you mean 'a'"),
    ({"a": ["pos", "neg"]}, {"labels": ("a",), "audited": "gold"}, "no column 'gold'"),
    ({"a": ["pos", "neg"], "g": [""]}, {"labels": ("a",), "audited": "g"}, "audited column 'g' is empty"),
    ({"a": ["pos", "neg"], "g": ["0.3", "1"]}, {"labels": ("a",), "audited": "g"}, "the truth of a row is one class"),
    ({"a": ["x", "y"], "g": ["z"]}, {"labels": ("a",), "audited": "g", "classes": ("x", "y")}, "none of the classes"),
    ({"a": ["x", "y"], "g": ["p", "q"]}, {"labels": ("a",), "audited": "g"}, "no label is one of these but x, y"),
    ({"a": ["[1]", "neg"]}, {"labels": ("a",)}, "a label is one value"),
    ({"a": [-1, 1]}, {"labels": ("a",)}, "say --classes=-1,1"),
    ({"p_x": ["0.5"]}, {"labels": ("p_*",)}, "1 of its columns begins with 'p_'"),
    ({"p_x": ["0.5"], "p_y": ["0.9"]}, {"labels": ("p_*",)}, "sum to 1"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "options", "words"), REFUSED)
def test_what_means_nothing_is_refused(
    csv: Write, columns: dict[str, list[object]], options: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        table(csv(**columns), **options)


def test_truths_that_contradict_each_other_are_named(csv: Write) -> None:
    texts = [f"text {i}" for i in range(N)] + ["text 3"]
    gold: list[object] = [*([""] * N), "neg"]
    gold[3] = "pos"
    with pytest.raises(DataError, match=r"'g' contradicts itself on 1 text, such as in rows .* different truths"):
        table(csv(texts=texts, a=["pos", "neg"], g=gold), labels=("a",), audited="g")


def test_too_few_labels_are_refused(csv: Write) -> None:
    with pytest.raises(DataError, match=f"at least {FEWEST} are needed"):
        table(csv(texts=[f"t {i}" for i in range(FEWEST - 1)], a=["pos", "neg"]), labels=("a",))


def test_a_class_that_nobody_labels_is_told(csv: Write) -> None:
    found = table(csv(a=["pos", "neg"]), labels=("a",), classes=("neg", "pos", "mixed"))
    assert told(found, "no weak label is 'mixed'")
    assert told(found, "one labeller alone")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "--text COLUMN, or --first"),
        ({"text": "a", "image": "b", "labels": ("c",)}, "given were --text and --image"),
        ({"first": "a", "labels": ("c",)}, "--first COLUMN --second COLUMN"),
        ({"text": "a"}, "--labels COLUMN"),
        ({"text": "a", "labels": ("b", "b")}, "names 'b' twice"),
        ({"text": "a", "labels": ("b", "c"), "annotator": "w"}, "with several columns of labels leave it out"),
        ({"text": "a", "labels": ("b",), "audited": "b"}, "choose one of both"),
        ({"text": "a {b}", "labels": ("b",)}, "shows the model the label 'b'"),
        ({"text": "a", "labels": ("a",)}, "shows the model the label 'a'"),
        ({"text": "a", "labels": ("b",), "classes": ("x", "x")}, "two different names"),
        ({"text": "a", "labels": ("b",), "prompt": "q"}, "--prompt is for two candidates"),
        ({"text": "a", "labels": ("b",), "group": "b"}, "--group 'b' is a column of labels too"),
        (
            {"text": "a", "labels": ("b",), "audited": "c", "annotator": "c"},
            "--annotator 'c' is a column of labels too",
        ),
        ({"first": "a", "second": "a", "labels": ("b",)}, "--first and --second are one column, 'a'"),
        ({"text": "a", "labels": ("b",), "encoding": "nosuch"}, "--encoding: encoding = 'nosuch' is unknown"),
        ({"text": "a", "labels": ("b",), "delimiter": ";;"}, "--delimiter: delimiter = ';;' must be one character"),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Columns(**options)  # type: ignore[arg-type]
