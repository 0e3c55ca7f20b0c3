"""The one inference loop, and what answers are summarised to."""

from __future__ import annotations

import hashlib

import numpy as np
from torch import Tensor

from outgrow.learning.batching import Rows, micro_batches
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.pieces import NONE, Pieces, made
from outgrow.learning.team import Team
from outgrow.tasks.base import Output

ALONE = Team()
ROWS, TOKENS = 512, 1_024  # of a batch, at most
MORE_TOKENS = 4_096  # where there is a GPU; on a CPU what is computed between two products should stay in its caches


def predict(network: Network, rows: Rows, *, machine: Machine, kept: Pieces = NONE) -> np.ndarray:
    """Answers to each row: probabilities float32 [n, classes], rows summing to 1; texts [n] of a text generator.

    Args:
        kept: pieces that were answered before.
    """
    was_training, team = network.training, machine.team
    machine.place(network).eval()

    def answered(piece: np.ndarray) -> np.ndarray:
        batch = rows.batch(piece, machine.device)
        return network.generate(batch) if network.generates else _probabilities(network(batch))

    if network.generates and team.in_step:  # the lengths of answers differ, and so would the calls of processes
        team = ALONE
    with machine.team.answering(), machine.multiplying(network):
        pieces = list(made(in_batches(rows, machine.device.type), answered, team, kept))
    network.train(was_training)
    found = np.concatenate([said for _, said in pieces])
    answers = np.empty_like(found)
    answers[np.concatenate([piece for piece, _ in pieces])] = found
    return answers


def _probabilities(logits: Tensor) -> np.ndarray:
    found: np.ndarray = logits.float().softmax(-1).cpu().numpy()
    return found


def in_batches(rows: Rows, device_type: str = "cpu") -> list[np.ndarray]:
    """All rows in batches for inference, those of like length together, longest first."""
    order = np.arange(len(rows))
    lengths = rows.lengths
    if lengths.min() != lengths.max():
        order = np.argsort(-lengths, kind="stable")
    cut = [order[start : start + ROWS] for start in range(0, len(order), ROWS)]
    budget = max(TOKENS if device_type == "cpu" else MORE_TOKENS, int(lengths.max()))
    return [piece for some in cut for piece in micro_batches(some, lengths, budget=budget)]


def summarise(answers: np.ndarray, labels: np.ndarray, output: Output) -> dict[str, np.ndarray]:
    """The fields of `metrics.base.Predictions`; among equal probabilities, the truth's rank is the last.

    A text that is no answer of any example gets a class number of its own, made from the text, beyond all others.
    A row of zeros is no answer: its class is -1, which is never right, and class 1 is as probable as any other.
    """
    truth = labels.astype(np.int64)
    if answers.dtype == object:
        number = {text: i for i, text in enumerate(output.class_names)}
        predicted = np.array([number.get(text, _beyond(text, len(number))) for text in answers], np.int64)
        right = predicted == truth
        unknown = np.full(len(truth), np.nan, np.float32)
        return {
            "predicted": predicted,
            "truth": truth,
            "rank": np.where(right, 0, output.n_classes).astype(np.int64),
            "truth_probability": right.astype(np.float32),
            "confidence": unknown,
            "positive_probability": unknown.copy(),
            "squared_error": unknown.copy(),
        }
    of_truth = np.take_along_axis(answers, truth[:, None], 1)
    said, positive = answers.any(1), answers[:, min(1, answers.shape[1] - 1)]
    squares = np.einsum("ij,ij->i", answers, answers, dtype=np.float64)
    return {
        "predicted": np.where(said, answers.argmax(1), -1).astype(np.int64),
        "truth": truth,
        "rank": (answers >= of_truth).sum(1).astype(np.int64) - 1,
        "truth_probability": of_truth[:, 0].astype(np.float32),
        "confidence": answers.max(1).astype(np.float32),
        "positive_probability": np.where(said, positive, 1 / answers.shape[1]).astype(np.float32),
        "squared_error": np.maximum(squares - 2.0 * of_truth[:, 0] + 1, 0).astype(np.float32),
    }


def _beyond(text: str, n: int) -> int:
    return n + int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
