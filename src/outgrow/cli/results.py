"""The command line's `results`, `report` and `analyse`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.results.table import Group, Record

Format = Literal["table", "csv", "json", "latex", "markdown"]
SUFFIXES: dict[str, Format] = {
    ".txt": "table", ".csv": "csv", ".json": "json", ".tex": "latex", ".md": "markdown",
}  # fmt: skip
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=VALUE", help="Only rows with this value, also of a setting; may be given several times."
    ),
]
NAMED = 4  # experiments that the title of a report names
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file, whole or not at all.")]


def results(
    store: StoreOption = DEFAULT_STORE,
    format: Annotated[
        Format | None, typer.Option(help="How to write it; by default as the file's suffix says, or a table.")
    ] = None,
    group: Annotated[bool, typer.Option("--group", help="Pool seeds, with intervals.")] = False,
    where: Where = None,
    out: Out = None,
) -> None:
    """Print the results table, or write it to a file."""
    from outgrow.cli.display import console, group_table, row_table
    from outgrow.results.pooling import pool
    from outgrow.results.records import read_records
    from outgrow.store import open_store

    chosen = _format(format, out)
    opened = open_store(store, existing=True)
    records = read_records(opened, where=where or [])
    if chosen == "table" and out is None:
        console.print(group_table(pool(opened, records)) if group else row_table(records))
        return
    _give(_text(chosen, opened, records, group), out)


def _format(format: Format | None, out: Path | None) -> Format:
    if format or out is None:
        return format or "table"
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            f"--out {str(out)!r}: its suffix {out.suffix!r} is none of {', '.join(SUFFIXES)}; choose one, or say "
            f"--format {' or '.join(get_args(Format))}"
        )
    return SUFFIXES[out.suffix.lower()]


def _text(format: Format, store: Artefacts, records: list[Record], group: bool) -> str:
    from outgrow.results.columns import COLUMNS, group_rows, in_order, rows
    from outgrow.results.export import csv_text, json_text, latex_text, markdown_text, plain_text
    from outgrow.results.pooling import pool
    from outgrow.results.shown import group_cells, row_cells

    records = in_order(records)
    groups = in_order(pool(store, records)) if group else []
    if format in ("csv", "json"):
        found = group_rows(groups) if group else rows(records)
        return csv_text(found, list(COLUMNS)) if format == "csv" else json_text(found)
    if format == "table":
        return plain_text(group_cells(groups) if group else row_cells(records))
    table = group_cells(groups, intervals=True) if group else row_cells(records, intervals=True)
    metrics = ", ".join(dict.fromkeys(one.row.metric for one in records)) or "no results"
    about = f"Scores on the test examples ({metrics}), with 95 % intervals."
    return latex_text(table, about) if format == "latex" else markdown_text(table, about)


def _give(text: str, out: Path | None) -> None:
    from outgrow.cli.display import give, say
    from outgrow.disk import write_whole

    if out is None:
        give(text)
    else:
        write_whole(out, text, what="the results")
        say(out)


def report(
    store: StoreOption = DEFAULT_STORE,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("outgrow-report.html"),
    where: Where = None,
) -> None:
    """Write one self-contained HTML page with figures, the table and the provenance."""
    from outgrow.cli.display import say
    from outgrow.report.files import check_page_name
    from outgrow.results.pooling import pool
    from outgrow.results.records import read_records
    from outgrow.store import open_store

    check_page_name(out)
    opened = open_store(store, existing=True)
    command = shlex.join(["outgrow", "report", "--store", store, *(f"--where={one}" for one in where or [])])
    groups = pool(opened, read_records(opened, where=where or []))
    names = list(dict.fromkeys(one.experiment for one in groups))
    title = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "") or "no results"
    say(write_report(groups, [], out, title, command, opened))


def analyse(
    name: Annotated[str, typer.Argument(help="Which analysis (outgrow list analyses).")],
    store: StoreOption = DEFAULT_STORE,
    format: Annotated[Literal["table", "json", "csv"], typer.Option(help="How to print it.")] = "table",
    where: Where = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the figure to a file (.svg, .png, .pdf), or its values (.csv, .json)."
        ),
    ] = None,
) -> None:
    """Print what one analysis finds, and the values behind its figure; or write either to a file."""
    from outgrow.analyses.base import analyses, studies
    from outgrow.cli.display import console, give, panel_table, say
    from outgrow.report.files import save, values
    from outgrow.results.columns import in_order
    from outgrow.results.pooling import pool
    from outgrow.results.records import read_records
    from outgrow.store import open_store

    analysis, opened = analyses[name], open_store(store, existing=True)
    groups = in_order(pool(opened, read_records(opened, where=where or [])))
    found = [(study.title, panel) for study in studies(groups, opened) if (panel := analysis(study))]
    if not found:
        raise ConfigError(f"{name!r} has nothing to say of the results in {store} (outgrow list analyses)")
    if out is not None:
        say(save(found, out))
    elif format != "table":
        give(values(found, format))
    else:
        for number, (title, panel) in enumerate(found):
            if number:
                say()
            console.print(panel_table(title, panel))
            for text in (panel.words, *panel.sentences):
                say(text)


def write_report(
    groups: list[Group],
    failures: list[str],
    path: Path,
    title: str,
    command: str,
    store: Artefacts,
    *,
    follow: bool = True,
) -> Path:
    """Write the page as `write_whole` does, errors included. Returns `path`."""
    from dataclasses import replace

    from outgrow.disk import write_whole
    from outgrow.report import render
    from outgrow.results.columns import in_order

    groups = [replace(group, provenance={**group.provenance, "command": command}) for group in in_order(groups)]
    page = render(groups, title=title, failures=failures, store=store)
    return write_whole(path, page, what="the report", follow=follow)
