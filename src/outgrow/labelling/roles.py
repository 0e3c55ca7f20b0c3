"""Which columns of new data a model sees, and the rows of a chunk as it takes them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from outgrow.errors import ConfigError, DataError
from outgrow.labelling.chunk import Chunk
from outgrow.own_labels.seen import needed, seen
from outgrow.plain import counted
from outgrow.tasks.sources.nested import with_nested
from outgrow.tasks.sources.records import Table, check_columns, root
from outgrow.tasks.sources.templates import names_in

if TYPE_CHECKING:
    import numpy as np

    from outgrow.student import Student

ROLES = ("text", "first", "second", "prompt", "image")


def roles_of(student: Student, given: Mapping[str, str]) -> dict[str, str]:
    """Columns or templates by role: those of the model, and in their place those given.

    Raises:
        ConfigError: it is not known which columns, or others are given than such a model sees.
    """
    kind = student.output.kind
    if kind == "generation":
        raise ConfigError("this model writes texts and has no probabilities of classes; label with a model of classes")
    said = {role: name for role, name in given.items() if name}
    pairs = kind == "preference"
    asked = ("first", "second") if pairs else ("image",) if "image" in (student.columns or said) else ("text",)
    allowed = (*asked, "prompt") if pairs else asked
    if wrong := [role for role in said if role not in allowed]:
        what = "two candidates" if pairs else "images" if "image" in allowed else "texts"
        raise ConfigError(f"--{wrong[0]} {said[wrong[0]]!r}: this model sees {what}; say --{' and --'.join(asked)}")
    found = {role: name for role in ROLES if (name := said.get(role) or student.columns.get(role)) and role in allowed}
    if missing := [role for role in asked if role not in found]:
        raise ConfigError(f"the model does not say which columns it sees; say --{' COLUMN --'.join(missing)} COLUMN")
    return found


class Inputs:
    """The inputs of a model out of chunks of an input.

    Args:
        roles: columns or templates by role.
        source: what errors name.
        folder: from which paths of images are taken.
    """

    def __init__(self, roles: Mapping[str, str], *, source: str, folder: Path) -> None:
        self._roles, self._source, self._folder = roles, source, folder
        self.needed = needed(roles)
        self.images = "image" in roles

    def check(self, columns: Sequence[str], *, inside: str = "") -> None:
        """A DataError for a column that is not there.

        Args:
            inside: a column that seems to hold the rows, if there is one.
        """
        for role, given in self._roles.items():
            names = [given] if given in columns or not names_in(given) else names_in(given)
            try:
                check_columns([name for name in names if not root(name, columns)], columns, source=self._source)
            except DataError as error:
                cure = f"if it is called otherwise here, say --{role} COLUMN"
                if inside:
                    cure = f"the rows seem to stand inside of {inside!r}: save them alone, an object a line or an array"
                raise DataError(f"{error}; {cure}") from None

    def look_at(self, chunk: Chunk) -> None:
        """A DataError if a cell holds what is no text."""
        self.of(chunk, [name for name in self.needed if not names_in(name)])

    def of(self, chunk: Chunk, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Places of the rows that can be answered, int64 [m], and what a model sees of them: object [m] or [m, 2]."""
        import numpy as np

        table = with_nested(Table(source=self._source, columns=columns, rows=chunk.rows), self.needed)
        within = [name for name in self.needed if name not in table.columns and root(name, columns)]
        found = seen(replace(table, columns=[*table.columns, *within]), self._roles)
        places = [
            i for i, one in enumerate(found) if one and i not in chunk.unfit and not (self.images and "\0" in one)
        ]
        pairs = "first" in self._roles
        inputs = np.empty((len(places), 2) if pairs else len(places), object)
        if self.images:
            inputs[:] = [os.path.join(os.path.abspath(self._folder), str(found[i])) for i in places]
        elif places:
            inputs[:] = [found[i] for i in places]
        return np.array(places, np.int64), inputs

    def without(self, n: int) -> str:
        """What to tell of rows that have no label, as a model sees nothing of them."""
        lacking = "text"
        if "first" in self._roles:
            lacking = "two different candidates"
        elif self.images:
            lacking = "an image that can be read"
        return f"no label for {counted(n, 'row')} without {lacking}"
