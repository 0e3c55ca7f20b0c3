"""Tables of JSON objects: one a line, or an array of them, however it is laid out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from outgrow.errors import DataError
from outgrow.tasks.sources.records import Cells, Table, skipped

HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a surrogate pair, perhaps
BETWEEN = re.compile(r"[\s,]*")
Rows = list[tuple[int, Cells]]


def read_json(text: str, *, file: Path, columns: Sequence[str] = ()) -> Table:
    """The table of a text with one JSON object a line, one array of objects, or one object that holds the table.

    What is no object is skipped and counted, also a last one that is cut short. Rows are numbered by the line in which
    they begin, those of an array by their place.

    Args:
        text: all of it.
        file: what errors name.
        columns: those that are needed, if they are known: an object that has one is a row and holds no table.

    Raises:
        DataError: there is no object, or what is not JSON stands among objects of several lines.
    """
    bad: list[str] = []
    start = text.lstrip()
    if start.startswith("[") or (start.startswith("{") and not is_object(start.partition("\n")[0])):
        rows = _document(text, bad, file)
    else:
        rows = _lines(text, bad)
    if len(rows) == 1 and not bad:
        rows = _held(rows, columns, file)
    if not rows and bad:
        raise DataError(
            f"{file}: no line holds a JSON object ({bad[0]}); expected one object a line, or an array of objects"
        )
    found = list(dict.fromkeys(name for _, record in rows for name in record))
    return Table(source=file.name, columns=found, rows=rows, notes=skipped(bad, "bad line"))


def _lines(text: str, bad: list[str]) -> Rows:
    rows: Rows = []
    for number, line in enumerate(text.split("\n"), start=1):  # not splitlines: JSON may hold U+2028
        if not line.strip() or line.strip() in "[]":
            continue
        try:
            record = loaded(line)
        except (ValueError, RecursionError) as error:
            bad.append(f"line {number:,}: {error}")
            continue
        if isinstance(record, dict):
            rows.append((number, record))
        else:
            bad.append(f"line {number:,}: {kind_of(record)}, not an object")
    return rows


def loaded(line: str) -> Any:
    """The value of a line of JSON. ValueError where it is none, or is text that cannot be written again."""
    try:
        record = json.loads(line, object_pairs_hook=unrepeated)
    except ValueError:
        bare = line.strip("\ufeff \t\r").removesuffix(",")  # a file may be pasted below another
        if bare == line:
            raise
        record = json.loads(bare, object_pairs_hook=unrepeated)
    if "\\u" in line and HALF.search(line):
        check_text(record)
    return record


def _document(text: str, bad: list[str], file: Path) -> Rows:
    """Rows of a text in which objects go over several lines, or stand in an array."""
    try:
        found = json.loads(text, object_pairs_hook=unrepeated)
    except (ValueError, RecursionError):
        lines = [line for line in text[:100_000].split("\n") if line.strip().strip("[]")][:20]
        if 2 * sum(map(is_object, lines)) > len(lines):
            return _lines(text, bad)
        return list(_one_by_one(text, bad, file))
    if isinstance(found, dict):
        return [(1, found)]
    if found and (under := _under(found[0], found[1:])):
        return under
    rows: Rows = []
    half = HALF.search(text)
    for number, record in enumerate(found, start=1):
        try:
            if not isinstance(record, dict):
                raise ValueError(f"{kind_of(record)}, not an object")
            if half:
                check_text(record)
        except (ValueError, RecursionError) as error:
            bad.append(f"element {number:,}: {error}")
        else:
            rows.append((number, record))
    return rows


def _one_by_one(text: str, bad: list[str], file: Path) -> Iterator[tuple[int, Cells]]:
    """Objects one after another, with or without commas and the bracket of an array; the last may be cut short."""
    decoder = json.JSONDecoder(object_pairs_hook=unrepeated)
    begin = BETWEEN.match(text)
    at = begin.end() if begin else 0
    at += text.startswith("[", at)
    line, counted = 1, 0
    while True:
        gap = BETWEEN.match(text, at)
        at = gap.end() if gap else at
        line, counted = line + text.count("\n", counted, at), at
        if at == len(text) or (text[at] == "]" and not text[at + 1 :].strip()):
            return
        try:
            record, end = decoder.raw_decode(text, at)
            if not isinstance(record, dict):
                raise ValueError(f"{kind_of(record)}, not an object")
            if HALF.search(text, at, end):
                check_text(record)
        except UnicodeEncodeError as error:
            bad.append(f"line {line:,}: {error}")
        except (ValueError, RecursionError) as error:
            if isinstance(error, json.JSONDecodeError) and _ended(text, error):
                bad.append(f"line {line:,}: {error.msg}; the file ends within this object")
                return
            raise DataError(
                f"{file} is no JSON from line {line:,} on: {error}; expected one object a line, or an array of objects"
            ) from None
        else:
            yield line, record
        at = end


def _ended(text: str, error: json.JSONDecodeError) -> bool:
    """Is it the end of the text that the decoder stumbled over?"""
    return not text[error.pos :].strip() or error.msg.startswith("Unterminated string")


def _held(rows: Rows, columns: Sequence[str], file: Path) -> Rows:
    """The rows that a single object holds, as an array of objects or column by column; or else the object itself."""
    record = rows[0][1]
    if {"columns", "data"} <= record.keys() and (under := _under(record["columns"], record["data"])):
        return under
    inner = [one for one in record.values() if isinstance(one, dict) and not one.keys().isdisjoint(columns)]
    if 1 < len(inner) == len(record) and record.keys().isdisjoint(columns):  # rows by their names
        return list(enumerate(inner, start=1))
    cells = [
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        for value in record.values()
    ]
    plain = not any(isinstance(cell, (dict, list)) for column in cells for cell in column)
    keys = {
        tuple(value) if isinstance(value, dict) else len(column)
        for value, column in zip(record.values(), cells, strict=True)
    }
    if plain and len(record) > 1 and len(keys) == 1 and len(cells[0]) > 1:
        return [(i, dict(zip(record, row, strict=True))) for i, row in enumerate(zip(*cells, strict=True), start=1)]
    if not record.keys().isdisjoint(columns):
        return rows
    arrays = {
        name: value
        for name, value in record.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    }
    if len(arrays) > 1:
        raise DataError(
            f"{file} holds one object with several arrays of objects, {', '.join(map(repr, arrays))}; save the one "
            "that is the table as a file"
        )
    return list(enumerate(next(iter(arrays.values())), start=1)) if arrays else rows


def _under(header: Any, found: Any) -> Rows:
    """Rows of arrays below an array of names; none if it is something else."""
    if not isinstance(header, list) or not isinstance(found, list) or not found:
        return []
    if not all(isinstance(name, str) for name in header) or len(set(header)) < len(header):
        return []
    if not all(isinstance(row, list) and len(row) == len(header) for row in found):
        return []
    return [(i, dict(zip(header, row, strict=True))) for i, row in enumerate(found, start=1)]


def unrepeated(found: list[tuple[str, Any]]) -> Cells:
    """An object; ValueError if it names something twice, of which JSON's reader would keep the last."""
    made = dict(found)
    if len(made) < len(found):
        name, _ = Counter(name for name, _ in found).most_common(1)[0]
        raise ValueError(f"an object names {name!r} twice; give each value a name of its own")
    return made


def check_text(record: Any) -> None:
    """Half a surrogate pair is no text that can be written again."""
    json.dumps(record, ensure_ascii=False).encode()


def is_object(line: str) -> bool:
    """Whether a line is an object of JSON."""
    try:
        return isinstance(loaded(line), dict)
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False


def kind_of(value: object) -> str:
    """What a value of JSON is that is no object, in words."""
    names = {list: "an array", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")
