"""Tables at any width: every cell is there, no line is too wide, every row can be told from the others."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from outgrow.results.columns import in_order
from outgrow.results.layout import Laid, lay_out, width_of, wrapped
from outgrow.results.shown import TextTable, group_cells
from outgrow.results.table import Bounded, Group, Interval

WIDTHS = (40, 60, 80, 100, 120, 200)
METHODS = ("naive", "confidence(alpha=0.75, ramp=0.1, shares=free)", "bootstrapping(sizes=toy-m, fresh=False)")


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.02, high=value + 0.02, n=3_000)


def group(number: int, **changes: object) -> Group:
    """A result whose scores no other number has."""
    value = 0.5 + number / 1000
    one = Group(
        experiment="tiny", task="toy", kind="classification", weak="toy-xs", strong="toy-l", method="naive",
        metric="accuracy", seeds=[0, 1], n_supervisor=60, n_transfer=60, n_test=1_500, weak_cost=1.0, strong_cost=9.0,
        zero_shot=None, weak_score=interval(value), student=interval(value + 0.1), ceiling=interval(value + 0.2),
        weak_label_accuracy=0.61, agreement=interval(value + 0.05), agreement_when_right=None,
        agreement_when_wrong=None, pgr=Bounded(value=value, low=value - 0.1, high=value + 0.1, n=3_000), n_groups=800,
        design_effect=1.0, gain=None, detectable=0.02, verdict="ok", keys=[f"{number:064x}"],
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


def quickstart() -> list[Group]:
    return [group(1), group(2, method="confidence", zero_shot=interval(0.3))]


def sweep() -> list[Group]:
    """Fifty results that differ in settings and method."""
    settings = [(noise, rate) for noise in (0.0, 0.05, 0.1, 0.2, 0.3) for rate in (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)]
    return [
        group(
            2 * i + k, method=method,
            settings={"task": {"noise": noise}, "weak": {"train": {"rate": rate}}, "strong": {"train": {"rate": rate}}},
        )
        for i, (noise, rate) in enumerate(settings) for k, method in enumerate(METHODS[:2])
    ]  # fmt: skip


def failed() -> list[Group]:
    none: dict[str, object] = dict.fromkeys(("weak_score", "student", "ceiling", "agreement", "pgr"))
    why = "train toy-l on labels: the loss is nan at update 2; try a smaller rate; the weights are kept in " + "x/" * 99
    return [
        group(1), group(2, method="confidence"),
        *(group(i, **none, verdict="failed", why=why, method=name) for i, name in enumerate(METHODS[1:], 3)),
    ]  # fmt: skip


def label_files() -> list[Group]:
    """Rows that only the file behind them tells apart."""
    paths = ["/data/" + "deep/" * 30 + "votes.csv", "crowd [v2].csv", "日本語のラベル.csv"]
    return [group(i, weak="labels", settings={"weak": {"model": "labels", "path": p}}) for i, p in enumerate(paths)]


def only() -> list[Group]:
    return [group(1)]


STUDIES = {"quickstart": quickstart, "sweep": sweep, "failed": failed, "labels": label_files, "one": only}


def lines(laid: Laid) -> list[str]:
    return [*laid.before, *laid.head, *laid.body, *laid.after]


def letters(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("study", STUDIES)
def test_every_cell_is_there_in_lines_that_fit(study: str, width: int) -> None:
    table = group_cells(in_order(STUDIES[study]()))
    assert len(table.rows) == {"quickstart": 2, "sweep": 50, "failed": 4, "labels": 3, "one": 1}[study]
    laid = lay_out(table, width)
    assert max(map(width_of, lines(laid))) <= width
    high = len(laid.body) // len(table.rows)
    assert high * len(table.rows) == len(laid.body)
    rows = ["\n".join(laid.body[i : i + high]) for i in range(0, len(laid.body), high)]
    assert len(set(rows)) == len(rows), "two rows look alike"
    around = letters("".join(laid.before + laid.after))
    for shown, row in zip(rows, table.rows, strict=True):
        for cell in row:
            assert cell == "-" or cell in shown or letters(cell) in around
    for name in table.names:
        assert letters(name) in around or all(part in letters("".join(laid.head)) for part in re.split("[ ._]", name))


def test_what_is_the_same_is_told_once() -> None:
    laid = lay_out(group_cells(in_order(sweep())), 120)
    (before, *_) = laid.before
    assert before.startswith(
        "In all rows: weak toy-xs; strong toy-l; strong.train.rate equals weak.train.rate; seeds 2;"
    )
    assert "no zero-shot" in " ".join(laid.before)
    assert not any("toy-xs" in line for line in laid.body)


def test_a_row_has_one_line_where_it_fits() -> None:
    table = group_cells(quickstart())
    assert [len(lay_out(table, width).body) for width in (120, 80, 50)] == [2, 2, 4]
    assert lay_out(table, 1000).head == lay_out(table, 120).head


def test_long_names_are_numbered_where_that_saves_lines() -> None:
    groups = [group(3 * k + i, method=name, strong=f"toy-{k}") for k in range(9) for i, name in enumerate(METHODS)]
    laid = lay_out(group_cells(groups), 80)
    assert len(laid.body) == len(groups)
    assert [line for line in laid.after if line.startswith("method #")] == [
        f"method #{k}: {name}" for k, name in enumerate(METHODS, 1)
    ]


def test_long_names_stay_where_two_lines_a_row_have_room_for_them() -> None:
    groups = [group(3 * k + i, method=name, strong=f"toy-{k}") for k in range(2) for i, name in enumerate(METHODS)]
    assert [len(lay_out(group_cells(groups), width).body) for width in (50, 70)] == [12, 12]
    assert any("#1" in line for line in lay_out(group_cells(groups), 50).body)
    assert not any("#1" in line for line in lay_out(group_cells(groups), 70).body)


def test_a_reason_is_told_once_and_short() -> None:
    laid = lay_out(group_cells(failed()), 100)
    assert sum("failed (1)" in line for line in laid.body) == 2
    assert " ".join(line.strip() for line in laid.after if not line.startswith("method")) == (
        "(1) train toy-l on labels: the loss is nan at update 2; try a smaller rate"
    )


def test_rows_of_equal_settings_are_told_apart_by_their_keys() -> None:
    table = group_cells([group(1, keys=["a" * 64]), group(1, keys=["b" * 64, "c" * 64])])
    assert [row[table.names.index("keys")] for row in table.rows] == ["a" * 12, "b" * 12 + " +1"]


def test_settings_that_tell_nothing_apart_have_no_column() -> None:
    """Two experiments differ in much; that their rows are of other experiments says it."""
    rates = [{"train": {"rate": rate, "warmup": warmup}} for rate, warmup in ((0.1, 0), (0.2, 0), (0.3, 1))]
    table = group_cells(
        [group(i, settings=one, experiment=name) for i, (one, name) in enumerate(zip(rates, "aab", strict=True))]
    )
    assert [name for name in table.names if name.startswith("train")] == ["train.rate"]


@pytest.mark.parametrize("values", [(0.0101, 0.0102), (1, True), (1e-8, 2e-8), ("a", "b"), ([1], [1, 2]), (None, 0)])
def test_settings_that_differ_look_different(values: tuple[object, object]) -> None:
    table = group_cells([group(1, settings={"train": {"x": value}}) for value in values])
    cells = [row[table.names.index("train.x")] for row in table.rows]
    assert cells[0] != cells[1]


def test_a_method_is_told_by_its_options_where_its_name_leaves_them_out() -> None:
    table = group_cells([group(1, settings={"method": {"name": "naive", "hidden": value}}) for value in (1, 2)])
    assert [row[table.names.index("method.hidden")] for row in table.rows] == ["1", "2"]


@pytest.mark.parametrize("field", ["n_supervisor", "n_transfer", "n_test", "metric", "task", "experiment"])
def test_whatever_differs_has_a_column(field: str) -> None:
    values: tuple[object, object] = (100, 20) if field.startswith("n_") else ("b", "a")
    table = group_cells(in_order([group(1, **{field: value}) for value in values]))
    assert [row[table.names.index(field)] for row in table.rows] == [str(values[1]), str(values[0])]


def test_numbers_are_in_the_order_of_numbers() -> None:
    given = [1e-2, 10, None, "x", 2, 3e-4]
    found = in_order([group(1, settings={"a": {"b": value}}) for value in given])
    assert [one.settings["a"]["b"] for one in found] == [None, 3e-4, 1e-2, 2, 10, "x"]


def test_names_cannot_steer_the_terminal() -> None:
    laid = lay_out(group_cells([group(1, method="\x1b[2J"), group(2, method="a\nb", why="\x07", verdict="failed")]), 80)
    text = "\n".join(lines(laid))
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
    assert "\\x1b[2J" in text
    assert "a\\nb" in text


def test_no_rows() -> None:
    assert lay_out(TextTable(names=("a",), rows=[]), 80).body == []


@pytest.mark.parametrize(
    "text", ["one two three four five", "日本語 の ラベル の 表 です", "x" * 50, "", "a " + "ü" * 40]
)
def test_text_is_cut_at_words(text: str) -> None:
    found = wrapped(text, 12)
    assert max(map(width_of, found)) <= 12
    assert letters("".join(found)) == letters(text)
    words = [word for word in text.split() if width_of(word) <= 12]
    assert all(any(word in line.split() for line in found) for word in words)
