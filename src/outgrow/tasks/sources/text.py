"""Texts of a known dataset, to classify or to compare: a task says where its records come from and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.errors import DataError
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import Pair, TextRow, classification, preference


@spec
class TextTask:
    """Texts with a class each.

    Args:
        balance: if one of two classes has more than 55 % of the rows, draw from it until both are as large.
        limit: at most so many examples, whole groups, drawn by a hash of the group; 0 is all.
    """

    name: ClassVar[str]
    classes: ClassVar[tuple[str, ...]] = ("no", "yes")
    balance: bool = True
    limit: Annotated[int, Field(ge=0)] = 0

    @property
    def kind(self) -> Kind:
        return "classification"

    @property
    def source(self) -> str:
        """What errors call the dataset."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """What determines the dataset's content."""
        raise NotImplementedError

    def records(self) -> Iterator[Cells]:
        """The dataset as it is; DataError if it cannot be had."""
        raise NotImplementedError

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        """From the dataset's records to texts, classes and groups."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Name, fields, and the dataset's fingerprint."""
        return {"name": self.name, "balance": self.balance, "limit": self.limit, "fingerprint": self.fingerprint()}

    def load(self) -> Examples:
        """Read the dataset; DataError if it cannot be had or has another form than it used to have."""
        return classification(
            self._rows(), source=self.source, classes=self.classes, balance=self.balance, limit=self.limit
        )

    def _rows(self) -> Iterator[TextRow]:
        try:
            yield from self.rows(self.records())
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise DataError(
                f"{self.source} has another form than task {self.name!r} expects ({type(error).__name__}: {error})"
            ) from error


@spec
class PairTask:
    """Pairs of texts, one of which is preferred.

    Args:
        limit: at most so many examples, whole groups, drawn by a hash of the group; 0 is all.
    """

    name: ClassVar[str]
    limit: Annotated[int, Field(ge=0)] = 0

    @property
    def kind(self) -> Kind:
        return "preference"

    @property
    def source(self) -> str:
        """What errors call the dataset."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """What determines the dataset's content."""
        raise NotImplementedError

    def pairs(self) -> Iterator[Pair]:
        """The dataset; DataError if it cannot be had."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Name, limit, and the dataset's fingerprint."""
        return {"name": self.name, "limit": self.limit, "fingerprint": self.fingerprint()}

    def load(self) -> Examples:
        """Read the dataset; DataError if it cannot be had."""
        return preference(self.pairs(), source=self.source, limit=self.limit)
