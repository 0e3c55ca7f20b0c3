"""The step `label`: what somebody says of a part's rows, such as a supervisor's weak labels."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.learning.objective import WeakLabels
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import demand, stored
from outgrow.steps.truth import accuracy_of, several, told

PROBABILITIES, TEXTS, FACTS = "labels.safetensors", "texts.json", "labels.json"


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels(Step):
    """A predictor's votes on a part: those of each of its members.

    Args:
        audited: what is known to be true of some of the rows; a student may learn from it.
    """

    name: ClassVar[str] = "label"
    version: ClassVar[int] = 2
    by: Predictor
    part: Part
    audited: Labels | None = None

    def identity(self) -> dict[str, Any]:
        return {"part": self.part.identity()}

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"model": self.by, "split": self.part.split}
        return found | ({"audited": self.audited} if self.audited else {})

    @property
    def title(self) -> str:
        return f"{self.by.label} labels {self.part.name}"

    @property
    def work(self) -> float:
        return 0.0 if self.by.features else (self.by.cost or 0.0) * self.part.size

    def compute(self, context: Context, folder: Path) -> None:
        data = self.part.split.read(context)
        votes = self.by.votes(context, self.part)
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

        def of_all(folder: Path) -> np.ndarray:
            found = read_votes(folder)
            demand(found, "votes", kinds="fO", dimensions=2 if found.dtype == object else 3)
            if found.shape[1] != self.part.size:
                raise ValueError(f"{found.shape[1]:,} of {self.part.size:,} rows are labelled")
            if found.dtype == object and not all(isinstance(one, str) for one in found.flat):
                raise ValueError("a label is no text")
            return found

        votes = context.remember("labels", self.key, lambda: stored(context.store, self.key, of_all))
        if piece is not None:
            first = piece.start - self.part.start
            votes = votes[:, first : first + piece.size]
        weak = weak_labels(votes, piece or self.part, context)
        if self.audited is None:
            return weak
        known = self.audited.read(context, piece).mean()
        return replace(weak, truth=np.where(known.any(1), known.argmax(1), -1))

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
        return told(self.facts(context))


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
