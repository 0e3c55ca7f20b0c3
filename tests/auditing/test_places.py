"""Lines of a sheet find their rows, and an id that stands beside another row's text or number is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from outgrow.auditing.places import placed
from outgrow.errors import DataError
from outgrow.tasks.sources.records import Cells, Table

N = 30
IDS = [f"{i:04x}f" for i in range(N)]
NUMBERS = [2 * i + 2 for i in range(N)]
TEXTS = [f"=a text\r\n of  row {i} {'and so on ' * 40}" for i in range(N)]
PAIR = {"first": [f"one {i // 2}" for i in range(N)], "second": [f"two {i % 2}" for i in range(N)]}


def lines(*names: str, rows: Sequence[int] = range(N)) -> list[Cells]:
    every: dict[str, Sequence[object]] = {"row": NUMBERS, "id": IDS, "text": TEXTS, **PAIR}
    return [{name: every[name][i] for name in names} for i in rows]


def read(cells: list[Cells], *, texts: Mapping[str, Sequence[str]] | None = None) -> list[int]:
    table = Table(source="sheet.csv", columns=list(cells[0]), rows=[*enumerate(cells, start=2)])
    return placed(table, ids=IDS, numbers=NUMBERS, texts=[{"text": TEXTS} if texts is None else texts])


def sorted_alone(cells: list[Cells], name: str) -> list[Cells]:
    """What becomes of a sheet if a person sorts one of its columns."""
    return [{**own, name: one} for own, one in zip(cells, sorted((own[name] for own in cells), key=str), strict=True)]


@pytest.mark.parametrize(
    ("names", "alone"),
    [
        (("row", "id", "text"), "id"),
        (("row", "id", "text"), "text"),
        (("id", "text"), "id"),
        (("row", "id"), "id"),
        (("row", "id"), "row"),
        (("id", "first", "second"), "id"),
        (("row", "id", "first", "second"), "second"),
    ],
)
def test_a_column_that_was_sorted_alone_is_one_error(names: tuple[str, ...], alone: str) -> None:
    cells, texts = lines(*names, rows=[7, 3, 12, 5, 28, 9]), PAIR if "first" in names else None
    assert read(cells, texts=texts) == [7, 3, 12, 5, 28, 9]
    with pytest.raises(DataError, match=r"sheet.csv: \d rows with the id of one row and the text or number of another"):
        read(sorted_alone(cells, alone), texts=texts)


def test_the_first_line_is_named_and_all_are_counted() -> None:
    cells = lines("row", "id", "text")
    cells[4]["id"] = IDS[9]
    with pytest.raises(
        DataError, match=rf": 1 row with .*row 6 of the sheet has the id of row 20 \({IDS[9]}\), .* 10 \("
    ):
        read(cells)
    cells[8]["id"], cells[5]["id"] = IDS[2], IDS[3]
    with pytest.raises(DataError, match=r": 3 rows with .*: row 6 of .* and so on;"):
        read(cells)


CHANGES: list[Callable[[str], str]] = [
    lambda text: text[:200],  # cut
    lambda text: text.replace("\r\n", "\n"),
    lambda text: text.replace("\r\n", "\\r\\n"),
    lambda text: f"'{text} ",
    lambda text: f"\ufeff{text}",
    lambda text: text.replace("  ", " ").replace(" ", "\xa0"),
    lambda text: "03. Apr 26",  # taken for a date
    lambda text: "",
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_spreadsheets_make_of_texts_is_no_contradiction(change: Callable[[str], str]) -> None:
    cells = lines("row", "id", "text")
    assert read([{**own, "text": change(own["text"])} for own in cells]) == list(range(N))


def test_numbers_that_are_not_the_models_pass_where_texts_agree() -> None:
    assert read(sorted_alone(lines("row", "id", "text", rows=range(N)[::-1]), "row")) == list(range(N))[::-1]
    assert read([{**own, "row": i} for i, own in enumerate(lines("id", "text"))]) == list(range(N))


def test_equal_texts_belong_to_each_of_their_rows() -> None:
    same = {"text": ["same"] * 2 + TEXTS[2:]}
    assert read([{"id": IDS[1], "text": "same"}], texts=same) == [1]
    assert read([{"id": "unknown", "text": "same"}], texts=same) == [-1]
    with pytest.raises(DataError, match="1 row with the id of one row"):
        read([{"id": IDS[2], "text": "same"}], texts=same)
