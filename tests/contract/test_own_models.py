"""`outgrow.testing.check` finds what a model of one's own gets wrong, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from outgrow.learning.batching import Arrays
from outgrow.learning.network import Network
from outgrow.models.toy import ToyModel
from outgrow.tasks.base import Output
from outgrow.tasks.toy import DIMENSIONS
from outgrow.testing import Broken, check


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost": property(lambda self: 0.0)}, "cost must be the multiply-accumulates"),
        ({"ladder": lambda self: []}, "is not on its own ladder"),
        ({"ladder": lambda self: [ToyModel(name="toy-l"), self]}, "the ladder's costs must rise"),
        ({"kinds": frozenset()}, "kinds is empty"),
    ],
)
def test_faults_of_models(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], message: str) -> None:
    check(ToyModel(name="toy-s"))
    for name, value in changes.items():
        monkeypatch.setattr(ToyModel, name, value)
    with pytest.raises(Broken, match=message):
        check(ToyModel(name="toy-s"))


class Linear(Network):
    """A linear head on view 3 of the toy task's points, whose forward a test may spoil."""

    def __init__(self, spoil: Callable[[Any, torch.Tensor], torch.Tensor] | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.head = nn.Linear(DIMENSIONS, 3)
        nn.init.normal_(self.head.weight, generator=torch.Generator().manual_seed(seed))
        nn.init.zeros_(self.head.bias)
        self.spoil = spoil

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(x[:, 3])
        return self.spoil(self, found) if self.spoil else found


def ambient(output: Output) -> Network:
    network = Linear()
    nn.init.normal_(network.head.weight)
    return network


def stiff(output: Output) -> Network:
    return Linear().requires_grad_(False)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda output: nn.Linear(3, 3), "built a Linear; derive it from outgrow.learning.network.Network"),
        (lambda output: Linear(lambda self, found: found[:, 0]), r"logits must be \[5, 3\], not \[5\]"),
        (lambda output: Linear(lambda self, found: found.double()), "logits must be float32, not torch.float64"),
        (lambda output: Linear(lambda self, found: found / 0), "logits are not finite for points of the toy task"),
        (lambda output: Linear(lambda self, found: found * 0), "logits are the same for every row"),
        (lambda output: Linear(lambda self, found: found - found.mean(0)), "depend on which rows share its batch"),
        (lambda output: Linear(lambda self, found: found.cumsum(0)), "logits of a row depend on which rows"),
        (lambda output: Linear(lambda self, found: found.detach()), "no gradient reaches its weights"),
        (stiff, "nothing in it can be trained; give an extractor instead"),
        (ambient, "the same seed must give the same weights, whatever was drawn before"),
        (lambda output: Linear(lambda self, found: found[:, :, 9]), "takes none of the rows that it was tried with"),
    ],
)
def test_faults_of_networks(
    monkeypatch: pytest.MonkeyPatch, build: Callable[[Output], nn.Module], message: str
) -> None:
    monkeypatch.setattr(ToyModel, "build", lambda self, output, *, seed, start=None: Linear(seed=seed))
    check(ToyModel(name="toy-s"))
    monkeypatch.setattr(ToyModel, "build", lambda self, output, *, seed, start=None: build(output))
    with pytest.raises(Broken, match=message):
        check(ToyModel(name="toy-s"))


@pytest.mark.parametrize(
    ("represent", "message"),
    [
        (lambda self, x: (self(x), x[:, 3]), ""),
        (lambda self, x: (self(x) + 1, x[:, 3]), "represent must give the logits that forward gives"),
        (lambda self, x: (self(x), x[:3, 3]), r"represent must give vectors \[5, width\], not \[3, 16\]"),
    ],
)
def test_faults_of_representations(
    monkeypatch: pytest.MonkeyPatch, represent: Callable[..., Any], message: str
) -> None:
    monkeypatch.setattr(ToyModel, "represents", True)
    monkeypatch.setattr(ToyModel, "build", lambda self, output, *, seed, start=None: Linear(seed=seed))
    with pytest.raises(Broken, match="NotImplementedError"):
        check(ToyModel(name="toy-s"))
    monkeypatch.setattr(Linear, "represent", represent)
    if not message:
        assert "network" in check(ToyModel(name="toy-s")).passed
        return
    with pytest.raises(Broken, match=message):
        check(ToyModel(name="toy-s"))


def test_a_head_that_begins_at_zero_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(self: Any, output: Output, *, seed: int, start: Any = None) -> Network:
        network = Linear(seed=seed)
        nn.init.zeros_(network.head.weight)
        return network

    monkeypatch.setattr(ToyModel, "build", build)
    assert check(ToyModel(name="toy-s")).passed == ["spec", "ladder", "network", "sending"]


class Pairs(Network):
    """A reward for each candidate of a pair, or what a test makes of that."""

    def __init__(self, spoil: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.spoil = spoil

    def encode(self, inputs: np.ndarray) -> Arrays:
        return Arrays(np.array([[len(text) for text in row] for row in inputs.reshape(len(inputs), -1)], np.float32))

    def forward(self, lengths: torch.Tensor) -> torch.Tensor:
        return self.spoil(lengths)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda lengths: lengths[:, :1], r"of pairs it must give \[5, 2, ...\]"),
        (lambda lengths: lengths.cumsum(1), "what it gives a candidate depends on which stands first"),
    ],
)
def test_faults_of_rewards(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[torch.Tensor], torch.Tensor], message: str
) -> None:
    monkeypatch.setattr(ToyModel, "kinds", frozenset({"preference"}))
    monkeypatch.setattr(ToyModel, "build", lambda self, output, *, seed, start=None: Pairs(lambda lengths: lengths))
    check(ToyModel(name="toy-s"))
    monkeypatch.setattr(ToyModel, "build", lambda self, output, *, seed, start=None: Pairs(spoil))
    with pytest.raises(Broken, match=message):
        check(ToyModel(name="toy-s"))
