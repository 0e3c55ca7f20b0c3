"""Imports go one way, and heavy libraries are imported where they are used.

Every import counts: at the top of a file, inside its functions, and for types alone.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import outgrow
from outgrow.cli.listing import KINDS

ROOT = Path(outgrow.__file__).parent
MODULES = {
    ".".join(("outgrow", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}

# Rooms from the bottom to the top. A file may import from its own room and from those before it in this list.
ROOMS = [
    "plain", "durations", "errors", "aliases", "others", "limits", "disk", "spec", "registry", "runtime", "intervals",
    "trust", "packs", "endpoint", "model_folder", "hub", "chess", "artefacts", "store",
    "specs", "tasks", "metrics",
    "learning",
    "text", "vision",
    "models",
    "steps",
    "methods", "supervisors",
    "own_labels",
    "experiment",
    "config", "results", "auditing",
    "plan", "stored", "student", "labelling", "estimators",
    "figures", "analyses", "report",
    "lengths", "nominal", "executors", "trackers", "tracking",
    "forecast", "rates", "watching", "preparation", "sweep",
    "own_model", "export",
    "freshness", "guesses", "progress", "study", "simulation",
    "claims", "leaderboard", "references",
    "testing",
    "zoo", "experiments",
    "cli", "__main__",
]  # fmt: skip
DEPTH = {name: depth for depth, name in enumerate(ROOMS)}
# Arrows that climb, each with its reason in docs/architecture.md: at most five.
CLIMBING: dict[str, str] = {}
TORCH_AT_THE_TOP = ("outgrow.chess.network", "outgrow.learning", "outgrow.text", "outgrow.vision", "outgrow.zoo.build")
SKLEARN_AT_THE_TOP = "outgrow.estimators"  # its classes are what they derive from
OPTIONAL = {
    "transformers", "peft", "accelerate", "huggingface_hub", "tokenizers", "onnx", "onnxscript", "onnxruntime", "gguf",
    "PIL", "sklearn", "scipy", "tomli_w", "pandas", "matplotlib", "tensorboard", "mlflow", "wandb", "ray",
    "fsspec", "s3fs", "aiobotocore", "botocore",
}  # fmt: skip
HEAVY = {"torch", "pyarrow", "safetensors", "chess", *OPTIONAL}


def imports(path: Path, *, everywhere: bool) -> Iterator[str]:
    """Modules that a file imports: at its top level when it runs, or `everywhere`, functions and types included."""

    def visit(nodes: list[ast.stmt]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "imports are absolute here"
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield full if full in MODULES else str(node.module)
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not everywhere:
                yield from visit(node.orelse)
            elif everywhere or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for field in ("body", "orelse", "finalbody"):
                    yield from visit(getattr(node, field, []))
                for handler in getattr(node, "handlers", []):
                    yield from visit(handler.body)

    yield from visit(ast.parse(path.read_text()).body)


def room(module: str) -> str:
    """`outgrow.methods.naive` -> `methods`."""
    return module.split(".")[1]


INNER = sorted(name for name in MODULES if name != "outgrow")
ARROWS = {
    name: {one for one in imports(MODULES[name], everywhere=True) if one in MODULES and one not in (name, "outgrow")}
    for name in INNER
}


def test_every_module_has_a_room() -> None:
    assert len(MODULES) >= 200
    assert {room(name) for name in INNER} <= set(DEPTH)


@pytest.mark.parametrize("module", INNER)
def test_imports_go_one_way(module: str) -> None:
    for imported in ARROWS[module] - {CLIMBING.get(module)}:
        assert DEPTH[room(imported)] <= DEPTH[room(module)], f"{module} imports {imported}"


def test_few_arrows_climb_and_each_has_its_reason() -> None:
    assert len(CLIMBING) <= 5
    reasons = (ROOT.parents[1] / "docs" / "architecture.md").read_text()
    for module, imported in CLIMBING.items():
        assert imported in ARROWS[module]
        assert f"`{module.removeprefix('outgrow.')}` takes `{imported.removeprefix('outgrow.')}`" in reasons


def circles(arrows: dict[str, set[str]]) -> list[set[str]]:
    """Sets of files that can reach each other (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in arrows.get(name, ()):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(set(stack[at:]))
            del stack[at:]

    for name in arrows:
        if name not in index:
            visit(name)
    return found


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]
    assert circles(ARROWS) == []


@pytest.mark.parametrize("module", INNER)
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    found = set(imports(MODULES[module], everywhere=False))
    heavy = {imported.split(".")[0] for imported in found} & HEAVY
    if module.startswith(SKLEARN_AT_THE_TOP):
        heavy -= {"sklearn"}
    assert not heavy & OPTIONAL, f"{module} imports {heavy} at its top"
    if not module.startswith(TORCH_AT_THE_TOP):
        assert not heavy, f"{module} imports {heavy} at its top"


@pytest.mark.parametrize("module", [name for name in INNER if room(name) == "report"])
def test_reports_see_results_alone(module: str) -> None:
    assert {room(imported) for imported in ARROWS[module]} <= {
        "report",
        "analyses",
        "figures",
        "results",
        "artefacts",
        "errors",
        "plain",
        "disk",
        "config",  # what a page prints as a file is read back, to be sure that it leads to the same experiments
    }


def test_this_test_sees_imports_of_every_form(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nimport torch.nn\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
        "try:\n    import c\nexcept ImportError:\n    import d\nfrom outgrow import steps\n"
        "class E:\n    import e\n    def f(self):\n        from outgrow.specs import TrainSpec\n"
    )
    top = ["typing", "torch.nn", "b", "c", "d", "outgrow.steps", "e"]
    assert list(imports(path, everywhere=False)) == top
    assert sorted(imports(path, everywhere=True)) == sorted([*top, "a", "outgrow.specs"])


def absent_after(code: str) -> list[str]:
    check = f"import sys\n{code}\nprint('HEAVY', *({HEAVY!r} & sys.modules.keys()), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", check], capture_output=True, text=True, check=True)
    return done.stderr.split("HEAVY")[1].split()


def test_listing_and_reading_an_experiment_are_quick() -> None:
    there = [name for name in HEAVY - {"chess"} if find_spec(name)]
    assert {"torch", "pyarrow", "safetensors", "accelerate"} <= set(there)  # else they could not be loaded by mistake
    assert absent_after("import outgrow.cli") == []
    code = "from outgrow.cli.listing import list_\n" + "\n".join(f"list_({kind!r})" for kind in KINDS)
    assert absent_after(code + "\nfrom outgrow.config import read_experiments\nread_experiments('toy')") == []
    assert absent_after("import torch") == ["torch"]


def test_the_public_names_are_there() -> None:
    assert sorted(outgrow.__all__) == list(outgrow.__all__)
    estimators = {"WeakToStrongClassifier", "WeakToStrongRewardModel"}
    assert set(dir(outgrow)) - {*outgrow.__all__, "__version__"} == estimators
    for name in {*outgrow.__all__, *estimators}:
        assert getattr(outgrow, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        outgrow.nonsense  # noqa: B018
