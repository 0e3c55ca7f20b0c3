"""How a message spells what a reader can set: as a file of TOML has it, or as options of a command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from outgrow.errors import DataError

Setting = Literal["labels", "no_label"]
Spell = Callable[[Setting, Sequence[str]], str]
OPTIONS = {"labels": "--classes", "no_label": "--no-label"}
READING = re.compile(r"""\b(encoding|delimiter) = (?:"([^"]*)"|'([^']*)')""")
FIRST = 10  # values that are spelled out


def as_toml(name: Setting, values: Sequence[str] = ()) -> str:
    """`labels = ["a", "b"]`; `labels = [...]` where no values are to be named."""
    shown = [*map(quoted, values[:FIRST]), *(["..."] if len(values) > FIRST or not values else [])]
    return f"{name} = [{', '.join(shown)}]"


def as_options(name: Setting, values: Sequence[str] = ()) -> str:
    """`--classes=a,b`, as a shell takes it; `--classes` where no values are to be named."""
    if not values:
        return OPTIONS[name]
    told = ",".join([*map(_cell, values[:FIRST]), *(["..."] if len(values) > FIRST else [])])
    return f"{OPTIONS[name]}={shlex.quote(told)}"


def in_options(message: str) -> str:
    """A message of a reader of tables, which says what to set as TOML has it, for somebody who gives options."""
    told = READING.sub(lambda found: f"--{found[1]}={shlex.quote(found[2] or found[3] or '')}", message)
    return told.replace("leave encoding out", "leave --encoding out").replace("labels = [...]", OPTIONS["labels"])


@contextmanager
def options_named() -> Iterator[None]:
    """What readers of tables say inside the block is said in the words of a command."""
    try:
        yield
    except DataError as error:
        error.args = (in_options(str(error)),)
        raise


def _cell(value: str) -> str:
    """As CSV writes it."""
    return '"{}"'.format(value.replace('"', '""')) if "," in value or '"' in value else value


def quoted(label: str) -> str:
    """As TOML writes it."""
    if label in ("true", "false") or (re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", label, re.ASCII)):
        return label
    return json.dumps(label, ensure_ascii=False)
