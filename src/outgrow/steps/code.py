"""Which code of other people stands behind a step: a key says nothing of code, so it is kept beside the result."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import hashlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from outgrow.registry import every_registry
from outgrow.steps.base import Step

OURS = ("outgrow", "builtins", "abc", "typing", "collections", "numpy", "torch")  # with the libraries that specs hold
CODE = "code of "  # begins the entries among the versions of a manifest


def code_of(step: Step) -> dict[str, str]:
    """For each component of a step that is none of ours: a hash of its file, comments aside, `code of NAME` -> digits.

    Ours are told by the version of outgrow. What a file imports from elsewhere is not looked at. Where there is no
    source to be read, nothing is said.
    """
    found = {}
    for kind in _kinds(step):
        if kind.__module__.partition(".")[0] not in OURS and (source := _hash(kind)):
            found[CODE + _name(kind)] = source
    return found


def _kinds(step: Step) -> Iterator[Any]:
    """The classes of everything in a step but its inputs, and the functions that it only names."""
    seen: set[int] = set()

    def walk(value: object) -> Iterator[Any]:
        if isinstance(value, (list, tuple, dict)):
            for one in value.values() if isinstance(value, dict) else value:
                yield from walk(one)
        elif id(value) not in seen and not isinstance(value, (Step, str, int, float, type(None))):
            seen.add(id(value))
            yield from type(value).__mro__
            for field in dataclasses.fields(value) if dataclasses.is_dataclass(value) else ():
                yield from walk(getattr(value, field.name))

    for field in dataclasses.fields(step) if dataclasses.is_dataclass(step) else ():
        yield from walk(getattr(step, field.name))
    yield from step.named


def _name(kind: Any) -> str:
    """What a user calls it: the components that its module registers, or else its own name."""
    of_module = {
        f"{registry.singular} {entry.name!r}"
        for registry in every_registry()
        for entry in registry
        if entry.module == kind.__module__ and (kind.__module__ != "__main__" or entry.value is kind)
    }
    return ", ".join(sorted(of_module)) or repr(kind.__name__)


def _hash(kind: Any) -> str:
    module = sys.modules.get(kind.__module__)
    try:
        whole = module is not None and getattr(module, "__file__", None) and kind.__module__ != "__main__"
        source = inspect.getsource(module if whole and module else kind)
    except (OSError, TypeError):
        return ""
    return _hash_text(source)


@cache
def _hash_text(source: str) -> str:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError):
        source = ast.dump(ast.parse(inspect.cleandoc(source)))
    return hashlib.sha256(source.encode(errors="surrogatepass")).hexdigest()[:12]
