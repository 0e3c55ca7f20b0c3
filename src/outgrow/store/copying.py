"""Studies from one store to another: checked on the way, what is there is skipped, and nothing is written over."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from outgrow.artefacts import Artefacts
from outgrow.errors import DamagedArtefact, StoreError

T = TypeVar("T")
AT_ONCE = 8  # artefacts or rows


@dataclass(kw_only=True)
class Copied:
    """What came of copying.

    Args:
        artefacts, size, rows: how many were copied, and bytes of the artefacts.
        there: artefacts that were there already.
        conflicts: names of rows that say something else in the other store, where they were left as they are.
        missing: keys of artefacts that rows rest on and that the store does not have.
        damaged: what was wrong with artefacts that could not be copied.
        left: names of rows that were not copied, as something that they rest on could not be.
    """

    artefacts: int = 0
    size: int = 0
    rows: int = 0
    there: int = 0
    conflicts: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    damaged: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def copy(source: Artefacts, target: Artefacts, *, names: Collection[str] | None = None) -> Copied:
    """Copy rows and the artefacts that they rest on; run again after it was stopped, it goes on.

    Args:
        names: of the rows; None copies all of them, and all artefacts.

    Raises:
        StoreError: one of the stores does not work.
    """
    rows = {name: fields for name, fields in source.results() if names is None or name in names}
    for fields in rows.values():
        fields.setdefault("failure", "")
    there, has = target.keys(), source.keys()
    wanted = {key for fields in rows.values() for key in _rests_on(fields)} | (has if names is None else set())
    done = Copied(there=len(wanted & there), missing=wanted - there - has)
    target.create()
    with target.in_use(), _kept(source):
        for key, size, damage in _each(lambda key: _copied(source, target, key), sorted(wanted & has - there)):
            if damage:
                done.damaged[key] = damage
            else:
                done.artefacts, done.size = done.artefacts + 1, done.size + size
        had, new = dict(target.results()), []
        for name, fields in rows.items():
            if done.damaged.keys() & _rests_on(fields):
                done.left.append(name)
            elif _is_new(fields, had.get(name)):
                new.append(name)
            elif not fields["failure"] and _said(had[name]) != _said(fields):
                done.conflicts.append(name)
        done.rows = len(list(_each(lambda name: target.write_result(name, rows[name]), new)))
    return done


def _each(act: Callable[[str], T], names: Sequence[str]) -> Iterator[T]:
    """What comes of each, several at once; when one fails, those that have not begun are left."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        try:
            yield from threads.map(act, names)
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _copied(source: Artefacts, target: Artefacts, key: str) -> tuple[str, int, str]:
    """Copy one artefact; its key and size, and what is wrong with it if it could not be copied."""
    try:
        manifest = source.manifest(key)
        target.receive(manifest, source.open(key))
    except DamagedArtefact as error:
        return key, 0, str(error)
    return key, manifest.size, ""


def _is_new(fields: dict[str, Any], found: dict[str, Any] | None) -> bool:
    """Whether a row is to be written: there is none, or one that failed where this one did not."""
    return found is None or (bool(found.get("failure")) and not fields["failure"])


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """What a row says, without when and where that was computed."""
    return {name: value for name, value in fields.items() if name != "provenance"}


def _rests_on(fields: dict[str, Any]) -> set[str]:
    """Keys of the artefacts that a row rests on; those of a row that failed need not be anywhere."""
    steps = fields.get("steps")
    return (
        {key for key in steps if isinstance(key, str)} if isinstance(steps, list) and not fields["failure"] else set()
    )


@contextlib.contextmanager
def _kept(source: Artefacts) -> Iterator[None]:
    """Nothing is deleted from the source, if anything can be written there that says so."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(StoreError):
            stack.enter_context(source.in_use())
        yield
