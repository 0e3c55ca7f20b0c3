"""Somebody's tables, of which there may be several, as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from outgrow.errors import ConfigError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.pictures import PATH, folder_table, is_image_folder
from outgrow.plain import counted, plain
from outgrow.tasks.sources.cures import options_named
from outgrow.tasks.sources.nested import with_nested
from outgrow.tasks.sources.reading import read_table
from outgrow.tasks.sources.records import Table, root


def as_one(paths: Sequence[str], columns: Columns) -> tuple[Table, list[Path]]:
    """All tables as one, and for each row the folder that paths in it are taken from."""
    if not paths:
        raise ConfigError("name a table: a CSV, JSON lines or Parquet file")
    for path in paths:
        if path == "-" or re.match(r"\w+://", path):
            raise ConfigError(f"a table is a file on this machine, not {path}: save it as one, and name that")
    with options_named():
        return _as_one(paths, columns)


def _as_one(paths: Sequence[str], columns: Columns) -> tuple[Table, list[Path]]:
    if len(paths) == 1 and columns.image == PATH and is_image_folder(paths[0]):
        table = folder_table(paths[0], columns.classes)
        return table, [Path(paths[0]).expanduser()] * len(table.rows)
    names = columns.named
    known = [] if any(one.endswith("*") for one in names) else names  # which columns `p_*` is, the table says
    read = [
        _with_nested(read_table(path, encoding=columns.encoding, delimiter=columns.delimiter, columns=known), names)
        for path in paths
    ]
    places = [Path(path).expanduser() for path in paths]
    folders = [
        place if place.is_dir() else place.parent for place, one in zip(places, read, strict=True) for _ in one.rows
    ]
    if len(read) == 1:
        return read[0], folders
    there = list(dict.fromkeys(name for one in read for name in one.columns))
    notes = [f"{one.source}: {note}" for one in read for note in one.notes]
    for name in there:
        if known and name not in known:
            continue
        if without := [one.source for one in read if name not in one.columns]:
            notes.append(
                f"{without[0]}{' and others' if len(without) > 1 else ''} without a column {name!r}: empty there"
            )
    rows = list(enumerate((record for one in read for _, record in one.rows), start=1))
    name = plain(f"{read[0].source} and {counted(len(read) - 1, 'other table')}")
    return Table(source=name, columns=there, rows=rows, notes=notes), folders


def _with_nested(table: Table, names: Sequence[str]) -> Table:
    """The table with values that lie within others as columns; of `a.b.*`, what lies at `a.b`."""
    several = [one[:-2] for one in names if one.endswith(".*") and root(one[:-2], table.columns)]
    return with_nested(table, [*several, *(one for one in names if not one.endswith("*"))])
