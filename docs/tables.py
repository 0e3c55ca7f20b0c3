"""Writes the tables of docs/reference.md out of the registries; with `--check`, says whether they are stale."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from outgrow.config import shipped_experiments
from outgrow.errors import ConfigError
from outgrow.metrics.base import Metric
from outgrow.packs import PACKS
from outgrow.registry import KINDS, Entry, registry

PAGE = Path(__file__).with_name("reference.md")
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
Rows = list[Sequence[object]]


def tables() -> dict[str, str]:
    """The tables by name, as Markdown."""
    found = {kind: _table(*_registered(kind)) for kind in KINDS}
    found["experiments"] = _table(("name", "what"), [(_code(name), _about(text)) for name, text in _experiments()])
    found["model-options"] = _table(("models", "options"), _model_options())
    found["packs"] = _table(
        ("name", "what", "download", "licence", "source"),
        [(_code(one.name), one.about, f"{one.megabytes:g} MB", one.licence, one.source) for one in PACKS.values()],
    )
    return found


def page(text: str) -> str:
    """A page whose tables are as the registries say now."""
    found = tables()
    missing = found.keys() - {name for _, name, _ in BLOCK.findall(text)}
    if missing:
        raise SystemExit(
            f"{PAGE.name} has no place for {', '.join(sorted(missing))}: <!-- table: NAME --> <!-- end -->"
        )
    return BLOCK.sub(lambda match: f"{match[1]}{found[match[2]]}\n{match[3]}", text)


def _registered(kind: str) -> tuple[Sequence[str], Rows]:
    entries = _entries(kind)
    columns = COLUMNS.get(kind, {} if kind in ("analyses", "executors", "trackers") else {"options": _options})
    rows: Rows = []
    for entry in entries:
        rows.append([_code(entry.name), entry.about, *(of(entry) for of in columns.values()), entry.source])
    return ("name", "what", *columns, "source"), rows


def _entries(kind: str) -> list[Entry[Any]]:
    """The project's own, file by file, in an order that does not depend on which was imported first."""
    return sorted((one for one in registry(kind) if one.module.startswith("outgrow.")), key=lambda one: one.module)


def _made(entry: Entry[Any]) -> Any:
    """The component with its defaults, or None where it needs options."""
    if not isinstance(entry.value, (type, functools.partial)):
        return entry.value
    try:
        return entry.value()
    except ConfigError:
        return None


def _kind(entry: Entry[Any]) -> str:
    made = _made(entry)
    return "as its columns say" if made is None else str(made.kind)


def _cost(entry: Entry[Any]) -> str:
    made = _made(entry)
    if made is None:
        return ""
    size, unit = made.cost, ""
    for larger in ("k", "M", "G", "T"):
        if size < 1_000:
            break
        size, unit = size / 1_000, larger
    return f"{size:.3g} {unit}".strip()


def _options(entry: Entry[Any]) -> str:
    """`name = default`, as TOML writes it; a name alone where it has to be given."""
    preset = getattr(entry.value, "keywords", {})
    fields = dataclasses.fields(getattr(entry.value, "func", entry.value))
    return ", ".join(_option(field) for field in fields if field.name not in preset and field.name != "name")


def _model_options() -> Rows:
    """Families that have the same options, and these."""
    by: dict[str, list[str]] = {}
    for entry in _entries("models"):
        if options := _options(entry):
            by.setdefault(options, []).append(_code(entry.name))
    return [(", ".join(names), options) for options, names in by.items()]


def _option(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return _code(field.name)
    value = getattr(field.default, "name", field.default)
    shown = (
        str(value).lower()
        if value is None or isinstance(value, bool)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )
    return _code(f"{field.name} = {'[]' if value == () else shown}")


def _kinds(entry: Entry[Metric]) -> str:
    kinds = entry.value.kinds
    return "all" if len(kinds) == 3 else ", ".join(sorted(kinds))


COLUMNS: dict[str, dict[str, Callable[[Entry[Any]], str]]] = {
    "tasks": {"kind": _kind, "options": _options},
    "models": {"cost": _cost},
    "metrics": {
        "better": lambda entry: "larger" if entry.value.larger_is_better else "smaller",
        "shown": lambda entry: "in percent" if entry.value.share else "as a number",
        "tasks": _kinds,
    },
}


def _experiments() -> list[tuple[str, str]]:
    return list(shipped_experiments().items())


def _about(text: str) -> str:
    return str(tomllib.loads(text)["about"])


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    """Write the page, or with `--check` say if it is stale."""
    before = PAGE.read_text(encoding="utf-8")
    after = page(before)
    if "--check" in sys.argv[1:]:
        sys.exit("docs/reference.md is stale: run `python docs/tables.py`" if after != before else 0)
    PAGE.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
