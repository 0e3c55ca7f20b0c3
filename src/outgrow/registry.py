"""Names to components: every task, model, method, metric and executor is found here."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from outgrow.errors import UnknownName

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[T]):
    """A registered component: its name, the component, one line on what it is, and where it comes from."""

    name: str
    value: T
    about: str
    source: str


class Registry(Generic[T]):
    """Components of one kind, found by importing every module of `package` and the entry points `outgrow.<kind>`.

    Such modules import heavy libraries inside functions only, so that listing them is quick.
    """

    def __init__(self, kind: str, *, package: str) -> None:
        self.kind = kind
        self._package = package
        self._entries: dict[str, Entry[T]] = {}
        self._loaded = False

    def add(self, name: str, value: T, *, about: str, source: str) -> T:
        """Register `value`; a name can be taken once."""
        if name in self._entries:
            raise ValueError(f"{self.kind[:-1]} {name!r} is registered twice")
        self._entries[name] = Entry(name=name, value=value, about=about, source=source)
        return value

    def register(self, name: str, *, about: str, source: str) -> Callable[[type], type]:
        """Class decorator form of `add`."""

        def decorate(value: type) -> type:
            self.add(name, value, about=about, source=source)  # type: ignore[arg-type]
            return value

        return decorate

    def __getitem__(self, name: str) -> T:
        self._load()
        if name not in self._entries:
            near = difflib.get_close_matches(name, self._entries, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(self._entries))}"
            raise UnknownName(f"unknown {self.kind[:-1]} {name!r}; {hint} (outgrow list {self.kind})")
        return self._entries[name].value

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def __iter__(self) -> Iterator[Entry[T]]:
        self._load()
        return iter(list(self._entries.values()))

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        for point in entry_points(group=f"outgrow.{self.kind}"):
            point.load()
