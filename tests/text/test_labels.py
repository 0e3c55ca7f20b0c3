"""Labels out of a file: what is read, and what is said of a file that does not fit."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.methods.transforms.vote import Vote
from outgrow.spec import canonical
from outgrow.supervisors.label_file import LabelFile
from outgrow.tasks.base import Output
from outgrow.tasks.sources.rows import key

IDS = ["a", "b", "c"]
CLASSES = Output(kind="classification", n_classes=2, class_names=("ham", "spam"))
NAMELESS = Output(kind="classification", n_classes=3)
Made = Callable[..., LabelFile]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A file of labels: `made([{"id": "a", "label": "spam"}], ".jsonl")`, or of a text."""

    def write(content: list[dict[str, Any]] | str, suffix: str = ".csv") -> LabelFile:
        file = tmp_path / f"weak{suffix}"
        if isinstance(content, str):
            file.write_text(content)
        elif suffix == ".jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in content))
        elif suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(content), file)
        else:
            lines = [",".join(content[0]), *(",".join(map(str, row.values())) for row in content)]
            file.write_text("\n".join(lines))
        return LabelFile(path=str(file))

    return write


def read(labels: LabelFile, output: Output = CLASSES, ids: list[str] = IDS) -> list[list[float]]:
    found = labels.read(ids, output, known=[*IDS, "d"])[0][0]
    assert found.dtype == np.float32
    return [[round(float(value), 6) for value in row] for row in found]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_labels_by_name_and_by_number(suffix: str, made: Made) -> None:
    names = [{"id": one, "label": label} for one, label in zip("cab", ("spam", "ham", "spam"), strict=True)]
    assert read(made(names, suffix)) == [[1, 0], [0, 1], [0, 1]]
    assert read(made(names, suffix), ids=["c", "a"]) == [[0, 1], [1, 0]]
    numbers = [{"id": one, "label": label} for one, label in zip("abc", (1, 0, 2), strict=True)]
    assert read(made(numbers, suffix), NAMELESS) == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    if suffix == ".csv":
        return
    floats = [{"id": i, "label": label} for i, label in enumerate((1.0, 0.0))]
    assert made(floats, suffix).read(["0", "1"], CLASSES, known=["0", "1"])[0][0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_probabilities_by_name_and_by_number(suffix: str, made: Made) -> None:
    named = [{"id": one, "ham": p, "spam": 1 - p, "note": "x"} for one, p in zip("abc", (0.25, 1.0, 0.5), strict=True)]
    assert read(made(named, suffix)) == [[0.25, 0.75], [1, 0], [0.5, 0.5]]
    numbered = [{"id": one, "0": p, "1": 1 - p} for one, p in zip("abc", (0.25, 1.0, 0.5), strict=True)]
    assert read(made(numbered, suffix)) == [[0.25, 0.75], [1, 0], [0.5, 0.5]]


def test_rows_of_other_examples_are_left_out_quickly(made: Made) -> None:
    many = [{"id": f"x{i}", "label": "ham"} for i in range(20_000)]
    labels = made([*many, *({"id": one, "label": "spam"} for one in IDS)])
    started = time.perf_counter()
    assert labels.read(IDS, CLASSES, known=[*IDS, *(f"y{i}" for i in range(20_000))])[0][0].tolist() == [[0, 1]] * 3
    assert time.perf_counter() - started < 5


def test_a_byte_order_mark_is_no_part_of_the_header(made: Made) -> None:
    assert read(made("\ufeffid,label\na,ham\nb,spam\nc,spam\n")) == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("content", "suffix", "why"),
    [
        ("id,label\na,ham\n", ".csv", r"has no row for 2 of 3 examples, such as id 'b'; every example of transfer"),
        (
            "id,label\nx,ham\ny,ham\n",
            ".csv",
            "none of its ids, such as 'x', is an id of the task's examples, such as 'a'",
        ),
        ("id,label\na,ham\na,spam\n", ".csv", "id 'a' stands there twice"),
        (
            "id,label\na,eggs\nb,Toast\nc,eggs\n",
            ".csv",
            r"3 labels are none of the classes ham, spam: 'eggs' \(2\), 'Toast' \(1\); leave a label empty",
        ),
        ("id,label\na,HAM\nb,ham\nc,ham\n", ".csv", r"1 label is .*: 'HAM' \(1\); did you mean 'ham'\?"),
        ("id,label\na,2\nb,1\nc,1\n", ".csv", r"'2' \(1\); numbers of classes begin at 0"),
        (
            "id,label\na,1\nb,ham\nc,ham\n",
            ".csv",
            r"'1' \(1\); some are names and some are numbers: write all as names or all",
        ),
        ("id,label\na\nb,ham\nc,ham\n", ".csv", r"no row for 1 of 3 .*\(skipped 1 bad row: line 2 has 1 cells"),
        (
            "id,label,ham,spam\na,ham,1,0\n",
            ".csv",
            "has a column 'label' and one per class, ham, spam: leave one",
        ),
        ("id,0,1,ham,spam\na,1,0,1,0\n", ".csv", "columns for the names of the classes, .* set values = "),
        ("id,ham,spam\na,50,50\nb,99,1\nc,33,66\n", ".csv", "rows of probabilities sum to 100: divide them by 100"),
        ("id,ham,spam\na,0.5,0.53\nb,1,0\nc,1,1\n", ".csv", r"sum to 1, within 0\.02; so it is with 2 of 3 rows"),
        ("id,ham,spam\na,-3,2.5\nb,1,0\nc,1,0\n", ".csv", "if these are logits, write their softmax"),
        ("id,ham,spam\na,0.5,0.6\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,-0.5,1.5\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,1,nan\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,inf,0\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,much,0\nb,1,0\nc,1,0\n", ".csv", "id 'a': a probability is not a number"),
        ("id,ham,spam\na,1,\nb,1,0\nc,1,0\n", ".csv", "id 'a': a probability is not a number"),
        ("id,ham\na,1\nb,1\nc,1\n", ".csv", "needs a column 'label', or one per class: ham, spam"),
        ("name,label\na,ham\n", ".csv", "needs at least one row, and a column 'id' in every row"),
        ("id,label\n", ".csv", "needs at least one row, and a column 'id' in every row"),
        ("", ".csv", "is empty"),
        ('{"id": "a", "label": 1}\n{"label": 1}\n', ".jsonl", "row 2: no 'id'; it needs a column 'id' in every row"),
        ("[1, 2]\n", ".jsonl", "no line holds a JSON object"),
        ('{"id": "a"', ".jsonl", "no line holds a JSON object"),
        ("no parquet", ".parquet", "holds separated cells, not Parquet"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: str, suffix: str, why: str, made: Made) -> None:
    with pytest.raises(DataError, match=why):
        read(made(content, suffix))


def test_probabilities_that_nearly_sum_to_one_are_rescaled_and_counted(made: Made) -> None:
    labels = made("id,a,b,c\na,0.33,0.33,0.33\nb,0.9999,0,0\nc,0,1,0\n")
    output = Output(kind="classification", n_classes=3, class_names=("a", "b", "c"))
    votes, notes = labels.read(IDS, output, known=IDS)
    np.testing.assert_allclose(votes[0], np.array([[1 / 3] * 3, [1, 0, 0], [0, 1, 0]]), rtol=1e-6)
    assert notes == [f"{labels.path}: 1 of 3 rows of probabilities did not quite sum to 1: rescaled"]


@pytest.mark.parametrize("nothing", ["", "-1", "nan", "NaN", "abstain", "Abstain", "-1.0"])
def test_who_says_nothing_abstains(nothing: str, made: Made) -> None:
    assert read(made(f"id,label\na,ham\nb,{nothing}\nc,spam\n")) == [[1, 0], [0, 0], [0, 1]]
    assert read(made(f"id,label\na,0\nb,{nothing}\nc,1\n")) == [[1, 0], [0, 0], [0, 1]]


@pytest.mark.parametrize("nothing", [",", "nan,nan", "0,0"])
def test_probabilities_of_nothing_abstain(nothing: str, made: Made) -> None:
    assert read(made(f"id,ham,spam\na,1,0\nb,{nothing}\nc,0,1\n")) == [[1, 0], [0, 0], [0, 1]]


def test_minus_one_may_be_a_class(made: Made) -> None:
    output = Output(kind="classification", n_classes=3, class_names=("-1", "0", "1"))
    assert read(made("id,label\na,-1\nb,0\nc,1\n"), output) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


ONE_TWO = Output(kind="classification", n_classes=2, class_names=("1", "2"))


def test_name_or_number_is_decided_once_for_the_file(made: Made) -> None:
    assert read(made("id,label\na,0\nb,1\nc,1\n"), ONE_TWO) == [[1, 0], [0, 1], [0, 1]]
    assert read(made("id,label\na,2\nb,1\nc,1\n"), ONE_TWO) == [[0, 1], [1, 0], [1, 0]]
    assert read(made("id,label\na,1\nb,1\nc,1\nother,0\n"), ONE_TWO) == [[0, 1]] * 3, "others' labels tell"
    with pytest.raises(DataError, match="some are names and some are numbers"):
        read(made("id,label\na,0\nb,1\nc,2\n"), ONE_TWO)


def test_what_can_be_both_has_to_be_said(made: Made) -> None:
    labels = made("id,label\na,1\nb,1\nc,1\n")
    with pytest.raises(DataError, match=r"such as '1', can be names or numbers .* 1, 2, .*set values = "):
        read(labels, ONE_TWO)
    assert read(replace(labels, values="names"), ONE_TWO) == [[1, 0]] * 3
    assert read(replace(labels, values="numbers"), ONE_TWO) == [[0, 1]] * 3
    turned = Output(kind="classification", n_classes=2, class_names=("1", "0"))
    with pytest.raises(DataError, match="can be names or numbers"):
        read(made("id,label\na,1\nb,0\nc,1\n"), turned)


@pytest.mark.parametrize("classes", [("false", "true"), ("0", "1")])
@pytest.mark.parametrize("said", ["True,False,True", "1,0,1", "1.0,0.0,1.0", "true,false,TRUE"])
def test_booleans_and_bits_are_the_same(classes: tuple[str, ...], said: str, made: Made) -> None:
    output = Output(kind="classification", n_classes=2, class_names=classes)
    lines = [f"{one},{label}" for one, label in zip(IDS, said.split(","), strict=True)]
    assert read(made("\n".join(["id,label", *lines])), output) == [[0, 1], [1, 0], [0, 1]]


def test_true_is_never_class_0_in_silence(made: Made) -> None:
    output = Output(kind="classification", n_classes=2, class_names=("true", "false"))
    for content in ("id,label\na,1\nb,0\nc,1\n", "id,0,1\na,0.1,0.9\nb,1,0\nc,0,1\n"):
        with pytest.raises(DataError, match='set values = "names" or "numbers"'):
            read(made(content), output)


def test_columns_are_found_whatever_their_case_and_are_told(made: Made) -> None:
    votes, notes = made(" ID ,Label\na,ham\nb,spam\nc,ham\n").read(IDS, CLASSES, known=IDS)
    assert votes[0].argmax(1).tolist() == [0, 1, 0]
    assert [note.split(": ")[1] for note in notes] == [
        "took the column 'Label' for 'label'",
        "took the column 'ID' for 'id'",
    ]


def test_texts_stand_for_their_hashes(made: Made) -> None:
    ids = [key(text) for text in ("one", "two")]
    labels = made('text,label\n one ,ham\n"two",spam\n')
    assert labels.read(ids, CLASSES, known=ids)[0][0].tolist() == [[1, 0], [0, 1]]


def test_ids_that_became_decimals_are_ids(made: Made) -> None:
    labels = made("id,label\n7.0,ham\n12.0,spam\n")
    assert labels.read(["12", "7"], CLASSES, known=["7", "12"])[0][0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("suffix", [".tsv", ".CSV", ".csv.gz", ".json"])
def test_files_are_read_as_tables_are(suffix: str, tmp_path: Path) -> None:
    between = "\t" if suffix == ".tsv" else ","
    text = "\n".join(between.join(row) for row in (("id", "label"), ("a", "ham"), ("b", "spam"), ("c", "ham")))
    if suffix == ".json":
        text = "\n".join(
            json.dumps({"id": one, "label": "ham", "text": "x\u2028y"}, ensure_ascii=False) for one in "abc"
        )
    content = text.encode()
    file = tmp_path / f"weak{suffix}"
    file.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    assert read(LabelFile(path=str(file)))[0] == [1, 0]


CROWD = "id,who,label\na,x,ham\na,y,spam\na,z,spam\nb,x,ham\nc,y,\nc,z,spam\n"


def test_several_annotators_are_several_labellers(made: Made) -> None:
    labels = replace(made(CROWD), annotator="who")
    votes, _ = labels.read(IDS, CLASSES, known=IDS)
    assert votes.tolist() == [[[1, 0], [1, 0], [0, 0]], [[0, 1], [0, 0], [0, 0]], [[0, 1], [0, 0], [0, 1]]]
    assert labels.label == "labels: mean of who"
    with pytest.raises(DataError, match=r'id .a. stands there twice, in rows 2 and 3; .* set annotator = "COLUMN"'):
        read(made(CROWD))
    with pytest.raises(DataError, match="id 'a' stands there twice with the 'who' 'x'"):
        read(replace(made(CROWD + "a,x,spam\n"), annotator="who"))


def test_several_columns_are_several_labellers(made: Made) -> None:
    labels = replace(made("id,x,y\na,ham,1\nb,spam,\nc,,\n"), columns=("x", "y"), rule=Vote())
    with pytest.raises(DataError, match="some are names and some are numbers"):
        labels.read(IDS, CLASSES, known=IDS)
    labels = replace(made("id,x,y\na,ham,spam\nb,spam,\nc,,\n"), columns=("x", "y"), rule=Vote())
    assert labels.read(IDS, CLASSES, known=IDS)[0].tolist() == [[[1, 0], [0, 1], [0, 0]], [[0, 1], [0, 0], [0, 0]]]
    assert labels.label == "labels: vote of x, y"
    with pytest.raises(DataError, match="has no column 'z'; its columns are id, x, y"):
        read(replace(labels, columns=("x", "z")))
    with pytest.raises(ConfigError, match="several columns are of one labeller each"):
        replace(labels, annotator="x")


def test_how_a_file_is_read_is_part_of_what_it_is(made: Made) -> None:
    labels = made(CROWD)
    others = [replace(labels, columns=("x", "y")), replace(labels, annotator="who"), replace(labels, values="names")]
    ruled = replace(labels, annotator="who", rule=Vote())
    assert len({canonical(one) for one in (labels, *others, ruled)}) == 5


def test_a_file_must_be_there_and_of_a_known_kind(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv does not exist"):
        LabelFile(path=str(tmp_path / "nothing.csv")).identity()
    with pytest.raises(DataError, match="is a folder without tables"):
        LabelFile(path=str(tmp_path)).identity()
    with pytest.raises(DataError, match=r"a table's name ends in \.csv"):
        read(made("id,label\na,ham\n", ".txt"))
    for suffix in (".csv", ".jsonl"):
        (tmp_path / f"latin{suffix}").write_bytes(b"id,label\na,caf\xe9\n")
        with pytest.raises(DataError, match=r"latin.* is not UTF-8 text"):
            read(LabelFile(path=str(tmp_path / f"latin{suffix}")))


def test_the_content_counts_and_not_the_place(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = made("id,label\na,ham\nb,ham\nc,ham\n")
    one = canonical(labels)
    assert str(tmp_path) not in one
    monkeypatch.setenv("HOME", str(tmp_path))
    assert canonical(LabelFile(path="~/weak.csv")) == one
    assert read(LabelFile(path="~/weak.csv")) == [[1, 0]] * 3
    changed = made("id,label\na,spam\nb,ham\nc,ham\n")
    assert canonical(changed) != one
    assert read(changed)[0] == [0, 1]


@pytest.mark.parametrize("label", ["\u00b2", "9" * 5_000])
def test_odd_digits_are_no_numbers_of_classes(label: str, made: Made) -> None:
    with pytest.raises(DataError, match="3 labels are none of"):
        read(made([{"id": one, "label": label} for one in IDS], ".jsonl"))


def test_a_probability_beyond_all_numbers_is_told(made: Made) -> None:
    with pytest.raises(DataError, match="id 'a': a probability is not a number"):
        read(made([{"id": one, "ham": 10**400, "spam": 0} for one in IDS], ".jsonl"))


def test_how_text_is_written_can_be_said(made: Made, tmp_path: Path) -> None:
    labels = made("")
    (tmp_path / "weak.csv").write_bytes("id;label;note\na;ham;caf\xe9\nb;spam;\nc;ham;\n".encode("latin-1"))
    with pytest.raises(DataError, match='set encoding = "latin-1"'):
        read(labels)
    with pytest.raises(DataError, match='set delimiter = ";"'):
        read(replace(labels, encoding="latin-1"))
    said = replace(labels, encoding="latin-1", delimiter=";")
    assert read(said) == [[1, 0], [0, 1], [1, 0]]
    assert len({canonical(one) for one in (labels, said, replace(labels, delimiter=";"))}) == 3
    with pytest.raises(ConfigError, match=r"\[weak\]: encoding = 'utf-9' is unknown"):
        replace(labels, encoding="utf-9")
    with pytest.raises(ConfigError, match=r"\[weak\]: delimiter = ';;' must be one character"):
        replace(labels, delimiter=";;")


def test_minus_one_beside_one_is_a_class_or_none(made: Made) -> None:
    with pytest.raises(
        DataError, match=r"its labels are -1 \(2\) and 1 \(1\), .*write 0 for -1 if it is the class 'ham'"
    ):
        read(made("id,label\na,-1\nb,1\nc,-1\n"))
    assert read(made("id,label\na,-1\nb,1\nc,0\n")) == [[0, 0], [0, 1], [1, 0]]


def test_labels_that_all_say_nothing_are_an_error(made: Made) -> None:
    with pytest.raises(DataError, match="all 3 labels say that there is none, such as '-1'"):
        read(made("id,label\na,-1\nb,-1\nc,-1\n"))


def test_classes_that_no_label_is_are_told(made: Made) -> None:
    labels, three = made("id,label\na,1\nb,2\nc,1\n"), replace(CLASSES, n_classes=3, class_names=("x", "y", "z"))
    (note,) = labels.read(IDS, three, known=IDS)[1]
    assert note.endswith("weak.csv: no label is x (numbers of classes begin at 0)")
    assert labels.read(IDS, replace(three, n_classes=2, class_names=("1", "2")), known=IDS)[1] == []


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ((-0.2231436, -1.6094379), "logarithms of probabilities: write their exponentials"),
        ((2.5, -1.5), "write their softmax"),
        ((3, 1), "counts of votes, divide each by the sum of its row"),
        ((0.8, 0.7), "divide by the sum of the row"),
    ],
)
def test_what_may_be_meant_instead_of_probabilities_is_said(row: tuple[float, float], hint: str, made: Made) -> None:
    with pytest.raises(DataError, match=hint):
        read(made([{"id": one, "ham": row[0], "spam": row[1]} for one in IDS]))
