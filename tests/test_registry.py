"""Names to components: those of the package, of plug-ins that work, and of plug-ins that do not."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import outgrow
from outgrow import registry as module
from outgrow.errors import PluginError, UnknownName
from outgrow.methods.base import methods
from outgrow.registry import KINDS, Plugin, Registry, registry
from outgrow.supervisors.base import supervisors

BASE = "from outgrow.registry import Registry\nanimals = Registry('animals', package='animals_package')\n"
IMPORT = "from animals_package.base import animals\n"
Plug = Callable[..., Path]


@pytest.fixture
def animals(plug: Plug) -> Iterator[Registry[str]]:
    """A registry whose package has one module, and a third party's entry point with another component."""
    text = f"{IMPORT}animals.add('dog', 'woof', about='barks', source='nature')\n"
    package = plug("other_party", text, kind="animals") / "animals_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "base.py").write_text(BASE)
    (package / "cat.py").write_text(f"{IMPORT}animals.add('cat', 'meow', about='purrs', source='nature')\n")
    found = importlib.import_module("animals_package.base").animals
    yield found
    module._all.remove(found)


def test_modules_and_entry_points_are_found(animals: Registry[str]) -> None:
    assert {entry.name: (entry.value, entry.about, entry.source, entry.module) for entry in animals} == {
        "cat": ("meow", "purrs", "nature", "animals_package.cat"),
        "dog": ("woof", "barks", "nature", "other_party"),
    }
    assert animals["dog"] == "woof"
    assert "dog" in animals
    assert animals.plugins == [Plugin(name="other_party", kind="animals", package="other-party", version="1")]


def test_a_name_is_taken_once(animals: Registry[str]) -> None:
    """Also by whoever comes before the package's own modules have been imported."""
    with pytest.raises(
        PluginError, match=r"the animal 'cat' is registered already, by animals_package.cat \(/.*cat.py"
    ):
        animals.add("cat", "hiss", about="scratches", source="nature")
    assert animals["cat"] == "meow"


COW = f"{IMPORT}animals.add('cow', 'moo', about='a', source='b')\n"
BROKEN = {
    "import nowhere_to_be_found\n": "ModuleNotFoundError: No module named 'nowhere_to_be_found'",
    f"{COW}raise ValueError('first\\nsecond')\n": "ValueError: first",
    f"{COW}animals.add('cat', 'hiss', about='a', source='b')\n": (
        "the animal 'cat' is registered already, by animals_package.cat"
    ),
    "import sys\nsys.exit(3)\n": "SystemExit: 3",
    "def broken(:\n": "SyntaxError: invalid syntax",
    "raise KeyError\n": "KeyError",
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_plugin_breaks_nothing(
    animals: Registry[str], plug: Plug, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What it registered before it failed is gone; the others stay; one line is logged."""
    plug("broken_party", text, kind="animals", version="2.5")
    assert {entry.name for entry in animals} == {"cat", "dog"}
    (broken,) = [one for one in animals.plugins if one.problem]
    assert (broken.name, broken.package, broken.version) == ("broken_party", "broken-party", "2.5")
    assert broken.problem.startswith(BROKEN[text])
    (said,) = caplog.records
    assert (said.levelno, said.exc_info) == (logging.WARNING, None)
    assert said.getMessage() == f"the plug-in 'broken_party' of broken-party 2.5 cannot be used: {broken.problem}"
    assert "\n" not in said.getMessage()
    with pytest.raises(UnknownName) as caught:
        animals["cow"]
    assert str(caught.value) == (f"unknown animal 'cow'; known: cat, dog (outgrow list animals); {said.getMessage()}")


def test_what_a_broken_plugin_imported_whole_stays(animals: Registry[str], plug: Plug) -> None:
    text = "import whole\nimport nowhere_to_be_found\n"
    site = plug("broken_party", text, kind="animals", modules=("broken_party", "whole"))
    (site / "whole.py").write_text(COW)
    assert {entry.name for entry in animals} == {"cat", "cow", "dog"}
    assert [bool(one.problem) for one in animals.plugins if one.package == "broken-party"] == [True, False]


def test_a_plugin_may_look_up_names_while_it_is_imported(animals: Registry[str], plug: Plug) -> None:
    plug("curious", f"{IMPORT}animals.add('kitten', animals['cat'], about='a', source='b')\n", kind="animals")
    assert animals["kitten"] == "meow"


def test_an_interrupted_load_is_done_again(animals: Registry[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(package: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pkgutil, "iter_modules", interrupt)
        with pytest.raises(KeyboardInterrupt):
            animals["cat"]
    assert animals["cat"] == "meow"


def test_a_module_that_is_run_again_replaces_its_own(animals: Registry[str]) -> None:
    """As notebooks do with a cell, and `importlib.reload` with a module; a name twice in one run is a mistake."""
    cell = "animals.add('cow', {!r}, about='a', source='b')"
    notebook = {"animals": animals, "__name__": "__main__"}
    for value in ("moo", "muh"):
        exec(compile(cell.format(value), "cell", "exec"), notebook)
        assert animals["cow"] == value
    with pytest.raises(PluginError, match="the animal 'cow' is registered already, by __main__"):
        exec(compile("for _ in range(2): " + cell.format("mu"), "cell", "exec"), notebook)
    file = Path(str(sys.modules["other_party"].__file__))
    file.write_text(f"{IMPORT}animals.add('dog', 'wuff', about='barks loudly', source='b')\n")
    importlib.reload(sys.modules["other_party"])
    assert animals["dog"] == "wuff"


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownName) as caught:
        methods["confidense"]
    assert str(caught.value) == "unknown method 'confidense'; did you mean 'confidence'? (outgrow list methods)"


def test_without_a_near_name_all_are_told() -> None:
    with pytest.raises(UnknownName) as caught:
        methods["xyz"]
    assert str(caught.value) == (
        f"unknown method 'xyz'; known: {', '.join(sorted(one.name for one in methods))} (outgrow list methods)"
    )


def test_every_kind_is_known() -> None:
    """A registry that is in no list could not be listed, nor have plug-ins of which the doctor tells."""
    for found in pkgutil.walk_packages(outgrow.__path__, "outgrow."):
        if found.name.endswith(".base"):
            importlib.import_module(found.name)
    ours = {one.kind: one._package for one in module._all if one._package.startswith("outgrow.")}
    assert ours == KINDS
    assert len(KINDS) >= 9
    for kind in KINDS:
        assert registry(kind).kind == kind
    assert registry("losses").singular == "loss"


def test_workers_do_not_say_it_again(animals: Registry[str], plug: Plug, tmp_path: Path) -> None:
    """A process of a pool is quiet about what its parent has said."""
    site = plug("broken_party", "import nowhere_to_be_found\n", kind="animals")
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\nfrom animals_package.base import animals\n\ndef look():\n    list(animals)\n\n"
        "if __name__ == '__main__':\n    look()\n    one = multiprocessing.get_context('spawn').Process(target=look)\n"
        "    one.start()\n    one.join()\n    assert one.exitcode == 0\n"
    )
    environment = {"PYTHONPATH": f"{site}:{Path(outgrow.__file__).parents[1]}", "PATH": ""}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=True)
    assert done.stderr.count("cannot be used") == 1


def test_what_is_no_name_is_not_registered() -> None:
    assert {"model": "labels"} not in supervisors
    assert ["labels"] not in supervisors
    assert "labels" in supervisors
