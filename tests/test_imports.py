"""Imports go one way, and heavy libraries are imported where they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import outgrow
from outgrow.cli import KINDS

ROOT = Path(outgrow.__file__).parent
MODULES = {
    ".".join(("outgrow", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}

# A module may import, when it is itself imported, from the layers above its own in this list, and from its own package.
LAYERS = [
    {"errors", "spec", "experiments"},
    {"registry", "chess", "packs", "batching", "machine", "distributed"},
    {"tasks", "metrics"},
    {"text", "vision", "probe", "predict"},
    {"models"},
    {"methods"},
    {"config"},
    {"splits", "results", "store"},
    {"steps", "evaluation", "features", "train"},
    {"finetuning", "records"},
    {"lane", "newton"},
    {"experiment", "runtime"},
    {"plan"},
    {"executors"},
    {"sweep"},
    {"display", "doctor", "report"},
    {"cli_store", "cli_packs"},
    {"cli", "zoo"},
]
DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}
TORCH_AT_THE_TOP = (
    "outgrow.chess.network", "outgrow.steps.training", "outgrow.learning.heads", "outgrow.learning.machine", "outgrow.learning.lbfgs",
    "outgrow.learning.predict", "outgrow.learning.probe",
    "outgrow.text.generation", "outgrow.text.network", "outgrow.text.prompting", "outgrow.text.tokens", "outgrow.learning.train",
    "outgrow.vision.alexnet", "outgrow.vision.efficientnet", "outgrow.vision.network", "outgrow.vision.pretrained",
    "outgrow.zoo.build",
)  # fmt: skip
OPTIONAL = {
    "transformers",
    "peft",
    "accelerate",
    "huggingface_hub",
    "tokenizers",
    "onnx",
    "gguf",
    "PIL",
    "sklearn",
    "scipy",
}
HEAVY = {"torch", "pyarrow", "safetensors", "chess", *OPTIONAL}


def imports(path: Path, *, lazy: bool) -> Iterator[str]:
    """Modules that a file imports at its top level, where `lazy` inside functions too; never those for types alone."""

    def visit(nodes: list[ast.stmt]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "imports are absolute here"
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield full if full in MODULES else str(node.module)
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                yield from visit(node.orelse)
            elif lazy or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for field in ("body", "orelse", "finalbody"):
                    yield from visit(getattr(node, field, []))
                for handler in getattr(node, "handlers", []):
                    yield from visit(handler.body)

    yield from visit(ast.parse(path.read_text()).body)


def unit(module: str) -> str:
    """`outgrow.methods.naive` -> `methods`."""
    return module.split(".")[1]


INNER = sorted(name for name in MODULES if name != "outgrow")


def test_every_module_has_a_layer() -> None:
    assert len(MODULES) >= 120
    assert {unit(name) for name in INNER} == set(DEPTH)


@pytest.mark.parametrize("module", INNER)
def test_imports_go_one_way(module: str) -> None:
    for imported in imports(MODULES[module], lazy=False):
        if imported.startswith("outgrow.") and unit(imported) != unit(module):
            assert DEPTH[unit(imported)] < DEPTH[unit(module)], f"{module} imports {imported}"


@pytest.mark.parametrize("module", INNER)
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    found = set(imports(MODULES[module], lazy=False))
    heavy = {imported.split(".")[0] for imported in found} & HEAVY
    assert not heavy & OPTIONAL, f"{module} imports {heavy} at its top"
    if not module.startswith(TORCH_AT_THE_TOP):
        heavy |= {imported for imported in found if imported.startswith(TORCH_AT_THE_TOP)}
        assert not heavy, f"{module} imports {heavy} at its top"


@pytest.mark.parametrize("module", [name for name in INNER if unit(name) == "report"])
def test_reports_see_results_alone(module: str) -> None:
    for imported in imports(MODULES[module], lazy=True):
        if imported.startswith("outgrow"):
            assert unit(imported) in {"report", "results"}, f"{module} imports {imported}"


def test_this_test_sees_imports_of_every_form(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nimport torch.nn\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
        "try:\n    import c\nexcept ImportError:\n    import d\nfrom outgrow import steps\n"
        "class E:\n    import e\n    def f(self):\n        from outgrow.config import Role\n"
    )
    top = ["typing", "torch.nn", "b", "c", "d", "outgrow.steps", "e"]
    assert list(imports(path, lazy=False)) == top
    assert list(imports(path, lazy=True)) == [*top, "outgrow.config"]


def absent_after(code: str) -> list[str]:
    check = f"import sys\n{code}\nprint('HEAVY', *({HEAVY!r} & sys.modules.keys()), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", check], capture_output=True, text=True, check=True)
    return done.stderr.split("HEAVY")[1].split()


def test_listing_and_reading_an_experiment_are_quick() -> None:
    there = [name for name in HEAVY - {"chess"} if find_spec(name)]
    assert {"torch", "pyarrow", "safetensors", "accelerate"} <= set(there)  # else they could not be loaded by mistake
    assert absent_after("import outgrow.cli") == []
    assert set(KINDS) == {"tasks", "models", "methods", "metrics", "experiments", "executors", "packs"}
    code = "from outgrow.cli import list_\n" + "\n".join(f"list_({kind!r})" for kind in KINDS)
    assert absent_after(code + "\nfrom outgrow.config import read_experiments\nread_experiments('toy')") == []
    assert absent_after("import torch") == ["torch"]


def test_the_public_names_are_there() -> None:
    assert sorted(outgrow.__all__) == list(outgrow.__all__)
    for name in outgrow.__all__:
        assert getattr(outgrow, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        outgrow.nonsense  # noqa: B018
