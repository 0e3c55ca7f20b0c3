"""One reader for every table in a file, whoever asks for it: CSV, JSON lines or Parquet, compressed or not."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from outgrow.errors import DataError
from outgrow.plain import plain
from outgrow.tasks.sources.content import content, decoded
from outgrow.tasks.sources.files import errors_name, regular_file
from outgrow.tasks.sources.json_rows import read_json
from outgrow.tasks.sources.nested import with_nested
from outgrow.tasks.sources.records import Table, check_columns, read_parquet, root
from outgrow.tasks.sources.repairs import missing_parts, one_name_each, without_headers
from outgrow.tasks.sources.separated import read_separated

FORMS = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet",
}  # fmt: skip
NAMES = {"csv": "separated cells", "jsonl": "JSON", "parquet": "Parquet"}
JSON = re.compile(rb"(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*(\"|$)")
PACKED = (".gz", ".bz2", ".xz", ".zst")


def read_table(
    path: str | Path, *, form: str = "", encoding: str = "", delimiter: str = "", columns: Sequence[str] = ()
) -> Table:
    """The table in a file, or in all files of a folder of one form, one after the other.

    Args:
        path: its suffix says the form, whatever its case: .csv, .tsv, .jsonl, .ndjson, .json or .parquet, and then
            .gz, .bz2, .xz or .zst if it is compressed.
        form: `csv`, `jsonl` or `parquet`, if the suffix is not to decide.
        encoding: of text; by default UTF-8, or what a mark at the file's start says.
        delimiter: of a CSV; by default a comma, or a tab if the suffix is .tsv, or what its first line, sep=;, says.
        columns: those that are needed; by default all. Others may be left out.

    Raises:
        DataError: it cannot be read, or is of another form; what is wrong, where, and what to do.
    """
    files = table_files(path)
    place = Path(os.path.expanduser(path))
    if not os.path.isdir(place):
        return read_tables(files, form=form, encoding=encoding, delimiter=delimiter, columns=columns)
    folder = plain(place.name)
    source = folder if len(files) > 1 else ""
    table = read_tables(files, source=source, form=form, encoding=encoding, delimiter=delimiter, columns=columns)
    told = [plain(f"read {len(files):,} files of {folder}, {files[0].name} to {files[-1].name}")]
    if len(files) == 1:
        told = [plain(f"read {files[0].name} of {folder}")]
    if within := folders(place):
        told[0] += f", and none of its folders, such as {within[0]!r}"
    if others := [name for name in _names(place) if suffix(Path(name)) not in (*FORMS, ".md") and name not in within]:
        told[0] += plain(f", and no other file, such as {others[0]}")
    if lacking := missing_parts(files):
        told.append(lacking)
    return replace(table, notes=[*told, *table.notes])


def read_tables(
    files: Sequence[Path], *, source: str = "", form: str = "", encoding: str = "", delimiter: str = "",
    columns: Sequence[str] = (),
) -> Table:  # fmt: skip
    """Files that are parts of one table called `source`, as `read_table` reads each; its rows are numbered through."""
    read = [_read(file, form or form_of(file), encoding, delimiter, columns) for file in files]
    tables = [replace(table, source=plain(table.source)) for table in read]
    table = tables[0] if len(tables) == 1 else _joined(tables, columns, source)
    table = without_headers(one_name_each(replace(table, source=source or table.source), columns))
    return with_nested(table, columns)


def table_files(path: str | Path) -> list[Path]:
    """The file, or the files of a folder that are tables, by name; DataError if there is none, or of several forms."""
    folder = Path(os.path.expanduser(path))
    if not os.path.isdir(folder):  # unlike Path's, never an error, however odd the path
        return [regular_file(path)]
    files = [folder / name for name in _names(folder) if suffix(Path(name)) in FORMS]
    if not files:
        below = f"; it has folders, such as {within[0]!r}: name one" if (within := folders(folder)) else ""
        raise DataError(f"{folder} is a folder without tables; they end in {', '.join(FORMS)}{below}")
    forms = {FORMS[suffix(file)]: file for file in files}
    if len(forms) > 1:
        shown = " and ".join(file.name for file in forms.values())
        raise DataError(f"{folder} has tables of several forms, such as {shown}; name one file, or keep one form there")
    return [regular_file(file) for file in files]


def folders(folder: Path) -> list[str]:
    """Names of the folders in a folder, but for hidden ones."""
    return [name for name in _names(folder) if os.path.isdir(folder / name)]


def _names(folder: Path) -> list[str]:
    """What lies in a folder, sorted, but for hidden files and what office programs put beside an open one."""
    with errors_name(folder):
        return sorted(name for name in os.listdir(folder) if not name.startswith((".", "_", "~")))


def suffix(file: Path) -> str:
    """What a file's name ends in, in small letters and without that of its compression."""
    bare = Path(file.stem) if file.suffix.lower() in PACKED else file
    return bare.suffix.lower()


def form_of(file: Path) -> str:
    """The form of a table that a file's name says."""
    if (ending := suffix(file)) not in FORMS:
        raise DataError(
            f"{file}: a table's name ends in {', '.join(FORMS)}, and then {', '.join(PACKED)} if it is compressed"
        )
    return FORMS[ending]


def _read(file: Path, form: str, encoding: str, delimiter: str, columns: Sequence[str]) -> Table:
    if not (found := content(file)).strip(b"\0 \t\r\n"):
        raise DataError(f"{file} is empty but for blanks")
    if (other := other_form(found, form)) != form:
        raise DataError(
            f"{file} holds {NAMES[other]}, not {NAMES[form]}; read it with the task {other!r}, or call it .{other}"
        )
    if form == "parquet":
        return read_parquet(found, file=file, columns=columns)
    text = decoded(file, found, encoding)
    if not text.strip("\0 \t\r\n"):
        raise DataError(f"{file} is empty but for blanks")
    if form == "csv":
        default = "\t" if suffix(file) in (".tsv", ".tab") else ","
        return read_separated(text, file=file, delimiter=delimiter, default=default, columns=columns)
    return read_json(text, file=file, columns=columns)


def other_form(found: bytes, form: str) -> str:
    """The form that a file's first bytes show, if they show one; else `form`."""
    if found.startswith(b"PAR1"):
        return "parquet"
    if form == "parquet":
        start = found[:200]
        return form if b"\0" in start else "jsonl" if start.lstrip()[:1] in (b"{", b"[") else "csv"
    return "jsonl" if JSON.match(found[:100]) else form


def _joined(tables: Sequence[Table], columns: Sequence[str], source: str) -> Table:
    """Rows of all tables, numbered through from 1; DataError if one lacks a column that others have and that is needed.

    Objects of JSON need not have all keys, so files of them need not either.
    """
    there = list(dict.fromkeys(name for table in tables for name in table.columns))
    for table in tables:
        if FORMS.get(suffix(Path(table.source))) != "jsonl":
            shared = [name for name in there if not columns or name in columns]
            check_columns(shared, table.columns, source=f"{source}: {table.source}")
    rows = [record for table in tables for _, record in table.rows]
    notes = [f"{table.source}: {note}" for table in tables for note in table.notes]
    for name in dict.fromkeys(root(one, there) for one in columns):
        if name and (without := [table.source for table in tables if name not in table.columns]):
            notes.append(f"no row of {without[0]}{' and others' if len(without) > 1 else ''} has {name!r}")
    return Table(source=source, columns=there, rows=list(enumerate(rows, start=1)), notes=notes)
