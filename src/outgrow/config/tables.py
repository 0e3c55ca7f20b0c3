"""The tables of an experiment's document, and what `--set` puts into them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from outgrow.config.build import check_keys
from outgrow.config.sources import parse_toml
from outgrow.config.where import Where
from outgrow.errors import ConfigError
from outgrow.spec import short

TABLES = (
    "task", "split", "difficulty", "weak", "strong", "method", "train", "shift", "sweep", "metric", "n_ground_truth",
    "baselines", "about",
)  # fmt: skip
COMPONENTS = ("task", "shift", "weak", "strong")


def table(tables: dict[str, Any], key: str, where: Where) -> dict[str, Any]:
    """A table of the document, to be changed freely; {} where it is not there."""
    table = tables.get(key, {})
    if not isinstance(table, dict):
        named = "name" if key in ("task", "shift") else "model"
        cure = f"; write {key}.{named} = {short(table)}" if isinstance(table, str) and key in COMPONENTS else ""
        raise ConfigError(f"{where.at(key)}: [{key}] must be a table, not {short(table)}{cure}")
    return dict(table)


def parse_setting(text: str) -> tuple[list[str], Any]:
    """`table.key=value` as path and value: a TOML value, or else the text as it stands."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"--set {text!r}: write table.key=value, for example --set method.alpha=0.5")
    given = f"--set {path.strip()}"
    if re.fullmatch(r"[^\"'\[{,]*(,\s*[\w.]+\s*=[^,]*)+", value):
        each = " ".join(f"--set {one.strip()}" for one in text.split(","))
        raise ConfigError(f"{given}: each setting has its own --set: {each}")
    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        parsed: Any = value.strip()
        if parsed[:1] in ("[", "{"):
            raise ConfigError(f"{given}={short(parsed)}: {_quoted(path.strip(), parsed)}") from None
    except (ValueError, RecursionError):
        parsed = parse_toml(f"value = {value}", given)["value"]  # which says what is wrong
    else:
        parsed = parse_toml(f"value = {value}", given)["value"]
    return path.strip().split("."), parsed


def _quoted(path: str, text: str) -> str:
    """What to write in place of a list or table that is no TOML."""
    words = [one.strip().strip("\"'") for one in text.strip("[]").split(",")]
    if text.startswith("[") and all(re.fullmatch(r"[\w./:+-]+", one) for one in words):
        listed = "[" + ",".join(one if _is_number(one) else f'"{one}"' for one in words) + "]"
        sweep = path if path.startswith("sweep.") else f"sweep.{path}"
        several = "" if path.startswith("sweep.") else "to run several, one after the other, "
        return f"{several}write --set '{sweep}={listed}'"
    example = "'method={name = \"confidence\", alpha = 0.75}'"
    return f"lists and tables are TOML, with texts in quotes, such as --set {example}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in ("true", "false")
    return True


def assign(tables: dict[str, Any], path: list[str], value: Any, where: Where) -> None:
    """Put a value where a dotted key says, making the tables on the way."""
    if path[0] == "sweep" and len(path) > 2:  # keys of [sweep] are dotted themselves
        path = ["sweep", ".".join(path[1:])]
    if path[0] not in TABLES:
        check_keys({path[0]: None}, TABLES, "", where)
    if path[-1] == "":
        raise ConfigError(f"{where.at('.'.join(path))}: {'.'.join(path)!r} ends in a dot; write table.key")
    for part in path[:-1]:
        if path[0] == "method" and isinstance(tables.get(part), str):  # method = "confidence"
            tables[part] = {"name": tables[part]}
        tables = tables.setdefault(part, {})
        if not isinstance(tables, dict):
            raise ConfigError(f"{where}: {'.'.join(path)!r} cannot be set: {part!r} is not a table")
    tables[path[-1]] = value


def deep_copy(table: Mapping[str, Any]) -> dict[str, Any]:
    """The tables anew, so that putting values into them changes nothing else."""
    return {key: deep_copy(value) if isinstance(value, Mapping) else value for key, value in table.items()}
