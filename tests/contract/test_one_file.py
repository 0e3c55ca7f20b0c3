"""One thing a file: whoever looks for a task, a model or a method finds one short file that holds it, and no other."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from outgrow.errors import ConfigError
from outgrow.models.base import Model, models
from outgrow.registry import KINDS, every_registry

LINES = 60
SHARED = {"base", "composition"}  # a kind's own base; what puts methods together
SINGLE = {kind: package for kind, package in KINDS.items() if kind != "executors"}
REGISTERED = [(registry.kind, entry) for registry in every_registry() for entry in registry]
FILES = [
    (kind, f"{package}.{found.name}")
    for kind, package in SINGLE.items()
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__)
    if not found.ispkg and found.name not in SHARED
]


def families(names: Sequence[str], known: Mapping[str, Callable[[], Model]]) -> list[set[str]]:
    """The ladders that models stand on; one that cannot be made without options stands on its own."""
    found: list[set[str]] = []
    for name in names:
        try:
            ladder = {one.name for one in known[name]().ladder()}
        except ConfigError:
            ladder = {name}
        if ladder not in found:
            found.append(ladder)
    return found


def problem(kind: str, names: Sequence[str], known: Mapping[str, Callable[[], Model]]) -> str:
    """What is wrong with a file that registers these names; "" if nothing is."""
    if kind != "models":
        return "" if len(names) == 1 else f"it registers {len(names)} things: {', '.join(names)}"
    found = families(names, known)
    if len(found) != 1:
        return f"it registers {len(found)} families: {', '.join('/'.join(sorted(one)) for one in found)}"
    return "" if found[0] == set(names) else f"of its family, {', '.join(sorted(found[0] - set(names)))} are elsewhere"


@pytest.mark.parametrize(("kind", "module"), FILES, ids=[module for _, module in FILES])
def test_a_file_holds_one_thing(kind: str, module: str) -> None:
    there = [(of, entry.name) for of, entry in REGISTERED if entry.module == module]
    assert {of for of, _ in there} <= {kind}
    known = {entry.name: entry.value for of, entry in REGISTERED if of == "models"}
    assert problem(kind, [name for _, name in there], known) == ""


@pytest.mark.parametrize("module", [module for _, module in FILES])
def test_a_file_is_short(module: str) -> None:
    path = Path(str(importlib.import_module(module).__file__))
    assert len(path.read_text(encoding="utf-8").splitlines()) < LINES


def test_every_component_has_such_a_file() -> None:
    own = {(kind, entry.module) for kind, entry in REGISTERED if entry.module.startswith("outgrow.")}
    assert {one for one in own if one[0] in SINGLE} == set(FILES)
    assert len(FILES) >= 90


@pytest.mark.parametrize(
    ("module", "model"), [("language", 'LanguageModel(name="bert-base")'), ("vision", 'VisionModel(name="resnet-18")')]
)
def test_a_size_is_known_before_its_file_has_been_imported(module: str, model: str) -> None:
    code = f"from outgrow.models.bases.{module} import *\nprint({model}.ladder()[-1].name)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("bert-large", "resnet-50")


def test_more_than_one_thing_is_seen() -> None:
    known = {entry.name: entry.value for entry in models}
    assert problem("tasks", ["digits", "mnist"], known) == "it registers 2 things: digits, mnist"
    assert problem("tasks", [], known) == "it registers 0 things: "
    assert problem("models", ["bert-base", "bert-large", "minilm-l3", "minilm-l6"], known).startswith(
        "it registers 2 families: bert-base/bert-large, minilm"
    )
    assert problem("models", ["bert-large"], known) == "of its family, bert-base are elsewhere"
    assert problem("models", ["transformer", "vision"], known) == "it registers 2 families: transformer, vision"
    assert problem("models", ["llama-3.1-8b"], known) == problem("models", ["transformer"], known) == ""
