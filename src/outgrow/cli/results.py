"""The command line's `results` and `report`."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.results.table import Group


def results(
    store: StoreOption = DEFAULT_STORE,
    format: Annotated[Literal["table", "json", "csv"], typer.Option(help="How to print it.")] = "table",
    group: Annotated[bool, typer.Option("--group", help="Pool seeds, with intervals.")] = False,
    where: Annotated[
        list[str] | None, typer.Option(help="Only rows with column=value; may be given several times.")
    ] = None,
) -> None:
    """Print the results table."""
    from outgrow.cli.display import console, group_table, row_table
    from outgrow.results.columns import COLUMNS, group_rows, rows
    from outgrow.results.records import pool, read_records
    from outgrow.store import Store

    opened = Store.existing(store)
    records = read_records(opened, where=where or [])
    if format == "table":
        console.print(group_table(pool(opened, records)) if group else row_table(records))
        return
    found = group_rows(pool(opened, records)) if group else rows(records)
    if format == "json":
        print(json.dumps(found, indent=1))
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(found[0]) if found else list(COLUMNS))
    writer.writeheader()
    writer.writerows(found)


def report(
    store: StoreOption = DEFAULT_STORE,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("outgrow-report.html"),
    where: Annotated[list[str] | None, typer.Option(help="Only rows with column=value.")] = None,
) -> None:
    """Write one self-contained HTML page with figures, the table and the provenance."""
    from outgrow.results.records import pool, read_records
    from outgrow.store import Store

    opened = Store.existing(store)
    command = " ".join(["outgrow report --store", store, *(f"--where {one}" for one in where or [])])
    groups = pool(opened, read_records(opened, where=where or []))
    title = ", ".join(dict.fromkeys(one.experiment for one in groups)) or "no results"
    print(write_report(groups, [], out, title, command, opened))


def analyse(
    name: Annotated[str, typer.Argument(help="Which analysis (outgrow list analyses).")],
    store: StoreOption = DEFAULT_STORE,
    format: Annotated[Literal["table", "json", "csv"], typer.Option(help="How to print it.")] = "table",
    where: Annotated[list[str] | None, typer.Option(help="Only rows with column=value.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the figure to a file (.svg, .png, .pdf), or its values (.csv, .json).")
    ] = None,
) -> None:
    """Print what one analysis finds, and the values behind its figure; or write either to a file."""
    from outgrow.analyses.base import analyses, studies
    from outgrow.cli.display import console, panel_table
    from outgrow.report.files import save, write_values
    from outgrow.results.records import pool, read_records
    from outgrow.store import Store

    analysis, opened = analyses[name], Store.existing(store)
    groups = pool(opened, read_records(opened, where=where or []))
    found = [(study.title, panel) for study in studies(groups, opened) if (panel := analysis(study))]
    if not found:
        raise ConfigError(f"{name!r} has nothing to say of the results in {store} (outgrow list analyses)")
    if out is not None:
        print(save(found, out))
    elif format != "table":
        print(write_values(found, format), end="")
    else:
        for title, panel in found:
            console.print(panel_table(title, panel))
            for text in (panel.words, *panel.notes):
                console.print(text, markup=False, soft_wrap=True)


def write_report(
    groups: list[Group], failures: list[str], path: Path, title: str, command: str, store: Artefacts
) -> Path:
    """Write the page whole or not at all; ConfigError where it cannot be written. Returns `path`."""
    from dataclasses import replace

    from outgrow.report import render
    from outgrow.report.files import check_page_name, write_page

    check_page_name(path)
    groups = [replace(group, provenance={**group.provenance, "command": command}) for group in groups]
    return write_page(path, render(groups, title=title, failures=failures, store=store))
