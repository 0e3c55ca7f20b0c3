"""Names to components: every task, model, method, metric and executor is found here."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import logging
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Generic, TypeVar

from outgrow.errors import ConfigError, UnknownName

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[T]):
    """A registered component: its name, the component, one line on what it is, and where it comes from."""

    name: str
    value: T
    about: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """An entry point `outgrow.<kind>` of another package; `problem` says why it cannot be used, if it cannot."""

    kind: str
    name: str
    package: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} of {self.package}"


class Registry(Generic[T]):
    """Components of one kind, found by importing every module of `package` and the entry points `outgrow.<kind>`.

    Such modules import heavy libraries inside functions only, so that listing them is quick. A plug-in that fails to
    import, or takes a name that is taken, breaks nothing: it is logged, and kept among `plugins` with its problem.
    """

    def __init__(self, kind: str, *, package: str) -> None:
        self.kind = kind
        self._package = package
        self._entries: dict[str, Entry[T]] = {}
        self._loaded = False
        self.plugins: list[Plugin] = []

    def add(self, name: str, value: T, *, about: str, source: str) -> T:
        """Register `value`; a name can be taken once."""
        if name in self._entries:
            raise ConfigError(f"the {self.kind[:-1]} {name!r} is registered already; choose another name")
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
            failed = [one for one in self.plugins if one.problem]
            broken = "".join(f"; the plug-in {one} failed to import (outgrow doctor)" for one in failed)
            raise UnknownName(f"unknown {self.kind[:-1]} {name!r}; {hint} (outgrow list {self.kind}){broken}")
        return self._entries[name].value

    def loaded_plugins(self) -> list[Plugin]:
        """The plug-ins of this kind, those with a problem too."""
        self._load()
        return list(self.plugins)

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
            before, problem = dict(self._entries), ""
            try:
                point.load()
            except Exception as error:  # a stranger's module may raise anything, and the others must go on
                self._entries = before
                problem = f"{type(error).__name__}: {error}"
            origin = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
            found = Plugin(kind=self.kind, name=point.name, package=origin, problem=problem)
            self.plugins.append(found)
            if problem:
                log.warning("the plug-in %s is left out: %s", found, problem)


def import_file(path: str | Path) -> None:
    """Register the components of a Python file, once a process; ConfigError names the file, the line and the reason."""
    file = Path(path).expanduser().resolve()
    name = f"outgrow_file_{hashlib.sha256(str(file).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return
    if not file.is_file():
        raise ConfigError(f"--import {str(path)!r}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"--import {str(path)!r}: not a Python file; its name must end in .py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else None)
        where = f"{path}, line {line}" if line else str(path)
        raise ConfigError(f"--import: {where}: {type(error).__name__}: {error}") from error
