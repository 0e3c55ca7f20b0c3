"""What a model sees of the rows of a table: a text, two candidates, or where an image lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from outgrow.tasks.sources.dialogues import SHARED, with_dialogues
from outgrow.tasks.sources.records import Table
from outgrow.tasks.sources.templates import names_in, writer

Seen = str | tuple[str, str]


def needed(given: Mapping[str, str]) -> list[str]:
    """Names that roles give or hold in braces, among which are those of all columns in use."""
    return [*given.values(), *(name for one in given.values() for name in names_in(one))]


def seen(table: Table, given: Mapping[str, str]) -> list[Seen]:
    """What a model sees of each row, "" where there is nothing, or no two different candidates.

    Args:
        given: columns or templates by role: `text`, or `image`, or `first`, `second` and perhaps `prompt`.
    """
    if len({number for number, _ in table.rows}) < len(table.rows):  # several objects of JSON on one line
        table = replace(table, rows=[(i, record) for i, (_, record) in enumerate(table.rows, start=1)])
    pair = (given["first"], given["second"]) if "first" in given else None
    read = with_dialogues(table, needed(given), pair=pair, prompt=given.get("prompt", ""))
    write = {role: writer(one, f"--{role}", read) for role, one in given.items()}
    found: dict[int, Seen] = {}
    if pair is None:
        (one,) = write.values()
        found = {number: one(number, record).strip() for number, record in read.rows}
    else:
        for number, record in read.rows:
            prompt = write["prompt"](number, record).strip() if "prompt" in write else ""
            before = "".join(f"{asked}\n\n" for asked in (prompt, record.get(SHARED)) if asked)
            first, second = (write[role](number, record).strip() for role in ("first", "second"))
            found[number] = (before + first, before + second) if first and second and first != second else ""
    return [found.get(number, "") for number, _ in table.rows]
