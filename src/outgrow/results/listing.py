"""The rows of a store in columns, in a file beside them, so that very many are listed without reading each.

Their evaluations are in another one, which few commands want: what is pooled is kept by itself. What the file says of a
row counts only while the row's own file is the one that it was read from: its stamp tells. All others are read anew.
Few rows are read from their own files in any case, and no such file is written.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from outgrow.errors import StoreError
from outgrow.results.aside import read_aside, write_aside
from outgrow.results.packed import Packed, pack, unpack
from outgrow.results.table import CurvePoint, Evaluation, Record, Result
from outgrow.runtime import all_stay

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts

FEW = 1_000  # rows that are quick to read one by one
ROWS, EVALUATIONS = "rows", "evaluations"
SHOWN = tuple(one.name for one in dataclasses.fields(Result))
OWN = ("weak_cost", "strong_cost", "identity", "failure")
ALL = ("name", "stamp", "made", *SHOWN, *OWN, "computed", "settings", "provenance", "notes")
ORDER = ("experiment", "task", "weak_cost", "strong_cost", "method", "seed", "key", "name")
Load = Callable[[set[str]], dict[str, Record]]
"""Reads and checks rows by name; those that have gone are left out."""


class Columns(dict[str, Sequence[Any]]):
    """Columns by name, each out of its JSON when it is first asked for: most commands want few of them."""

    def __init__(self, written: Mapping[str, bytes]) -> None:
        self._written = written

    def __missing__(self, name: str) -> Sequence[Any]:
        found = self[name] = tuple(json.loads(self._written[name]))  # of tuples the garbage collector has no work
        return found


class Table:
    """Rows in columns.

    Args:
        columns: of ALL, a value for each row. `made` tells rows of equal keys apart whose answers were computed anew.
            `settings`, `provenance` and `notes` are numbers of texts.
        texts: JSON of tables of settings, of provenance, and of notes, each once; settings are lists of their numbers.
        evaluations: gives JSON of all evaluations, packed, in the order of the rows; nothing where they are gone.
    """

    def __init__(
        self, columns: Mapping[str, Sequence[Any]], texts: list[str], evaluations: Callable[[], bytes]
    ) -> None:
        self.columns, self.texts = columns, texts
        self._evaluations, self._settings = evaluations, dict[int, dict[str, Any]]()

    def __len__(self) -> int:
        return len(self.columns["name"])

    @cached_property
    def evaluations(self) -> list[Packed | None] | None:
        content = self._evaluations()
        return json.loads(content) if content else None

    @cached_property
    def said(self) -> list[Any]:
        """What the texts say; equal texts are one object, so that whoever compares many sees it at once."""
        found: list[Any] = json.loads(f"[{','.join(self.texts)}]")
        return found

    def settings(self, number: int) -> dict[str, Any]:
        """Settings out of the tables that they are made of; equal ones are one object."""
        if number not in self._settings:
            self._settings[number] = dict([self.said[one] for one in self.said[number]])
        return self._settings[number]


class Listed(Record):
    """A row out of a table. What few ask for is read from the row's own file when it is asked for."""

    __slots__ = ("_load", "_place", "_table")
    _table: Table
    _place: int
    _load: Load

    @classmethod
    def at(cls, table: Table, place: int, load: Load) -> Listed:
        found = object.__new__(cls)
        put = object.__setattr__  # as it is frozen
        put(found, "_table", table)
        put(found, "_place", place)
        put(found, "_load", load)
        return found

    weak_cost = cached_property(lambda self: self.shown("weak_cost"))
    strong_cost = cached_property(lambda self: self.shown("strong_cost"))
    identity = cached_property(lambda self: self.shown("identity"))
    failure = cached_property(lambda self: self.shown("failure"))

    def shown(self, name: str) -> Any:
        return self._table.columns[name][self._place]

    @cached_property
    def row(self) -> Result:
        place, columns = self._place, self._table.columns
        return Result(**{name: columns[name][place] for name in SHOWN})

    @cached_property
    def settings(self) -> dict[str, Any]:
        return self._table.settings(self.shown("settings"))

    @cached_property
    def provenance(self) -> dict[str, Any]:
        computed, others = self.shown("computed"), dict(self._table.said[self.shown("provenance")])
        return others if computed is None else {"computed": computed, **others}

    @cached_property
    def notes(self) -> list[str]:
        return list(self._table.said[self.shown("notes")])

    @property
    def packed(self) -> Packed | None:
        """Its evaluation, packed."""
        known = self._table.evaluations
        if known is not None:
            return known[self._place]
        return pack(self._whole.evaluation) if self._whole.evaluation else None

    @cached_property
    def evaluation(self) -> Evaluation | None:
        return unpack(self.packed) if self.packed else None

    @cached_property
    def curves(self) -> dict[str, list[CurvePoint]]:
        return self._whole.curves

    @cached_property
    def steps(self) -> list[str]:
        return self._whole.steps

    @property
    def made(self) -> str:
        """Equal for rows of the same answers."""
        return str(self.shown("made"))

    @cached_property
    def _whole(self) -> Record:
        name = self.shown("name")
        found = self._load({name}).get(name)
        if found is None or _made(found) != self.made:
            raise StoreError(f"the row {name}.json went or was changed while it was read; list the results again")
        return found


def listed(store: Artefacts, load: Load) -> dict[str, Record] | None:
    """All rows by name, in the order of the results table; None where they are so few that each is read.

    Args:
        load: reads what is not known.

    Raises StoreError where a row that has to be read is none.
    """
    stamps = store.row_stamps()
    if len(stamps) < FEW:
        return None
    known = _read(store)
    there = dict(zip(known.columns["name"], known.columns["stamp"], strict=True)) if known else {}
    changed = {name for name, stamp in stamps.items() if not stamp or there.get(name) != stamp}
    table = known
    if table is None or changed or len(there) != len(stamps):
        if known is not None and known.evaluations is None:  # gone, or written with other columns
            known, changed = None, set(stamps)
        kept = [i for i, name in enumerate(there) if name in stamps and name not in changed]
        read = load(changed)
        table = _merged(known, kept, read, stamps)
        _write(store, table)
    with all_stay():
        return {name: Listed.at(table, place, load) for place, name in enumerate(table.columns["name"])}


def _read(store: Artefacts) -> Table | None:
    content = read_aside(store.aside(ROWS))
    if not content:
        return None
    mark, *columns, texts = content.split(b"\n")

    def evaluations() -> bytes:
        found = read_aside(store.aside(EVALUATIONS))
        return found if _mark(found) == mark else b""

    return Table(Columns(dict(zip(ALL, columns, strict=True))), json.loads(texts), evaluations)


def _write(store: Artefacts, table: Table) -> None:
    evaluations = json.dumps(table.evaluations).encode()
    columns = [json.dumps(table.columns[name]).encode() for name in ALL]
    write_aside(store.aside(EVALUATIONS), evaluations)
    write_aside(store.aside(ROWS), b"\n".join([_mark(evaluations), *columns, json.dumps(table.texts).encode()]))


def _mark(evaluations: bytes) -> bytes:
    """What tells that evaluations are those that were written with some columns."""
    return hashlib.sha256(evaluations).hexdigest().encode()


def _merged(known: Table | None, kept: list[int], read: Mapping[str, Record], stamps: Mapping[str, str]) -> Table:
    """The rows that are known still, and those that were read, in the order of the results table."""
    texts = _Texts()
    rows: list[tuple[list[Any], Packed | None]] = []
    if known is not None and known.evaluations is not None:
        old, found = list(zip(*(known.columns[name] for name in ALL), strict=True)), known.evaluations
        rows = [([*old[i][:-4], *texts.moved(known, old[i])], found[i]) for i in kept]
    for name, one in read.items():
        provenance = {key: value for key, value in one.provenance.items() if key != "computed"}
        values = [
            name, stamps[name], _made(one), *(getattr(one.row, key) for key in SHOWN),
            *(getattr(one, key) for key in OWN), one.provenance.get("computed"),
            texts.number([texts.number([key, value]) for key, value in one.settings.items()]),
            texts.number(provenance), texts.number(one.notes),
        ]  # fmt: skip
        rows.append((values, pack(one.evaluation) if one.evaluation else None))
    at = [ALL.index(name) for name in ORDER]
    rows.sort(key=lambda one: [one[0][i] for i in at])
    columns = {name: [values[i] for values, _ in rows] for i, name in enumerate(ALL)}
    evaluations = json.dumps([packed for _, packed in rows]).encode()
    return Table(columns, list(texts.numbers), lambda: evaluations)


class _Texts:
    """JSON texts, each once, by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._moved: dict[int, int] = {}

    def number(self, value: Any) -> int:
        return self.numbers.setdefault(json.dumps(value), len(self.numbers))

    def moved(self, known: Table, row: Sequence[Any]) -> list[Any]:
        """What is computed, settings, provenance and notes of a row of another table, by numbers of this one."""
        computed, settings, *others = row[-4:]
        if settings not in self._moved:
            self._moved[settings] = self.number([self._move(known, one) for one in known.said[settings]])
        return [computed, self._moved[settings], *(self._move(known, one) for one in others)]

    def _move(self, known: Table, number: int) -> int:
        return self.numbers.setdefault(known.texts[number], len(self.numbers))


def _made(one: Record) -> str:
    """What tells the answers behind a row from others of its key: the numbers that were found, and when."""
    said = [pack(one.evaluation) if one.evaluation else None, one.provenance.get("computed")]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
