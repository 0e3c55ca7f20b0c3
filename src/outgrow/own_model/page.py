"""Findings as one self-contained page in the model folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from outgrow.disk import write_whole
from outgrow.own_model.finding import Finding
from outgrow.report.page import POLICY
from outgrow.report.style import CSS
from outgrow.report.svg import esc
from outgrow.results.shown import TextTable

PAGE = "findings.html"
CODE, AS_CODE = re.compile("`([^`]+)`"), r"<code>\1</code>"


def write_page(found: Sequence[Finding], folder: Path, *, title: str) -> Path:
    """Write the page into a model folder."""
    return write_whole(folder / PAGE, render(found, title=title), what="page")


def render(found: Sequence[Finding], *, title: str) -> str:
    """One HTML page; it loads nothing and runs no script, and all text from outside is escaped."""
    body = "\n".join(_section(one, f"finding-{i + 1}") for i, one in enumerate(reversed(found)))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{esc(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{esc(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f'<header><h1>{esc(title)}</h1>\n<p class="under">A model trained on weak labels, and how far to trust it.</p>'
        f"</header>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(one: Finding, mark: str) -> str:
    words = "".join(f"<p>{CODE.sub(AS_CODE, esc(sentence))}</p>" for sentence in one.sentences)
    table = _table(one.table, one.title) if one.table is not None and one.table.rows else ""
    return f'<section aria-labelledby="{mark}"><h2 id="{mark}">{esc(one.title)}</h2>{words}{table}</section>'


def _table(table: TextTable, title: str) -> str:
    def side(name: str) -> str:
        return "" if name in table.numeric else ' class="words"'

    first, *others = table.names  # what a row is about stands to the left, whatever it is
    head = f'<th scope="col" class="words">{esc(first)}</th>'
    head += "".join(f'<th scope="col"{side(name)}>{esc(name)}</th>' for name in others)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row" class="words">{esc(cell)}</th>' if i == 0 else f"<td{side(name)}>{esc(cell)}</td>"
            for i, (name, cell) in enumerate(zip(table.names, row, strict=True))
        )
        + "</tr>"
        for row in table.rows
    )
    about = f'class="table" tabindex="0" role="region" aria-label="{esc(f"{title}: table")}"'
    return f"<div {about}><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
