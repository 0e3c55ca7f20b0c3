"""A table of one's own as a task: which columns are the text and the label, and what can be wrong with them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError, DataError
from outgrow.spec import spec
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.alike import bare, folded
from outgrow.tasks.sources.classes import MISSING, classes_found, spelled
from outgrow.tasks.sources.dialogues import SHARED, begun, with_dialogues
from outgrow.tasks.sources.records import Cells, Table, check_columns
from outgrow.tasks.sources.rows import Pair, TextRow, because, classification, key, preference
from outgrow.tasks.sources.templates import names_in, shown, writer

NO_PROMPT = {*MISSING, "none"}  # what programs write where there is no prompt
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
            blanks, case, punctuation or Unicode form are a group. For preference, rows whose prompts do so are one, or,
            without a prompt, rows that share a candidate.
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
        self._check_uses()

    def _check_uses(self) -> None:
        """ConfigError if one column stands for two things that cannot be one."""
        texts = {one: getattr(self, one) for one in ("text", "prompt", "chosen", "rejected") if getattr(self, one)}
        for one, given in texts.items():
            for column in self._columns:
                if column == given or column in names_in(given):
                    raise ConfigError(f"task {self.name!r}: {one} = {given!r} shows a model the label, {column!r}")
        for one in ("group", "id", "annotator"):
            if (given := getattr(self, one)) and given in self._columns:
                raise ConfigError(
                    f"task {self.name!r}: {one} = {given!r} is the column of the labels too; choose another, or leave "
                    f"{one} out"
                )
        if self.chosen and self.chosen == self.rejected:
            raise ConfigError(f"task {self.name!r}: chosen and rejected are one column, {self.chosen!r}")
        if self.annotator and self.annotator in (self.id, *texts.values()):
            raise ConfigError(f"task {self.name!r}: annotator = {self.annotator!r} is the column of texts or ids too")

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
        return [*given, *(name for one in given for name in names_in(one))]

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
            self._check_not_one_hot(table, labels)
            column = " and ".join(self._columns)
            write = writer(self.text, "text", table)
            said = dict.fromkeys(
                (folded(write(*row)), one) for row, own in zip(table.rows, labels, strict=True) for one in own
            )
            classes, told = classes_found((one for _, one in said), source=table.source, column=column)
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
        if len(pairs) > 1 and pairs[0].prompt and len({bare(folded(pair.prompt)) for pair in pairs}) == 1:
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
            [
                spelled(record.get(one), where=f"{table.source}, row {number:,}: {one!r}", column=one)
                for one in self._columns
            ]
            for number, record in table.rows
        ]
        return [["" if label in none else label for label in row] for row in found]

    def _check_not_one_hot(self, table: Table, labels: Sequence[Sequence[str]]) -> None:
        """DataError if columns are one for each class, and not one for each annotator."""
        if len(self._columns) > 1 and all({*own} == {"0", "1"} and own.count("1") == 1 for own in labels if any(own)):
            raise DataError(
                f"{table.source}: of {', '.join(self._columns)} just one is 1 in every row, so they are one column per "
                "class, not one per annotator: write one column with the name of the class"
            )

    def _rows(
        self, table: Table, ids: Sequence[str], labels: Sequence[Sequence[str]], classes: Sequence[str]
    ) -> Iterator[TextRow]:
        write = writer(self.text, "text", table)
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
        prompt = writer(self.prompt, "prompt", table) if self.prompt else None
        chosen, rejected = (writer(getattr(self, one), one, table) for one in ("chosen", "rejected"))
        for i, (number, record) in enumerate(table.rows):
            said = (prompt(number, record) if prompt else "").strip()
            said = "" if said.lower() in NO_PROMPT else said
            asked = "\n\n".join(filter(None, (said, record.get(SHARED))))
            before = f"{asked}\n\n" if asked else ""
            better, worse = chosen(number, record).strip(), rejected(number, record).strip()
            group, asked = self._group(record), asked or begun(better, worse)
            yield Pair(
                better=better and before + better,
                worse=worse and before + worse,
                group=group or (key(before or asked) if asked else key(better, worse)),
                id=ids[i],
                prompt="" if group else asked,
                annotator=self._annotator(number, record),
                alone=not group and not asked,
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
