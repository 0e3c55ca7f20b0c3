"""The examples of docs/extending.md are files that work as they stand, and keep the contract."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from outgrow.cli.registries import every_registry
from outgrow.errors import ConfigError
from outgrow.registry import Registry, import_file
from outgrow.testing import check

DOCS = Path(__file__).parents[1] / "docs" / "extending.md"
BLOCKS = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)


@pytest.fixture
def clean() -> Any:
    """Registers nothing for longer than a test."""
    registries = every_registry()
    before = [{entry.name: entry for entry in registry} for registry in registries]
    yield
    for registry, entries in zip(registries, before, strict=True):
        registry._entries = dict(entries)


@pytest.mark.usefixtures("clean")
def test_every_example_can_be_imported_and_keeps_the_contract(tmp_path: Path) -> None:
    assert len(BLOCKS) >= 9
    checked = 0
    for i, block in enumerate(BLOCKS):
        before = {registry.kind: {entry.name for entry in registry} for registry in every_registry()}
        file = tmp_path / f"example_{i}.py"
        file.write_text(block)
        import_file(file)
        import_file(file)  # once is enough
        new = [e for registry in every_registry() for e in registry if e.name not in before[registry.kind]]
        assert new, f"example {i} registers nothing"
        for entry in new:
            if entry.name != "fail-fast":  # an executor is a function
                made = entry.value() if callable(entry.value) else entry.value
                check(made)
                checked += 1
    assert checked >= 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nimport nothing_like_this", "line 2: ModuleNotFoundError: No module named 'nothing_like_this'"),
        ("x = (", "line 1: SyntaxError"),
        ("def f():\n    return 1 / 0\n\nf()", "line 2: ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_line_and_reason(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        import_file(file)
    with pytest.raises(ConfigError, match="there is no such file"):
        import_file(tmp_path / "other.py")


class Point:
    """An entry point as importlib gives it."""

    dist = None

    def __init__(self, name: str, load: Any) -> None:
        self.name, self.load = name, load


def test_a_broken_plug_in_breaks_nothing_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    registry: Registry[int] = Registry("metrics", package="outgrow.intervals")

    def half() -> None:
        registry.add("half", 1, about="a", source="b")
        raise ImportError("no half things")

    points = [Point("half", half), Point("whole", lambda: registry.add("whole", 2, about="a", source="b"))]
    monkeypatch.setattr("outgrow.registry.entry_points", lambda group: points)
    assert [entry.name for entry in registry] == ["whole"]
    assert [one.problem for one in registry.loaded_plugins()] == ["ImportError: no half things", ""]
    with pytest.raises(ConfigError, match=r"unknown metric 'half'.*the plug-in metrics 'half'.*failed to import"):
        registry["half"]
    with pytest.raises(ConfigError, match="registered already"):
        registry.add("whole", 3, about="a", source="b")
