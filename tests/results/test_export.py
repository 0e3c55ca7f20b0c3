"""The results table in files: what is read back is what was written, and nothing in it can do harm."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from outgrow.results.export import csv_text, json_text, latex_text, markdown_text, plain_text
from outgrow.results.shown import TextTable

NASTY = [
    "=1+1",
    "+a",
    "-a",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "a,b",
    'say "x"',
    "l1\nl2",
    "\x1b[2J",
    "日本語",
    "",
    "[x] & 5 % of $3_a",
]
TABLE = TextTable(
    names=("method", "weak score", "note_1"),
    numeric=("weak score",),
    measured=("weak score",),
    rows=[(text, f"{i}.0 % (-0.{i} to 2.0)", "a|b") for i, text in enumerate(NASTY)],
)
LATEX = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textless{}": "<",
    r"\textgreater{}": ">", r"\textbar{}": "|", "{[}": "[", "{]}": "]", "''": '"', "$-$": "-",
    r"\{": "{", r"\}": "}", r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_",
}  # fmt: skip


def spelt(text: str) -> str:
    return text.replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n").replace("\x1b", "\\x1b")


def test_csv_reads_back_and_computes_nothing() -> None:
    rows = [{"name": text, "score": -0.5, "none": None, "seeds": [0, 1]} for text in NASTY]
    read = list(csv.DictReader(io.StringIO(csv_text(rows))))
    assert [row["name"].removeprefix("'") for row in read] == [spelt(text) for text in NASTY]
    assert sum(row["name"].startswith("'") for row in read) == 6
    assert not any(row["name"].startswith(("=", "+", "-", "@", "\t", "\r")) for row in read)
    assert {(row["score"], row["none"], row["seeds"]) for row in read} == {("-0.5", "", "[0, 1]")}
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f]", csv_text(rows))


def test_csv_has_the_columns_of_all_rows() -> None:
    assert csv_text([{"a": 1}, {"b": 2}]).split() == ["a,b", "1,", ",2"]
    assert csv_text([], ["a", "b"]).split() == ["a,b"]
    assert csv_text([{"=cmd": 1}]).split() == ["'=cmd", "1"]


def test_json_reads_back() -> None:
    rows = [{"name": text, "score": 0.5, "none": None} for text in NASTY]
    assert json.loads(json_text(rows)) == rows
    assert "\x1b" not in json_text(rows)


def test_latex_reads_back() -> None:
    text = latex_text(TABLE, "Scores in %.")
    assert text.count("{") == text.count("}")
    assert r"\begin{tabular}{lr}" in text, "the column that never differs is told in the caption"
    assert r"\caption{Scores in \%. In all rows: note\_1 a\textbar{}b.}" in text
    body = text.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
    assert len(body) == len(NASTY)
    for line, row in zip(body, TABLE.rows, strict=True):
        assert line.endswith(r" \\")
        cells = re.split(r"(?<!\\) ?& ", line.removesuffix(r" \\"))
        read = [re.sub("|".join(map(re.escape, LATEX)), lambda found: LATEX[found[0]], cell) for cell in cells]
        assert [one.strip() for one in read] == [spelt(row[0]).strip(), row[1]]
    assert not any(re.match(r"\s*[\[*]", line) for line in body), "it would be an option of the line's end before it"


def test_markdown_keeps_its_columns() -> None:
    told, empty, *lines = markdown_text(TABLE, "Scores.").splitlines()
    assert (told, empty) == (r"Scores. In all rows: note\_1 a\|b.", "")
    assert lines[1] == "| --- | ---: |"
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}
    assert len(lines) == 2 + len(NASTY)


def test_reasons_stand_below() -> None:
    table = TextTable(
        names=("method", "verdict"), rows=[("a_b", "ok"), ("c", "failed")], why=["", "no disk; see to it"]
    )
    assert "(1) no disk; see to it}" in latex_text(table, "About.")
    assert "| c | failed (1) |\n\n(1) no disk; see to it\n" in markdown_text(table, "About.")
    assert plain_text(table).splitlines() == [
        "method  verdict",
        "a_b     ok",
        "c       failed (1)",
        "(1) no disk; see to it",
    ]


@pytest.mark.parametrize(
    "text", [csv_text([], ["a"]), json_text([]), latex_text(TextTable(names=("a",), rows=[]), "x")]
)
def test_no_rows(text: str) -> None:
    assert text.endswith("\n")
