"""A file that grows until it is whole: after a stop, it goes on where its last whole piece ends."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outgrow.disk import locked, sync, write_whole
from outgrow.errors import ConfigError
from outgrow.plain import plain

FORMAT = 1
CALLED = {"model": "another model", "input": "another input", "options": "other options", "device": "another device"}


@dataclass(kw_only=True)
class Done:
    """How far a file is: rows of the input, bytes of the part, their SHA-256, and counts of what was seen."""

    rows: int = 0
    bytes: int = 0
    sha256: str = field(default_factory=lambda: hashlib.sha256().hexdigest())
    counts: dict[str, int] = field(default_factory=dict)


class Part:
    """FILE.part, and FILE.part.json that says how far it is; both go when FILE is whole.

    Args:
        out: the file that it becomes.
        identity: what its content comes from, by the names in `CALLED`; a part of another identity is begun anew.
    """

    def __init__(self, out: Path, identity: Mapping[str, Any]) -> None:
        self.out, self._identity = out, json.loads(json.dumps(identity))
        self.path, self.facts = Path(f"{out}.part"), Path(f"{out}.part.json")
        self.done, self.anew = Done(), ""
        self._hash = hashlib.sha256()

    def forget(self) -> None:
        """Begin anew whatever is there, as an input that is read once cannot be told from another."""
        self.facts.unlink(missing_ok=True)

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the part alone and ready for the next piece; ConfigError if another process has it, or it cannot be."""
        with contextlib.ExitStack() as stack:
            with self._errors_told():
                if not stack.enter_context(locked(self.path, patience=0)):
                    raise ConfigError(
                        f"another process is writing {plain(str(self.out))}; choose another file with --out"
                    )
                self._go_on()
                self._file = stack.enter_context(open(self.path, "r+b"))
                self._file.truncate(self.done.bytes)
                self._file.seek(self.done.bytes)
            yield

    def add(self, piece: bytes, rows: int, counts: Mapping[str, int]) -> None:
        """Append a whole piece, and say that the rows up to its end are done."""
        with self._errors_told():
            self._file.write(piece)
            self._file.flush()
            self._hash.update(piece)
            self.done = Done(
                rows=rows, bytes=self.done.bytes + len(piece), sha256=self._hash.hexdigest(), counts=dict(counts)
            )
            facts = {"format": FORMAT, "identity": self._identity, **vars(self.done)}
            write_whole(self.facts, json.dumps(facts) + "\n", what="how far it is")

    def finish(self, finish: Any = None) -> None:
        """Make the part the file: as it is, or as `finish` puts it together from the part."""
        with self._errors_told():
            sync(self.path)
            if finish is None:
                os.replace(self.path, self.out)
            else:
                finish(self.path, self.out)
            self.path.unlink(missing_ok=True)
            self.facts.unlink(missing_ok=True)

    def _go_on(self) -> None:
        """Find out how far it is; `anew` says why it begins from the start, if there was something."""
        try:
            facts = json.loads(self.facts.read_bytes())
            found = Done(**{name: facts[name] for name in vars(Done())})
            other = [name for name, own in self._identity.items() if facts["identity"].get(name) != own]
            if facts["format"] != FORMAT or other:
                self.anew = f"with {' and '.join(CALLED[name] for name in other) or 'another version of outgrow'}"
            elif not self._holds(found):
                self.anew = "and was changed since"
            else:
                self.done = found
        except FileNotFoundError:
            return
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self.anew = "and its description is damaged"

    def _holds(self, done: Done) -> bool:
        """Whether the part begins with the bytes that were written; they are then part of the hash."""
        left = done.bytes
        with open(self.path, "rb") as file:
            while left and (piece := file.read(min(left, 1 << 20))):
                self._hash.update(piece)
                left -= len(piece)
        if left or self._hash.hexdigest() != done.sha256:
            self._hash = hashlib.sha256()
            return False
        return True

    @contextlib.contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"cannot write to {plain(str(self.path))}: {error.strerror}; what is there is kept: "
                "free some space, or choose another file with --out"
            ) from error


def check_out(out: Path, *, source: str, force: bool) -> None:
    """ConfigError if a file is there already and is not to be replaced, or cannot be written there."""
    if os.path.exists(out) and os.path.exists(source) and os.path.samefile(out, source):
        raise ConfigError(f"{plain(str(out))} is the input itself; choose another file with --out")
    if os.path.isdir(out):
        raise ConfigError(f"{plain(str(out))} is a folder; name a file with --out")
    if not os.path.isdir(out.absolute().parent):
        raise ConfigError(f"{plain(str(out))}: there is no folder {plain(str(out.absolute().parent))}")
    if os.path.exists(out) and not force:
        raise ConfigError(f"{plain(str(out))} is there already; --force replaces it, or choose another with --out")


def is_file(out: Path) -> bool:
    """Whether a name is that of a file, there or to be made, and no pipe, terminal or device."""
    return not os.path.exists(out) or os.path.isfile(out) or os.path.isdir(out)
