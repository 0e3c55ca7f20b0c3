"""A toy experiment so small that a whole run takes a moment."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the toy's matrices are too small to share out among threads

os.environ.pop("COLUMNS", None)  # of whoever runs the tests: what is not shown in a terminal is not cut

import pytest

from outgrow.config import expand
from outgrow.experiment import Experiment
from outgrow.models.base import Extractor, Model, Weights
from outgrow.registry import Entry, Registry
from outgrow.spec import spec
from outgrow.store import Store
from outgrow.tasks.base import Output

pytest_plugins = [
    "audited_models",
    "hub_cache",
    "tiny_models",
    "third_party",
    "endpoints",
    "ray_cluster",
    "s3_server",
]  # fmt: skip; in plugins/

TOY = """
[task]
name = "toy"
n = 400

[split]
supervisor = 60
transfer = 60
validation = 30
test = 100

[weak]
model = "toy-xs"

[strong]
model = "toy-l"

[train]
epochs = 2
learning_rate = 3e-2
evaluations = 2

[sweep]
"method.name" = ["naive", "confidence"]
"""


@pytest.fixture
def document() -> dict[str, Any]:
    """The toy experiment as a parsed document, free to change."""
    import tomllib

    return tomllib.loads(TOY)


@pytest.fixture
def toy(document: dict[str, Any]) -> Callable[..., list[Experiment]]:
    """Experiments of the toy document: `toy("train.epochs=1", seeds=[0, 1])`."""

    def make(*settings: str, seeds: list[int] | None = None) -> list[Experiment]:
        return expand(document, name="tiny", settings=settings, seeds=seeds)

    return make


@pytest.fixture
def toml(tmp_path: Path) -> Callable[..., str]:
    """Writes the toy experiment with texts replaced, and returns the file's path: `toml(("toy-xs", "toy-xxs"))`."""

    def write(*replacements: tuple[str, str], name: str = "tiny") -> str:
        text = TOY
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return str(path)

    return write


@spec
class FrozenToy(Model):
    """A linear head on features of a frozen network that sees one view of the toy task, 3 + 2 x and |x|, and a 7."""

    name: str = "frozen-toy"
    view: int = 3

    @property
    def cost(self) -> float:
        return 100.0 + self.view

    def identity(self) -> dict[str, Any]:
        return {"family": "frozen-toy", "view": self.view}

    def extractor(self) -> Extractor:
        return FrozenView(view=self.view)


@spec
class FrozenView(Extractor):
    view: int

    def identity(self) -> dict[str, Any]:
        return {"family": "frozen-toy", "view": self.view}

    @property
    def cost(self) -> float:
        return 50.0

    def build(self, output: Output, *, start: Weights | None = None) -> Any:
        import torch
        from torch import Tensor

        from outgrow.learning.network import Network

        class View(Network):
            def forward(_, x: Tensor) -> Tensor:
                x = x[:, self.view]
                return torch.cat([3 + 2 * x, x.abs(), torch.full_like(x[:, :1], 7.0)], -1)

        return View()


@pytest.fixture
def frozen_toy() -> Callable[..., Model]:
    """A model of which only a head on stored features is trained: `frozen_toy(view=0)`."""
    return FrozenToy


@pytest.fixture(autouse=True)
def own_rates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What tests take is not kept for the estimates of real runs."""
    monkeypatch.setattr("outgrow.rates.cache_folder", lambda: tmp_path / "rates")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    empty = Store(tmp_path / "store")
    empty.create()
    return empty


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command line within this process: arguments -> exit status, stdout, stderr."""
    from outgrow.cli import main

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["outgrow", *arguments])
        with pytest.raises(SystemExit) as exit:
            main()
        said = capsys.readouterr()
        return int(exit.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def added() -> Any:
    """Registers a component for the time of one test: `added(tasks, "mine", Mine)`."""
    with contextlib.ExitStack() as stack:

        def add(registry: Registry[Any], name: str, value: Any) -> None:
            list(registry)  # so that the shipped ones come first
            registry._entries[name] = Entry(name=name, value=value, about="of a test", source="test")
            stack.callback(registry._entries.pop, name)

        yield add
