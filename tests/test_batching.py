"""Batches of rows of any length: every row once, little padding, and updates that do not depend on how they are cut."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from losses import Given, batch_of
from torch import Tensor, nn

from outgrow.learning.batching import Arrays, batches, micro_batches
from outgrow.learning.losses import Batch
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.objective import Probabilities, WeakLabels
from outgrow.learning.predict import ROWS, TOKENS, in_batches, predict
from outgrow.learning.train import accumulate, fit
from outgrow.methods.base import Method
from outgrow.methods.confidence import Confidence
from outgrow.methods.naive import Naive
from outgrow.specs import TrainSpec

CPU = torch.device("cpu")


def some_lengths(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 200, n)


def padded(pieces: list[np.ndarray], lengths: np.ndarray) -> int:
    """Tokens computed, padding counted."""
    return sum(len(piece) * int(lengths[piece].max()) for piece in pieces)


# Cutting an epoch into batches


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 300), size=st.integers(1, 40), seed=st.integers(0, 99), equal=st.booleans())
def test_an_epoch_has_each_row_once(n: int, size: int, seed: int, equal: bool) -> None:
    lengths = np.full(n, 7) if equal else some_lengths(n, seed)
    found = batches(lengths, size, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate(found).tolist()) == list(range(n))
    assert len(found) == -(-n // size)  # as many updates as the schedule counts
    assert sorted(map(len, found)) == sorted([size] * (n // size) + [n % size] * (n % size > 0))


def test_rows_of_unequal_length_are_put_with_others_of_their_length() -> None:
    lengths = some_lengths(4096, 0)
    found = batches(lengths, 32, rng=np.random.default_rng(0))
    at_random = batches(np.ones_like(lengths), 32, rng=np.random.default_rng(0))
    assert padded(found, lengths) < 1.1 * lengths.sum()
    assert padded(at_random, lengths) > 1.8 * lengths.sum()


@pytest.mark.parametrize("equal", [True, False])
def test_batches_are_random_and_the_same_for_a_seed(equal: bool) -> None:
    lengths = np.full(512, 3) if equal else some_lengths(512, 0)

    def epoch(seed: int) -> list[list[int]]:
        return [batch.tolist() for batch in batches(lengths, 8, rng=np.random.default_rng(seed))]

    assert epoch(0) == epoch(0)
    assert epoch(0) != epoch(1)
    if not equal:  # neither the shortest first nor the longest, in any stretch of the epoch
        for start in range(0, 64, 16):
            means = [lengths[batch].mean() for batch in epoch(0)[start : start + 16]]
            assert abs(np.corrcoef(means, range(16))[0, 1]) < 0.7
    assert {frozenset(batch) for batch in epoch(0)} != {frozenset(batch) for batch in epoch(1)}
    rng = np.random.default_rng(0)
    first, second = (sorted(map(sorted, batches(lengths, 8, rng=rng))) for _ in range(2))
    assert [row for batch in first for row in batch] != [row for batch in second for row in batch]


# Cutting a batch into micro-batches


@settings(max_examples=100, deadline=None)
@given(n=st.integers(1, 64), budget=st.integers(1, 4000), seed=st.integers(0, 99), equal=st.booleans())
def test_micro_batches_cover_the_batch_within_the_budget(n: int, budget: int, seed: int, equal: bool) -> None:
    lengths = np.full(100, 1) if equal else some_lengths(100, seed)
    rows = np.random.default_rng(seed).permutation(100)[:n]
    pieces = micro_batches(rows, lengths, budget=budget)
    assert sorted(np.concatenate(pieces).tolist()) == sorted(rows.tolist())
    for piece in pieces:
        assert padded([piece], lengths) <= budget or len(piece) == 1
    assert np.concatenate(pieces).tolist() == np.concatenate(micro_batches(rows, lengths, budget=10**9)).tolist()
    for piece, following in pairwise(pieces):  # as few as can be, the longest rows first
        assert (len(piece) + 1) * lengths[piece].max() > budget
        assert lengths[piece].min() >= lengths[following].max()


def test_a_row_longer_than_the_budget_stands_alone() -> None:
    lengths = np.array([5, 50, 5, 5, 60])
    assert [piece.tolist() for piece in micro_batches(np.arange(5), lengths, budget=15)] == [[4], [1], [0, 2, 3]]
    assert [piece.tolist() for piece in micro_batches(np.arange(5), lengths, budget=1)] == [[4], [1], [0], [2], [3]]


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 1300), seed=st.integers(0, 99), longest=st.sampled_from([1, 30, 5000]))
def test_batches_for_inference_cover_the_rows_within_the_limits(n: int, seed: int, longest: int) -> None:
    lengths = np.random.default_rng(seed).integers(1, longest + 1, n)
    found = in_batches(Lengths(lengths))
    assert sorted(np.concatenate(found).tolist()) == list(range(n))
    for piece in found:
        assert len(piece) <= ROWS
        assert padded([piece], lengths) <= max(TOKENS, lengths.max())
    if longest == 1:
        assert [row for piece in found for row in piece] == list(range(n))


# Rows


@dataclass(frozen=True)
class Lengths:
    """Rows of which only the lengths count."""

    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: np.ndarray, device: torch.device) -> Any:
        raise NotImplementedError


class Sequences(Lengths):
    """Made-up rows of unequal length: numbers, and noughts where a batch is padded, as tokens are."""

    def batch(self, rows: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
        longest = int(self.lengths[rows].max())
        values = torch.full((len(rows), longest, 4), 1e3)  # padding that would show
        mask = torch.zeros(len(rows), longest, 1)
        for i, row in enumerate(rows):
            length = int(self.lengths[row])
            values[i, :length] = torch.from_numpy(np.random.default_rng(row).standard_normal((length, 4))).float()
            mask[i, :length] = 1
        return values.to(device), mask.to(device)


class Reader(Network):
    """A network that reads sequences: the mean over a row's numbers, through a hidden layer."""

    def __init__(self, n_classes: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.inside, self.head = nn.Linear(4, 8), nn.Linear(8, n_classes)
        self.dropout = nn.Dropout(dropout)
        self.sizes: list[int] = []

    def forward(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        values, mask = batch
        self.sizes.append(len(values))
        hidden = self.dropout(torch.tanh(self.inside(values))) * mask
        logits: Tensor = self.head(hidden.sum(1) / mask.sum(1))
        return logits


def test_arrays_are_rows_of_one_size() -> None:
    values = np.arange(24, dtype=np.float32).reshape(6, 4)
    rows = Arrays(values)
    assert len(rows) == 6
    assert rows.lengths.tolist() == [1] * 6
    assert rows.batch(np.array([4, 0]), CPU).tolist() == [values[4].tolist(), values[0].tolist()]


def test_a_network_may_encode_its_inputs_and_a_misspelt_hook_is_refused() -> None:
    class Doubling(Network):
        def encode(self, inputs: np.ndarray) -> Arrays:
            return Arrays(2 * inputs)

    inputs = np.ones((3, 2), np.float32)
    assert Network().encode(inputs).batch(np.arange(3), CPU).tolist() == inputs.tolist()
    assert Doubling().encode(inputs).batch(np.arange(3), CPU).tolist() == (2 * inputs).tolist()
    with pytest.raises(TypeError, match=r"Wrong.encod is none of a network's hooks; did you mean 'encode'"):

        class Wrong(Network):
            def encod(self, inputs: np.ndarray) -> Arrays:
                return Arrays(inputs)


def test_answers_come_in_the_order_of_the_rows_whatever_their_length() -> None:
    rows, network = Sequences(some_lengths(700, 0)), Reader()
    found = predict(network, rows, machine=Machine(device=CPU))
    assert len(network.sizes) > 5
    for row in (0, 1, 350, 699):
        with torch.inference_mode():
            alone = network(rows.batch(np.array([row]), CPU)).softmax(-1)
        np.testing.assert_allclose(found[row], alone[0].numpy(), atol=1e-6)


# Updates

LONGEST = 199


def update(method: Method, tokens: int, *, spec: TrainSpec, n_classes: int = 2, n: int = 32) -> tuple[Reader, Tensor]:
    """A network after a training with micro-batches of at most `tokens`, and all its weights in one."""
    lengths = some_lengths(n, 3)
    lengths[0] = LONGEST
    weak = torch.randn(n, n_classes, generator=torch.Generator().manual_seed(0)).softmax(-1)
    ids = [str(i) for i in range(n)]
    lesson = method.objective().lesson(WeakLabels(probabilities=weak[None].numpy(), ids=ids, groups=ids), seed=0)
    network = Reader(n_classes)
    fit(
        network, Sequences(lengths), Probabilities(torch.from_numpy(lesson.targets)), spec,
        loss=method.objective().loss, seed=0, machine=Machine(device=CPU, tokens=tokens),
    )  # fmt: skip
    return network, torch.cat([value.detach().flatten() for value in network.parameters()])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "method",
    [Naive(), Naive(labels="hard"), Confidence(alpha=0.75, ramp=0.0), Confidence(ramp=0.0, shares="even")],
    ids=lambda method: method.label,
)
def test_an_update_does_not_depend_on_the_micro_batches(method: Method, n_classes: int) -> None:
    spec = TrainSpec(epochs=1, batch_size=32, learning_rate=0.1)
    whole, expected = update(method, 32 * LONGEST, spec=spec, n_classes=n_classes)
    assert whole.sizes == [32]
    before = torch.cat([value.detach().flatten() for value in Reader(n_classes).parameters()])
    assert (expected - before).abs().min() > 0.01, "an update that moves nothing tells nothing"
    for tokens, at_most in ((1, 1), (4 * LONGEST, 4)):
        network, found = update(method, tokens, spec=spec, n_classes=n_classes)
        assert network.sizes[0] <= at_most
        assert len(network.sizes) > 1
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("method", [Naive(), Confidence(alpha=0.75, ramp=0.5)], ids=lambda method: method.label)
@pytest.mark.parametrize("batch_size", [12, 20, 32, 50])
def test_a_training_does_not_depend_on_the_micro_batches(method: Method, batch_size: int) -> None:
    """Nor do batches that the adaptive threshold looks back over, smaller than its window."""
    spec = TrainSpec(epochs=2, batch_size=batch_size, learning_rate=1e-2)
    _, expected = update(method, 1_000_000, spec=spec, n=100)
    for tokens in (1, 4 * LONGEST):
        torch.testing.assert_close(update(method, tokens, spec=spec, n=100)[1], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("method", [Naive(), Confidence(alpha=1.0, ramp=0.0)], ids=lambda method: method.label)
@pytest.mark.parametrize("size", [1, 4, 32])
def test_the_gradient_is_that_of_the_whole_batch(method: Method, size: int) -> None:
    rows, network = Sequences(some_lengths(32, 3)), Reader()
    targets = torch.randn(32, 2, generator=torch.Generator().manual_seed(0)).softmax(-1)
    loss = method.objective().loss
    expected = loss.start(targets)(batch_of(network(rows.batch(np.arange(32), CPU)), targets, 0.5))
    expected.backward()
    gradients = [value.grad.clone() for value in network.parameters() if value.grad is not None]
    network.zero_grad()
    pieces = np.split(np.arange(32), 32 // size)
    found_value = accumulate(
        network, rows, Probabilities(targets), torch.ones(32), pieces, loss.start(targets),
        rowwise=loss.rowwise, progress=0.5, machine=Machine(device=CPU),
    )  # fmt: skip
    assert found_value == pytest.approx(expected.item(), abs=1e-6)
    for found, gradient in zip(network.parameters(), gradients, strict=True):
        torch.testing.assert_close(found.grad, gradient, atol=1e-6, rtol=1e-5)


def test_a_loss_that_is_not_rowwise_sees_whole_batches() -> None:
    seen = []

    def loss(batch: Batch) -> Tensor:
        seen.append((len(batch.logits), len(batch.targets), batch.targets[:, 0].tolist()))
        return batch.logits.logsumexp(0).sum()

    network, lengths = Reader(), some_lengths(40, 0)
    targets = torch.arange(40.0)[:, None].expand(40, 2)
    spec = TrainSpec(epochs=1, batch_size=16)
    fit(
        network,
        Sequences(lengths),
        Probabilities(targets),
        spec,
        loss=Given(loss),
        seed=0,
        machine=Machine(device=CPU, tokens=1),
    )
    assert sorted(one[:2] for one in seen) == [(8, 8), (16, 16), (16, 16)]
    assert sorted(row for one in seen for row in one[2]) == list(range(40))
    assert network.sizes == [1] * 80  # two passes a row


@pytest.mark.parametrize("whole", [False, True])
def test_dropout_is_the_same_in_both_passes(whole: bool) -> None:
    """The gradient belongs to the logits that the loss has seen."""
    network, rows = Reader(dropout=0.5).train(), Sequences(some_lengths(8, 0))
    seen: list[Tensor] = []

    def loss(batch: Batch) -> Tensor:
        seen.append(batch.logits.detach())
        return (batch.logits * batch.targets).sum()

    again: list[Tensor] = []
    network.head.register_forward_hook(lambda module, inputs, logits: again.append(logits.detach()))
    torch.manual_seed(0)
    pieces = [np.arange(8)] if whole else [np.arange(4), np.arange(4, 8)]
    accumulate(
        network, rows, Probabilities(torch.ones(8, 2)), torch.ones(8), pieces, loss,
        rowwise=False, progress=0.0, machine=Machine(device=CPU),
    )  # fmt: skip
    assert len(again) == (1 if whole else 4)
    assert len(seen) == 1
    torch.testing.assert_close(torch.cat(again[-len(pieces) :]), seen[0])
