"""What the repository holds: nothing large, nothing that is unpickled, no address of a package index, pins that fit."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parents[1]
LIMIT = 2 * 2**20
LARGE = {"src/outgrow/zoo/chess/puzzles.parquet": "20,000 puzzles, so that the first study needs no download"}

# An index is what pip and npm are set up to use; a name written down here would be wrong behind a mirror.
INDEX = re.compile(r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|com|io)\b|pytorch\.org/whl|--(?:extra-)?index-url", re.I)

PICKLES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "ForkingPickler"}
OWN = {  # read what they wrote themselves
    "src/outgrow/executors/serving.py",  # between the processes of one run
    "src/outgrow/learning/outline.py",  # the same, where they train together
    "src/outgrow/testing/specs.py",  # whether a spec can be sent so
}
ERRORS = {"PickleError", "PicklingError", "UnpicklingError"}  # may be caught


def tracked() -> list[str]:
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a clone")
    return [name for name in done.stdout.split("\0") if (TOP / name).is_file()]


def unpickles(source: str) -> list[str]:
    """Lines of Python that unpickle, or load tensors or arrays in a way that may."""
    found = []
    for node in ast.walk(ast.parse(source)):
        wrong = False
        if isinstance(node, ast.ImportFrom):
            root = (node.module or "").split(".")[0]
            wrong = root in PICKLES and not {one.name for one in node.names} <= ERRORS
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            wrong = node.value.id in PICKLES and node.attr not in ERRORS
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
            of = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            wrong = (
                (node.func.attr == "load" and of == "torch" and given.get("weights_only") is not True)
                or (node.func.attr == "load_state_dict_from_url" and given.get("weights_only") is not True)
                or (
                    node.func.attr == "load" and of in ("np", "numpy") and given.get("allow_pickle", False) is not False
                )
                or node.func.attr in ("read_pickle", "unsafe_load")
            )
        if wrong:
            found.append(ast.unparse(node))
    return found


def test_no_file_is_large() -> None:
    large = {name for name in tracked() if (TOP / name).stat().st_size > LIMIT}
    assert large == set(LARGE), "files over 2 MiB belong into a pack, or into LARGE with a reason"


def test_no_file_was_left_between_two_versions() -> None:
    halves = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    assert halves.search(b"a\n" + b"<" * 7 + b" HEAD\n")
    assert [name for name in tracked() if halves.search((TOP / name).read_bytes())] == []


def test_no_file_names_a_package_index() -> None:
    names = [name for name in tracked() if INDEX.search((TOP / name).read_bytes().decode("utf-8", "replace"))]
    assert names == []


@pytest.mark.parametrize(
    "line", ["https://pypi" + ".org/simple", "files.PythonHosted" + ".org", "pip --index-" + "url x"]
)
def test_an_index_is_found(line: str) -> None:
    assert INDEX.search(line)


def test_nothing_is_unpickled() -> None:
    modules = [name for name in tracked() if name.endswith(".py")]
    assert len(modules) > 150
    found = {name: unpickles((TOP / name).read_text(encoding="utf-8")) for name in modules}
    assert {name for name, lines in found.items() if lines} == OWN


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("ForkingPickler.loads(packed)", False),
        ("import torch\ntorch.load('x')", False),
        ("torch.load('x', weights_only=False)", False),
        ("torch.load('x', weights_only=True)", True),
        ("torch.hub.load_state_dict_from_url('x')", False),
        ("np.load('x', allow_pickle=True)", False),
        ("np.load('x', allow_pickle=maybe)", True),
        ("np.load('x')", True),
        ("json.load(file)", True),
        ("import pickle\npickle.loads(b'')", False),
        ("from joblib import load", False),
        ("from pickle import UnpicklingError", True),
        ("try: f()\nexcept pickle.UnpicklingError: pass", True),
    ],
)
def test_unpickling_is_found(source: str, safe: bool) -> None:
    assert (unpickles(source) == []) is safe


def pins(name: str) -> dict[str, str]:
    """Releases by package of a file under requirements/."""
    lines = (TOP / "requirements" / name).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([\w.-]+)==([^\s;]+)", line) for line in lines]
    return {canonicalize_name(one[1]): one[2] for one in found if one}


def test_pins_cover_what_the_package_asks_for() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    texts = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    texts += [text for extra in ("text", "vision", "test", "dev") for text in extras[extra]]
    asked = [one for one in map(Requirement, texts) if one.name != project["project"]["name"]]
    pinned = pins("torch.txt") | pins("dev.txt")
    assert len(asked) > 15
    missing = [str(one) for one in asked if not one.specifier.contains(pinned.get(canonicalize_name(one.name), "0"))]
    assert missing == [], "run requirements/renew"


def test_every_pin_has_a_hash_and_torch_is_left_out() -> None:
    text = (TOP / "requirements" / "dev.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    names = {block.partition("==")[0] for block in blocks}  # one may have a pin for each of several Pythons
    assert len(names) == len(pins("dev.txt")) > 50
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert [name for name in pins("dev.txt") if re.match(r"torch$|triton$|cuda-|nvidia-", name)] == []


DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}
# The absence of these is an error in words.
WITH_AN_EXTRA = {
    "transformers", "tokenizers", "peft", "onnx", "pillow", "scikit-learn", "chess", "matplotlib", "mlflow", "wandb", "onnxscript",
    "onnxruntime", "ray",
}  # fmt: skip


def imported() -> set[str]:
    """What the package imports that is neither its own nor Python's, inside functions too, by distribution."""
    found: set[str] = set()
    for path in (TOP / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {one.name.split(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return {DISTRIBUTIONS.get(name, canonicalize_name(name)) for name in found - sys.stdlib_module_names - {"outgrow"}}


def test_what_is_imported_is_installed_with_the_package() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    extras = {
        canonicalize_name(Requirement(text).name)
        for texts in project["optional-dependencies"].values()
        for text in texts
    }
    assert imported() - core == WITH_AN_EXTRA
    assert extras >= WITH_AN_EXTRA
    assert core - imported() == set(), "nobody imports it"
