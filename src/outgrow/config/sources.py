"""Where the text of an experiment comes from: a shipped one, or a TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from outgrow.errors import ConfigError
from outgrow.spec import near, short

LARGEST = 2**63  # TOML's whole numbers are of 64 bits


def shipped_experiments() -> dict[str, str]:
    """Names of the shipped experiments and their TOML text."""
    folder = files("outgrow.experiments")
    return {
        item.name.removesuffix(".toml"): item.read_text(encoding="utf-8")
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".toml")
    }


def experiment_text(source: str) -> tuple[str, str, str]:
    """Name and TOML text of a shipped experiment or a file, and what to call it in messages. Raises ConfigError."""
    shipped = shipped_experiments()
    if source in shipped:
        return source, shipped[source], f"experiment {source!r}"
    if re.match(r"[\w.]+\s*=", source):
        raise ConfigError(f"{short(source)} is no experiment; each setting has its own --set: --set {source}")
    if set(source.split(",")) <= set(shipped):
        raise ConfigError(
            f"no experiment {short(source)}: name several with spaces between: {source.replace(',', ' ')}"
        )
    path = Path(os.path.expanduser(source))  # unlike Path's, never an error
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise ConfigError(
            f"no experiment {short(source)}: neither a TOML file nor shipped; {_meant(source, path, list(shipped))}"
            f"shipped are {', '.join(shipped)} (outgrow list experiments)"
        ) from None
    except IsADirectoryError:
        inside = sorted(one.name for one in path.glob("*.toml"))[:5]
        raise ConfigError(
            f"{source!r} is a folder: name a TOML file"
            + (f" in it, such as {', '.join(inside)}" if inside else ", and there is none in it")
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot read {short(source)}: {(error.strerror or str(error)).lower()}") from error
    return path.stem, _decoded(content, str(path)), str(path)


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """A parsed document; ConfigError says where it comes from and what is wrong."""
    try:
        document = tomllib.loads(text)
        _check_numbers(document, where)
    except RecursionError:
        raise ConfigError(f"{where}: its lists or tables are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}{_toml_advice(text, str(error), where)}") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise ConfigError(f"{where}: a number has thousands of digits; {_SMALLER}") from None
    return document


FORMATS = {".json": "JSON", ".jsonl": "JSON", ".yaml": "YAML", ".yml": "YAML", ".py": "Python"}


def _toml_advice(text: str, error: str, where: str) -> str:
    """What to write in place of what another language or a word processor has."""
    suffix = Path(where).suffix.lower()
    if suffix in (".csv", ".tsv"):
        return f'; an experiment is a TOML file, and its [task] reads the table: name = "csv", path = "{where}"'
    if suffix in FORMATS:
        return f'; an experiment is a TOML file, not {FORMATS[suffix]}: write [task], name = "..." and so on'
    found = re.search(r"at line (\d+)", error)
    line = text.split("\n")[int(found[1]) - 1] if found else ""
    value = line.partition("=")[2].strip()
    for fits, advice in (
        (re.search("[\u201c\u201d\u201e\u2018\u2019]", line), "quotes are straight: \" or '"),
        (value in ("True", "False"), f"write {value.lower()}"),
        (value in ("None", "null", "~"), "TOML has no such value: leave the key out for its default"),
        (re.match(r"\s*[\w.]+\s*:", line), "write key = value, with an equals sign"),
        (re.fullmatch(r"[\d.]+\s*/\s*[\d.]+", value), "TOML does not calculate: write the number"),
        ("\\" in text, r"in double quotes a backslash is written twice, in single quotes once: 'C:\data\mine.csv'"),
        (re.fullmatch(r"[A-Za-z][\w./@:-]*", value), f'a text stands in quotes: "{value}"'),
    ):
        if fits:
            return f"; {advice}"
    return ""


_SMALLER = "whole numbers are below 9,223,372,036,854,775,808"


def _check_numbers(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for one in value.values():
            _check_numbers(one, where)
    elif isinstance(value, list):
        for one in value:
            _check_numbers(one, where)
    elif type(value) is int and not -LARGEST <= value < LARGEST:
        raise ConfigError(f"{where}: the number {short(value, 40)} is too large; {_SMALLER}")


def _decoded(content: bytes, where: str) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"\0" in content[:4] and len(content) > 1):
        raise ConfigError(f"{where} is UTF-16 text (Windows calls it Unicode); save it as UTF-8")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"cannot read {where}: it is not UTF-8 text: byte {error.start:,}, in line {line:,}, is "
            f"{content[error.start]:#04x}; save it as UTF-8"
        ) from None


def _meant(source: str, path: Path, shipped: list[str]) -> str:
    """The file or shipped experiment that is named nearly so."""
    if path.suffix == "" and path.with_name(path.name + ".toml").is_file():
        return f"did you mean '{source}.toml'? "
    try:
        beside = [str(one) for one in path.parent.glob("*.toml")]
    except OSError:
        beside = []
    found = near(source, [*shipped, *beside], cutoff=0.6)
    return f"did you mean {found[0]!r}? " if found else ""
