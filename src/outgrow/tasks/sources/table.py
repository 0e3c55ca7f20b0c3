"""A table of one's own as a task: which columns are the text and the label, and what can be wrong with them."""

from __future__ import annotations

import dataclasses
import string
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError, DataError
from outgrow.spec import spec
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.classes import classes_found, spelled
from outgrow.tasks.sources.dialogues import SHARED, with_dialogues
from outgrow.tasks.sources.nested import names_within
from outgrow.tasks.sources.records import Cells, Table, check_columns
from outgrow.tasks.sources.rows import Pair, TextRow, because, classification, key, preference

ANNOTATORS = ("annotat", "worker", "rater", "coder", "labeler", "labeller")  # what their column is called


@spec
class TableTask:
    """Columns of a table as texts and labels.

    `text`, `prompt`, `chosen` and `rejected` each name a column, or are a template with columns in braces, such as
    "Q: {question} A: {answer}"; {{ and }} stand for braces.

    Args:
        kind: `classification` (needs text and label) or `preference` (needs chosen and rejected).
        text: what a model sees.
        label: a column with two or more values; or one column of each annotator: then the majority counts.
        labels: all values of `label`, in the order of the classes; by default those found more than once, sorted.
        no_label: values of `label` that say that there is none, such as -1; their rows are dropped and counted.
        prompt: for preference, what both candidates answer; it goes before each, after a blank line in between.
        chosen: for preference, the better candidate.
        rejected: for preference, the worse candidate.
        group: a column; rows of a group stay on one side of every split. By default, rows whose texts differ only in
            blanks, case or Unicode form are a group; for preference, rows whose prompts do.
        annotator: a column; of rows with one text the label is what most annotators say, and ties are dropped.
        id: a column with a different value in each row; by default ids are hashes of the text.
        balance: if one of two classes has more than 55 % of the rows, draw from it until both are as large.
        limit: at most so many examples, whole groups, drawn by a hash of the group; 0 is all.
    """

    name: ClassVar[str]
    kind: Literal["classification", "preference"] = "classification"
    text: str = ""
    label: str | tuple[str, ...] = ""
    labels: tuple[str | bool | int | float, ...] = ()
    no_label: tuple[str | bool | int | float, ...] = ()
    prompt: str = ""
    chosen: str = ""
    rejected: str = ""
    group: str = ""
    annotator: str = ""
    id: str = ""
    balance: bool = False
    limit: Annotated[int, Field(ge=0)] = 0

    def __post_init__(self) -> None:
        needed = {"classification": ("text", "label"), "preference": ("chosen", "rejected")}
        for one in needed[self.kind]:
            if not getattr(self, one):
                raise ConfigError(f'task {self.name!r} of kind {self.kind} needs {one} = "COLUMN"')
        other = "preference" if self.kind == "classification" else "classification"
        for one in (
            *needed[other],
            *{"classification": ("labels", "no_label", "balance"), "preference": ("prompt",)}[other],
        ):
            if getattr(self, one):
                raise ConfigError(f'task {self.name!r}: {one} is for tasks with kind = "{other}"; leave it out')
        if len(set(self._classes())) != len(self.labels):
            raise ConfigError(f"task {self.name!r}: labels names a class twice: {list(self.labels)}")
        if len(self._columns) > 1 and (self.annotator or len(set(self._columns)) < len(self._columns)):
            raise ConfigError(
                f"task {self.name!r}: label = {list(self._columns)} are columns of one annotator each: name each once, "
                "and leave annotator out"
            )

    @property
    def _columns(self) -> tuple[str, ...]:
        """The columns of labels."""
        return self.label if isinstance(self.label, tuple) else (self.label,) if self.label else ()

    def identity(self) -> dict[str, Any]:
        """All fields except where the data lie, and a fingerprint of the data."""
        own = {one.name: getattr(self, one.name) for one in dataclasses.fields(TableTask)}
        return {
            "name": self.name,
            **own,
            "labels": self._classes(),
            "no_label": self._none(),
            "fingerprint": self.fingerprint(),
        }

    def fingerprint(self) -> Any:
        """What determines the table's content, without any path."""
        raise NotImplementedError

    def table(self) -> Table:
        """Read the table."""
        raise NotImplementedError

    def needed(self) -> list[str]:
        """Names that the fields give or hold in braces, among which are those of all columns in use."""
        return [*self._texts(), *self._columns, *(one for one in (self.group, self.annotator, self.id) if one)]

    def _texts(self) -> list[str]:
        given = [one for one in (self.text, self.prompt, self.chosen, self.rejected) if one]
        return [*given, *(name for one in given for name in _within(one))]

    def load(self) -> Examples:
        """Read and check the table; DataError names what is wrong with it, where, and what to do."""
        pair = (self.chosen, self.rejected) if self.kind == "preference" else None
        table = with_dialogues(self.table(), self._texts(), pair=pair, prompt=self.prompt)
        named = [*self._columns, *(one for one in (self.group, self.annotator, self.id) if one)]
        check_columns(named, table.columns, source=table.source)
        if not table.rows:
            raise DataError(f"{table.source} has no rows{because(table.notes)}")
        ids = self._ids(table)
        found = self._preference(table, ids) if self.kind == "preference" else self._classification(table, ids)
        if repeated := [one for one, n in Counter(found.ids).items() if n > 1]:
            raise DataError(
                f"{table.source}: rows with the {self.id!r} {repeated[0]!r} differ in more than their label and their "
                f"{self.annotator!r}; give each text an id of its own, or leave id out"
            )
        return found

    def _classification(self, table: Table, ids: Sequence[str]) -> Examples:
        classes, notes = self._classes(), [*table.notes]
        labels = self._labels(table)
        if not classes:
            column = " and ".join(self._columns)
            classes, told = classes_found((one for row in labels for one in row), source=table.source, column=column)
            notes += told
        return classification(
            self._rows(table, ids, labels, classes),
            source=table.source,
            classes=classes,
            balance=self.balance,
            limit=self.limit,
            notes=notes,
            disputes=self._disputes(table),
        )

    def _preference(self, table: Table, ids: Sequence[str]) -> Examples:
        pairs = list(self._pairs(table, ids))
        if len(pairs) > 1 and pairs[0].prompt and len({pair.prompt for pair in pairs}) == 1:
            raise DataError(
                f"{table.source}: all {len(pairs):,} pairs have one prompt, {pairs[0].prompt[:60]!r}, and pairs with "
                "one prompt stay together, so that no split is possible: set group to a column that tells them apart, "
                "or leave prompt out"
            )
        return preference(
            pairs, source=table.source, limit=self.limit, notes=table.notes,
            disputes=self._disputes(table),
        )  # fmt: skip

    def _disputes(self, table: Table) -> str:
        """What can be done about rows that contradict each other."""
        likely = [name for name in table.columns if any(word in name.lower() for word in ANNOTATORS)]
        column = likely[0] if likely else "COLUMN"
        return f'if several people labelled each of them, set annotator = "{column}" to take what most say'

    def _labels(self, table: Table) -> list[list[str]]:
        """Each row's classes, one of each column of labels; an empty text where there is none."""
        none = self._none()
        found = [
            [spelled(record.get(one), where=f"{table.source}, row {number:,}: {one!r}") for one in self._columns]
            for number, record in table.rows
        ]
        return [["" if label in none else label for label in row] for row in found]

    def _rows(
        self, table: Table, ids: Sequence[str], labels: Sequence[Sequence[str]], classes: Sequence[str]
    ) -> Iterator[TextRow]:
        write = _writer(self.text, "text", table)
        place = {name: i for i, name in enumerate(classes)}
        for i, ((number, record), values) in enumerate(zip(table.rows, labels, strict=True)):
            text = write(number, record)
            for column, value in zip(self._columns, values, strict=True):
                if value and self.labels and value not in place:
                    raise DataError(
                        f"{table.source}, row {number:,}: the label {value[:80]!r} is not in labels = {list(classes)}; "
                        "add it there, or to no_label if it is none, or leave labels out to take all values found"
                    )
                yield TextRow(
                    text=text,
                    label=place.get(value, -1),
                    group=self._group(record) or key(text),
                    id=ids[i],
                    annotator=column if len(self._columns) > 1 else self._annotator(number, record),
                )

    def _annotator(self, number: int, record: Cells) -> str:
        """Who labelled a row, where that is asked for; a row without an annotator has one of its own."""
        return (shown(record.get(self.annotator)) or f"row {number}") if self.annotator else ""

    def _pairs(self, table: Table, ids: Sequence[str]) -> Iterator[Pair]:
        prompt = _writer(self.prompt, "prompt", table) if self.prompt else None
        chosen, rejected = (_writer(getattr(self, one), one, table) for one in ("chosen", "rejected"))
        for i, (number, record) in enumerate(table.rows):
            asked = "\n\n".join(filter(None, ((prompt(number, record) if prompt else "").strip(), record.get(SHARED))))
            before = f"{asked}\n\n" if asked else ""
            better, worse = chosen(number, record).strip(), rejected(number, record).strip()
            group = self._group(record)
            yield Pair(
                better=better and before + better,
                worse=worse and before + worse,
                group=group or key(before or better),
                id=ids[i],
                prompt="" if group else asked,
                annotator=self._annotator(number, record),
            )

    def _group(self, record: Cells) -> str:
        """The group column's value, if there is one; a row without stands alone, pairs with one prompt together."""
        return shown(record.get(self.group)) if self.group else ""

    def _ids(self, table: Table) -> list[str]:
        """The id column's values, each there and each once but for annotators; empty texts without such a column."""
        if not self.id:
            return [""] * len(table.rows)
        seen: dict[str, int] = {}
        found = []
        for number, record in table.rows:
            value = shown(record.get(self.id))
            if not value:
                raise DataError(f"{table.source}, row {number:,}: no {self.id!r}; every row needs one, or leave id out")
            if value in seen and not self.annotator:
                raise DataError(
                    f"{table.source}: rows {seen[value]:,} and {number:,} have the same {self.id!r}, {value[:80]!r}; "
                    f"ids must differ: remove one row, or leave id out; {self._disputes(table)}"
                )
            seen[value] = number
            found.append(value)
        return found

    def _classes(self) -> list[str]:
        return [spelled(value, where=f"task {self.name!r}: labels") for value in self.labels]

    def _none(self) -> list[str]:
        return [spelled(value, where=f"task {self.name!r}: no_label") for value in self.no_label]


def shown(value: object) -> str:
    """A cell as text: numbers without needless decimals, true and false, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _within(template: str) -> list[str]:
    """Names in a template's braces; none if it is not one, which is said where it is written."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(template) if name]
    except ValueError:
        return []


def _writer(template: str, field: str, table: Table) -> Callable[[int, Cells], str]:
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
