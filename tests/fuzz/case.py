"""An input of a reader: files by their place in a folder, and options; and the file that one is kept in."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outgrow.errors import OutgrowError

Rng = random.Random


@dataclass
class Case:
    """What a reader is given: `files` by relative place, and whatever else its target knows as `options`."""

    files: dict[str, bytes] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        for name, content in self.files.items():
            path = os.path.join(folder, name)
            if "/" in name:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)

    def dump(self) -> str:
        """As text: names as JSON has them, half surrogate pairs (bytes of names) included."""
        packed = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        return json.dumps({"files": packed, "options": self.options}, indent=1)

    @staticmethod
    def parse(text: str) -> Case:
        found = json.loads(text)
        files = {name: base64.b64decode(content) for name, content in found["files"].items()}
        return Case(files=files, options=found["options"])


class Wrong(AssertionError):
    """A reader returned, but what it returned is not what stands in its input."""


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Args:
        make: a case out of a generator; what cannot be written is no case (it returns None).
        read: calls the reader with a folder that holds the case's files; returns, or raises an error of ours.
        seconds: of the processor, after which an input counts as one that hangs.
        mebibytes: by which an input may raise the most memory that the process ever had.
        share: of the short run's inputs, since some readers take a hundred times as long as others.
        prepare: called once in the process, before the limits.
    """

    name: str
    make: Callable[[Rng], Case | None]
    read: Callable[[Case, Path], object]
    seconds: float = 5.0
    mebibytes: int = 300
    share: float = 1.0
    prepare: Callable[[], None] = lambda: None


TARGETS: dict[str, Target] = {}


def add(name: str, make: Callable[[Rng], Case | None], read: Callable[[Case, Path], object], **options: Any) -> None:
    """Put a reader on the list."""
    assert name not in TARGETS, name
    TARGETS[name] = Target(name=name, make=make, read=read, **options)


def own(error: BaseException) -> bool:
    """Whether an error is one that the project raises on purpose."""
    return isinstance(error, OutgrowError)
