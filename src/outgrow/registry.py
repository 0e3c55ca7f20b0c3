"""Names to components: every task, model, method, metric and executor is found here."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import importlib
import logging
import multiprocessing
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Generic, TypeVar

from outgrow.aliases import meant
from outgrow.errors import OutgrowError, PluginError, UnknownName

T = TypeVar("T")
log = logging.getLogger(__name__)
FILE = "outgrow_file_"  # begins the module name of an imported file

KINDS = {
    "tasks": "outgrow.tasks",
    "models": "outgrow.models",
    "supervisors": "outgrow.supervisors",
    "methods": "outgrow.methods",
    "transforms": "outgrow.methods.transforms",
    "selections": "outgrow.methods.selections",
    "losses": "outgrow.methods.losses",
    "metrics": "outgrow.metrics",
    "analyses": "outgrow.analyses",
    "executors": "outgrow.executors",
    "trackers": "outgrow.trackers",
}
"""Kinds of component, and the package of each: its module `base` holds the registry, by the kind's name."""


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[T]):
    """A registered component: its name, the component, one line on what it is, and where it comes from.

    Args:
        module: the module that registered it.
    """

    name: str
    value: T
    about: str
    source: str
    module: str = ""


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """An entry point `outgrow.<kind>` of an installed package.

    Args:
        problem: why its components cannot be used, in one line; empty if they can.
    """

    name: str
    kind: str
    package: str
    version: str
    problem: str = ""

    def __str__(self) -> str:
        return f"plug-in {self.name!r} of {self.package} {self.version}"


class Registry(Generic[T]):
    """Components of one kind, found by importing every module of `package` and the entry points `outgrow.<kind>`.

    Such modules import heavy libraries inside functions only, so that listing them is quick. An entry point that cannot
    be imported, or takes a name that is taken, is left out with all it registered, and told in the log.
    """

    def __init__(self, kind: str, *, package: str) -> None:
        self.kind = kind
        self.plugins: list[Plugin] = []
        self._package = package
        self._entries: dict[str, Entry[T]] = {}
        self._codes: dict[str, CodeType] = {}  # the code that registered each: another one when a module is reloaded
        self._loading = self._loaded = False
        _all.append(self)

    @property
    def singular(self) -> str:
        """What one component is called."""
        if self.kind == "analyses":
            return "analysis"
        return self.kind.removesuffix("es" if self.kind == "losses" else "s")

    def add(self, name: str, value: T, *, about: str, source: str) -> T:
        """Register `value`; a name can be taken once, but a module or cell that is run again replaces its own."""
        module, code = _caller(self._package)
        if module.partition(".")[0] != self._package.partition(".")[0]:
            self._load_package()  # so that whoever comes from outside is refused, not what is taken already
        taken = self._entries.get(name)
        if taken is not None and (taken.module != module or self._codes[name] is code):
            raise PluginError(
                f"the {self.singular} {name!r} is registered already, by {_where(taken.module)}; choose another name"
            )
        self._entries[name] = Entry(name=name, value=value, about=about, source=source, module=module)
        self._codes[name] = code
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
            near = meant(name, self._entries) or difflib.get_close_matches(name, self._entries, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(self._entries))}"
            raise UnknownName(f"unknown {self.singular} {name!r}; {hint} (outgrow list {self.kind}){plugin_problems()}")
        return self._entries[name].value

    def __contains__(self, name: object) -> bool:
        self._load()
        return isinstance(name, str) and name in self._entries  # whatever stands in a file: a table cannot be hashed

    def loaded_plugins(self) -> list[Plugin]:
        """The plug-ins of this kind, those with a problem too."""
        self._load()
        return list(self.plugins)

    def __iter__(self) -> Iterator[Entry[T]]:
        self._load()
        return iter(list(self._entries.values()))

    def _load_package(self) -> None:
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")

    def _load(self) -> None:
        if self._loaded or self._loading:
            return
        self._loading = True  # a plug-in may look up names while it is imported
        try:
            self._load_package()
            self.plugins = [self._load_plugin(point) for point in entry_points(group=f"outgrow.{self.kind}")]
            self._loaded = True
        finally:
            self._loading = False

    def _load_plugin(self, point: EntryPoint) -> Plugin:
        package, version = (point.dist.name, point.dist.version) if point.dist else ("an unknown package", "")
        problem = ""
        try:
            point.load()
        except (Exception, SystemExit) as error:
            drop_unfinished()
            problem = in_one_line(error)
        found = Plugin(name=point.name, kind=self.kind, package=package, version=version, problem=problem)
        if problem and multiprocessing.parent_process() is None:  # workers would say it again
            log.warning("the %s cannot be used: %s", found, problem)
        return found


_all: list[Registry[Any]] = []


def registry(kind: str) -> Registry[Any]:
    """The registry of one of KINDS."""
    found: Registry[Any] = getattr(importlib.import_module(f"{KINDS[kind]}.base"), kind)
    return found


def every_registry() -> list[Registry[Any]]:
    """All of them."""
    return [registry(kind) for kind in KINDS]


def plugin_problems() -> str:
    """What to add to an error about an unknown name: the plug-ins that it may be missing from; or nothing."""
    broken = [one for registry in _all for one in registry.plugins if one.problem]
    return "".join(f"; the {one} cannot be used: {one.problem}" for one in broken)


def drop_unfinished() -> None:
    """Forget what was registered by modules whose import then failed; those are not in `sys.modules`."""
    for one in _all:
        one._entries = {
            name: entry
            for name, entry in one._entries.items()
            if not entry.module or entry.module in sys.modules or entry.module == "__main__"
        }


def in_one_line(error: BaseException) -> str:
    """An error's type, unless it is one of ours, and the first line of what it says."""
    said = str(error).strip().splitlines()
    if said and isinstance(error, OutgrowError):
        return said[0]
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__


def import_file(path: str | Path) -> ModuleType:
    """Register the components of a Python file; PluginError names the file, the line and the reason.

    An unchanged file is not run again. A changed file is run again, and replaces what it had registered. A file can
    import what lies beside it.
    """
    try:
        file = Path(os.path.realpath(os.path.expanduser(path)))
        name = f"{FILE}{hashlib.sha256(os.fsencode(file)).hexdigest()[:16]}"
    except ValueError as error:  # NUL, half a surrogate pair
        raise PluginError(f"cannot import {str(path)!r}: no file can be called so ({error})") from None
    try:
        content = file.read_bytes()
    except OSError as error:
        there: list[str] = []
        with contextlib.suppress(OSError):
            there = [name for name in os.listdir(file.parent) if name.endswith(".py")]
        near = difflib.get_close_matches(file.name, there, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PluginError(f"cannot import {str(path)!r}: {(error.strerror or str(error)).lower()}{hint}") from None
    module = sys.modules.get(name)
    if module is not None and _imported.get(file) == content:
        return module
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    try:
        exec(compile(content, file, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        _imported.pop(file, None)
        drop_unfinished()
        frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = (
            error.lineno if isinstance(error, SyntaxError) and error.filename == str(file) else (frames or [None])[-1]
        )
        place = f"{path}, line {line}" if line else str(path)
        raise PluginError(f"cannot import {place}: {in_one_line(error)}") from error
    _imported[file] = content
    return module


_imported: dict[Path, bytes] = {}


def imported_files() -> tuple[str, ...]:
    """The files imported so far, for processes that need them too."""
    return tuple(map(str, _imported))


def _caller(package: str) -> tuple[str, CodeType]:
    """The module that registers, and the code that it is running; a base that registers for it is passed over."""
    frame = sys._getframe(1)
    passed = (f"{__name__}.", f"{package}.bases.")
    while frame.f_back is not None and f"{frame.f_globals.get('__name__')}.".startswith(passed):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")), frame.f_code


def _where(module: str) -> str:
    """Where a component was registered, for a message."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not file or module.startswith("outgrow."):
        return module
    return str(file) if module.startswith(FILE) else f"{module} ({file})"
