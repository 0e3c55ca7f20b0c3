"""Cells of a row as text: of a column, or of a template with columns in braces."""

from __future__ import annotations

import string
from collections.abc import Callable

from outgrow.errors import ConfigError, DataError
from outgrow.tasks.sources.nested import names_within
from outgrow.tasks.sources.records import Cells, Table, check_columns


def shown(value: object) -> str:
    """A cell as text: numbers without needless decimals, true and false, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def names_in(template: str) -> list[str]:
    """Names in a template's braces; none if it is not one, which is said where it is written."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(template) if name]
    except ValueError:
        return []


def writer(template: str, field: str, table: Table) -> Callable[[int, Cells], str]:
    """From a row's number and record to the text of a column or template; empty if all its columns are."""
    if template in table.columns or not set("{}") & set(template):
        check_columns([template], table.columns, source=table.source)
        parts: list[tuple[str, str | None]] = [("", template)]
    else:
        try:
            parsed = list(string.Formatter().parse(template))
        except ValueError as error:
            raise ConfigError(f"{field} = {template!r} is no template: {error}; write {{{{ for a brace") from None
        parts = [(literal, name) for literal, name, _, _ in parsed]
        if any(form or conversion for _, _, form, conversion in parsed) or "" in [name for _, name in parts]:
            raise ConfigError(f"{field} = {template!r}: only {{COLUMN}} can stand in braces; write {{{{ for a brace")
        check_columns([name for _, name in parts if name], table.columns, source=f"{field}: {table.source}")

    if parts == [("", template)]:
        return lambda number, record: _text(number, record, template, table)

    def write(number: int, record: Cells) -> str:
        cells = [_text(number, record, name, table) if name else "" for _, name in parts]
        return "".join(part[0] + cell for part, cell in zip(parts, cells, strict=True)) if any(cells) else ""

    return write


def _text(number: int, record: Cells, name: str, table: Table) -> str:
    value = record.get(name)
    if isinstance(value, (list, dict, bytes)):
        kind = {list: "a list", dict: "a table", bytes: "bytes"}[type(value)]
        within = names_within(name, value)
        cure = f"choose another column{f', or a value within it as in {within[0]!r}' if within else ''}"
        raise DataError(f"{table.source}, row {number:,}: {name!r} holds {kind}, not text; {cure}")
    return value if isinstance(value, str) else shown(value)
