"""Where the numbers come from: a file that makes them again, what they were made with, and what identifies them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from outgrow.report.rerun import differing, rerun
from outgrow.report.svg import esc
from outgrow.results.table import Group, Record

NAMES = {
    "outgrow": "outgrow", "python": "Python", "torch": "PyTorch", "numpy": "NumPy", "transformers": "transformers",
    "system": "system", "machine": "architecture", "cpu": "processor", "threads": "threads",
    "precision": "numbers in matrix products",
}  # fmt: skip
APART = ("computed", "command")  # said elsewhere
LINES = 60  # of a file that is shown unfolded
FILES = 6  # that are shown

Records = Mapping[str, Record]
"""The stored rows by their result's key; those that are not known are missing."""


def provenance(groups: Sequence[Group], records: Records, name: str) -> str:
    """The part of a page about one experiment's origin. `name` tells its tables from others of the page."""
    return "\n".join(
        [
            "<h3>Run it again</h3>",
            _again(groups),
            "<h3>Made with</h3>",
            _made_with(groups, records, name),
            *_notes(groups, records),
            "<h3>Identity</h3>",
            _keys(groups, records, name),
        ]
    )


def _again(groups: Sequence[Group]) -> str:
    found = rerun(groups)
    if not any(g.settings for g in groups):
        return "<p>The settings were not recorded.</p>" + _page_again(groups)
    stem = re.sub(r"[^\w. -]", "_", found.name).strip(". ") or "experiment"
    names = [f"{stem}.toml"] if len(found.files) == 1 else [f"{stem}-{k + 1}.toml" for k in range(len(found.files))]
    command = shlex.join(["outgrow", "run", *names])
    what = "this file" if len(names) == 1 else f"these {len(names)} files"
    out = [
        f"<p>Save {what} and run the command. Every setting is in it, defaults included. The same code and data give "
        "the same keys: what a store has already is not computed again.</p>"
        if not found.problem
        else f"<p>These settings may not run as they are: {esc(found.problem)}.</p>",
        f"<pre>{esc(command)}</pre>",
    ]
    for file, text in list(zip(names, found.files, strict=True))[:FILES]:
        opened = " open" if text.count("\n") <= LINES and len(names) == 1 else ""
        shown = f'<pre class="toml">{esc(text.rstrip())}</pre>'
        out.append(f'<details class="file"{opened}><summary>{esc(file)}</summary>{shown}</details>')
    if len(names) > FILES:
        out.append(
            f"<p>{len(names) - FILES} more files differ in the settings below alone; "
            "<code>outgrow.to_toml</code> writes the file of any result.</p>"
        )
    if len(names) > 1 and (differ := differing(groups)):
        items = "".join(f"<li><code>{esc(key)}</code>: {esc(', '.join(some))}</li>" for key, some in differ.items())
        out.append(f"<p>They differ in:</p><ul>{items}</ul>")
    return "\n".join(out) + _page_again(groups)


def _page_again(groups: Sequence[Group]) -> str:
    commands = list(dict.fromkeys(str(g.provenance["command"]) for g in groups if g.provenance.get("command")))
    return f"<p>To draw this page again:</p><pre>{esc(chr(10).join(commands))}</pre>" if commands else ""


def _of(groups: Sequence[Group], records: Records) -> list[dict[str, Any]]:
    """What is recorded of each result, or of each group where its rows are not known."""
    known = [records[key].provenance for g in groups for key in g.keys if key in records]
    return known or [g.provenance for g in groups]


def _made_with(groups: Sequence[Group], records: Records, name: str) -> str:
    values: dict[str, list[str]] = {}
    for one in _of(groups, records):
        for key, value in one.items():
            found = values.setdefault(key, [])
            if str(value) not in found:
                found.append(str(value))
    computed = sorted(values.get("computed", []))
    rows = [(NAMES.get(key, key), " or ".join(values[key])) for key in (*NAMES, *values) if key in values]
    rows = [row for row in dict(rows).items() if row[0] not in APART and row[1]]
    if computed:
        rows.append(("computed", computed[0] if len(computed) == 1 else f"{computed[0]} to {computed[-1]}"))
    if not rows:
        return "<p>Not recorded.</p>"
    cells = "".join(
        f'<tr><th scope="row" class="words">{esc(a)}</th><td class="words">{esc(b)}</td></tr>' for a, b in rows
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="Made with: {esc(name)}"><table class="facts">'
        "<caption>Software and hardware of the comparisons; steps that were in the store before may be older.</caption>"
        f"<tbody>{cells}</tbody></table></div>"
    )


def _notes(groups: Sequence[Group], records: Records) -> list[str]:
    """What was noticed about data and labels while it was computed."""
    notes = list(dict.fromkeys(note for g in groups for key in g.keys if key in records for note in records[key].notes))
    if not notes:
        return []
    items = "".join(f"<li>{esc(note)}</li>" for note in notes)
    body = f'<ul class="prose">{items}</ul>'
    return [
        "<h3>Notes</h3>",
        body if len(notes) <= 10 else f"<details><summary>{len(notes)} notes</summary>{body}</details>",
    ]


def _keys(groups: Sequence[Group], records: Records, name: str) -> str:
    """Nobody writes these: they follow from settings, data and code."""
    rows = []
    for g in groups:
        for seed, key in zip(g.seeds, g.keys, strict=False):
            when = records[key].provenance.get("computed", "") if key in records else ""
            words = (f"{g.weak} \u2192 {g.strong}", g.method)
            cells = "".join(f'<td class="words">{esc(one)}</td>' for one in words)
            last = f'<td class="words"><code>{esc(key)}</code></td><td class="words">{esc(when)}</td>'
            rows.append(f"<tr>{cells}<td>{seed}</td>{last}</tr>")
    heads = (("models", True), ("method", True), ("seed", False), ("result key", True), ("computed", True))
    head = "".join(f'<th scope="col"{" class=words" * words}>{one}</th>' for one, words in heads)
    long = " long" if len(rows) > 12 else ""
    return (
        "<p>A result's key is a hash of settings, data and code. It follows from them and cannot be set.</p>"
        f'<details class="keys"><summary>Result keys, one per seed ({len(rows)})</summary>'
        f'<div class="table{long}" tabindex="0" role="region" aria-label="Result keys: {esc(name)}"><table>'
        f"<caption>Keys of the results</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        "</div></details>"
    )
