"""The step `label`: what somebody says of a part's rows, such as a supervisor's weak labels."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.learning.objective import WeakLabels, mean_of
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.memory import rough_memory
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import demand, stored
from outgrow.steps.truth import accuracy_of, note_of, several

PROBABILITIES, TEXTS, FACTS = "labels.safetensors", "texts.json", "labels.json"


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels(Step):
    """A predictor's votes on a part: those of each of its members.

    Args:
        audited: what is known to be true of some of the rows; a student may learn from it.
        plain: the same votes with nothing beside them, where asking for them again would cost something.
    """

    name: ClassVar[str] = "label"
    version: ClassVar[int] = 2
    by: Predictor
    part: Part
    audited: Labels | None = None
    plain: Labels | None = None

    def identity(self) -> dict[str, Any]:
        return {"part": self.part.identity()}

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"model": self.by, "split": self.part.split}
        if self.plain:
            found["plain"] = self.plain
        return found | ({"audited": self.audited} if self.audited else {})

    @property
    def title(self) -> str:
        return f"{self.by.label} labels {self.part.name}"

    @property
    def memory(self) -> int:
        return rough_memory(self.by.rough_extent, use="answer with")

    @property
    def work(self) -> float:
        return 0.0 if self.plain else self.by.answering * self.part.size

    def compute(self, context: Context, folder: Path) -> None:
        data = self.part.split.read(context)
        votes = self.plain.votes(context) if self.plain else self.by.votes(context, self.part)
        write_votes(votes, folder)
        weak = weak_labels(votes, self.part, context)
        facts = {
            "ids": list(weak.ids),
            "accuracy": accuracy_of(weak, data, self.part),
            "abstentions": [int(one.sum()) for one in weak.abstains],
            **several(weak, data, self.part),
        }
        (folder / FACTS).write_text(json.dumps(facts))

    def read(self, context: Context, piece: Part | None = None) -> WeakLabels:
        """The labels, in the order of the part's rows; of a piece of it, where one is given."""
        first = 0 if piece is None else piece.start - self.part.start
        rows = slice(first, first + (piece or self.part).size)
        votes = self.votes(context)
        if self.audited is None:
            return weak_labels(votes[:, rows], piece or self.part, context)
        known, told = self._told(context, votes)
        weak = weak_labels(np.concatenate([votes, told[None]])[:, rows], piece or self.part, context)
        truth = np.where(known[rows], weak.probabilities[-1].argmax(-1), -1)
        return replace(weak, probabilities=weak.probabilities[:-1], truth=truth)

    def _told(self, context: Context, votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which rows somebody knows the truth of, bool [n], and that as one more vote; elsewhere the first vote."""
        assert self.audited is not None
        said = self.audited.votes(context)
        said = said[0] if said.dtype == object else mean_of(said)
        heard = np.flatnonzero(said != "" if said.dtype == object else said.any(-1))
        known, told = np.zeros(self.part.size, bool), votes[0].copy()
        rows = heard + self.audited.part.start - self.part.start
        known[rows], told[rows] = True, said[heard]
        return known, told

    def votes(self, context: Context) -> np.ndarray:
        """The votes on all rows of the part, [members, n, classes], or texts [members, n]."""

        def of_all(folder: Path) -> np.ndarray:
            found = read_votes(folder)
            demand(found, "votes", kinds="fO", dimensions=2 if found.dtype == object else 3)
            if found.shape[1] != self.part.size:
                raise ValueError(f"{found.shape[1]:,} of {self.part.size:,} rows are labelled")
            if found.dtype == object and not all(isinstance(one, str) for one in found.flat):
                raise ValueError("a label is no text")
            return found

        return context.remember("labels", self.key, lambda: stored(context.store, self.key, of_all))

    def facts(self, context: Context) -> dict[str, Any]:
        """Its accuracy against ground truth, where that is known, and how often each member abstained.

        Of several members also how often each is right (`members`), and their majority `vote`.
        """

        def read(folder: Path) -> dict[str, Any]:
            found = json.loads((folder / FACTS).read_bytes())
            more = {name: found[name] for name in ("members", "vote") if name in found}
            return {name: found[name] for name in ("ids", "accuracy", "abstentions")} | more

        return stored(context.store, self.key, read)

    def notes(self, context: Context) -> list[str]:
        """What the user should know of them: of several supervisors, how good a majority vote is."""
        return note_of(self.facts(context))


def weak_labels(votes: np.ndarray, inputs: Inputs, context: Context) -> WeakLabels:
    """Votes as weak labels of rows; texts become classes of their own, in the order of the alphabet."""
    if not isinstance(inputs, Part):
        ids = list(inputs.ids) or [str(i) for i in range(votes.shape[1])]
        return WeakLabels.of(votes, ids=ids, groups=ids)
    data = inputs.split.read(context)
    rows = data.rows(inputs)
    return WeakLabels.of(votes, ids=[data.ids[row] for row in rows], groups=[data.groups[row] for row in rows])


def write_votes(votes: np.ndarray, folder: Path) -> None:
    """Keep votes: probabilities as safetensors (float16 for very many classes), texts as JSON."""
    from safetensors.numpy import save

    if votes.dtype == object:
        (folder / TEXTS).write_text(json.dumps([list(one) for one in votes]))
    else:
        small = np.float32 if votes.shape[-1] <= 64 else np.float16
        (folder / PROBABILITIES).write_bytes(save({"probabilities": votes.astype(small)}))


def read_votes(folder: Path) -> np.ndarray:
    """What `write_votes` kept; rows of probabilities sum to 1 again."""
    from safetensors.numpy import load_file

    if (folder / TEXTS).is_file():
        return np.array(json.loads((folder / TEXTS).read_text()), dtype=object)
    found = load_file(folder / PROBABILITIES)["probabilities"].astype(np.float32)
    total = found.sum(-1, keepdims=True)
    return np.asarray(np.divide(found, total, out=np.zeros_like(found), where=total > 0))
