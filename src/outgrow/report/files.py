"""Pages, figures and values as files: the ending of a file's name says what is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from outgrow.analyses.base import Panel
from outgrow.disk import write_whole
from outgrow.errors import ConfigError
from outgrow.figures.palette import LIGHT
from outgrow.figures.sheet import draw_sheet
from outgrow.report.paint import paint
from outgrow.report.svg import alone
from outgrow.results.export import csv_text, json_text

Found = Sequence[tuple[str, Panel]]
"""What an analysis found, by study."""

FIGURES = (".svg", ".png", ".pdf")
VALUES = (".csv", ".json")


def check_page_name(path: Path) -> None:
    """ConfigError unless a page can have this name; a pipe can have any."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):  # never an error, unlike Path's
        return
    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(
            f"a report is a page: --out {str(path)!r} has to end in .html. For figures as {', '.join(FIGURES)} there "
            "is `outgrow analyse NAME --out FILE`; for a PDF of the whole report, print the page from a browser"
        )


def values(found: Found, form: str) -> str:
    """The values behind figures as `csv` or `json`."""
    if form == "json":
        return json_text([{"study": title, **panel.to_dict()} for title, panel in found])
    rows = [{"study": title, **row} for title, panel in found for row in panel.to_dict()["rows"]]
    return csv_text(rows, ["study", *found[0][1].columns])


def save(found: Found, path: Path) -> Path:
    """Write a figure (svg, png, pdf) or the values behind it (csv, json). Returns `path`.

    Raises:
        ConfigError: another ending, several studies for one figure, or a place that cannot be written.
        MissingDependency: PNG or PDF without matplotlib.
    """
    form = path.suffix.lower()
    if form not in (*FIGURES, *VALUES):
        endings = f"{', '.join(FIGURES)} (the figure), {', '.join(VALUES)} (its values)"
        raise ConfigError(f"--out {str(path)!r}: the ending says what to write, one of {endings}")
    if form in VALUES:
        return write_whole(path, values(found, form[1:]), what="the values")
    if len(found) > 1:
        titles = "; ".join(title for title, _ in found)
        raise ConfigError(
            f"--out {str(path)!r}: one file is one figure, and there are {len(found)} studies ({titles}); choose one "
            "with --where experiment=NAME"
        )
    title, panel = found[0]
    if panel.figure is None or not panel.figure.charts:
        raise ConfigError(f"{panel.title!r} has no figure here; write its values to a .csv or .json file")
    drawn = draw_sheet(panel.figure, f"{panel.title} ({title})")
    if form == ".svg":
        return write_whole(path, alone(drawn, LIGHT), what="the figure")
    return write_whole(path, lambda file: paint(drawn, file, LIGHT, form=form[1:]), what="the figure")
