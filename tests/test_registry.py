from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outgrow.errors import ConfigError, UnknownName
from outgrow.methods.base import methods
from outgrow.registry import Registry


@pytest.fixture
def animals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry[str]]:
    """A registry whose package has one module, and a third party's entry point with another component."""
    package = tmp_path / "animals_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "base.py").write_text(
        "from outgrow.registry import Registry\nanimals = Registry('animals', package='animals_package')\n"
    )
    (package / "cat.py").write_text(
        "from animals_package.base import animals\nanimals.add('cat', 'meow', about='purrs', source='nature')\n"
    )
    (tmp_path / "other_party.py").write_text(
        "from animals_package.base import animals\nanimals.add('dog', 'woof', about='barks', source='nature')\n"
    )
    info = tmp_path / "other_party-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-party\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[outgrow.animals]\ndog = other_party\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith(("animals_package", "other_party"))]:
        monkeypatch.delitem(sys.modules, name)
    from animals_package.base import animals  # type: ignore[import-not-found]

    yield animals
    for name in [name for name in sys.modules if name.startswith(("animals_package", "other_party"))]:
        del sys.modules[name]


def test_modules_and_entry_points_are_found(animals: Registry[str]) -> None:
    assert {entry.name: (entry.value, entry.about, entry.source) for entry in animals} == {
        "cat": ("meow", "purrs", "nature"),
        "dog": ("woof", "barks", "nature"),
    }
    assert animals["dog"] == "woof"


def test_a_name_is_taken_once(animals: Registry[str]) -> None:
    list(animals)
    with pytest.raises(ConfigError, match="animal 'cat' is registered already"):
        animals.add("cat", "hiss", about="scratches", source="nature")
    assert animals["cat"] == "meow"


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownName) as caught:
        methods["confidense"]
    assert str(caught.value) == "unknown method 'confidense'; did you mean 'confidence'? (outgrow list methods)"


def test_without_a_near_name_all_are_told() -> None:
    with pytest.raises(UnknownName) as caught:
        methods["xyz"]
    assert str(caught.value) == (
        "unknown method 'xyz'; known: bootstrapping, confidence, few_shot, generative_finetuning, naive "
        "(outgrow list methods)"
    )
