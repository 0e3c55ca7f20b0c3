"""What somebody asks for who has weak labels, and what it comes to before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.errors import ConfigError, DataError
from outgrow.learning.objective import WeakLabels
from outgrow.methods.base import Method
from outgrow.models.base import Model, as_probe
from outgrow.own_labels.budget import divided
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import WeakTable, read
from outgrow.own_model.depth import Device, deepened
from outgrow.own_model.rows import OwnRows
from outgrow.own_model.truths import take_truths
from outgrow.plain import counted
from outgrow.specs import SplitSpec
from outgrow.steps import Features, Split, Steps

CHECKED = 0.05  # share of the rows that watch a fine-tuning, and are not learned from
MOST_CHECKED = 300


@dataclass(frozen=True, kw_only=True)
class Request:
    """A training on weak labels.

    Args:
        paths: of tables.
        model: the pretrained student.
        auto: whether all of a model that is given as a linear head is trained instead, where that takes some minutes.
        train: fields of its training, in place of what suits the model.
        method: how it learns; None to choose by evidence.
        budget: how many audited rows may be learned from; None for half of them. The others check the result.
        audits: a model folder of the same rows, whose truths are taken; "" for none.
    """

    paths: Sequence[str]
    columns: Columns
    model: Model
    auto: bool = False
    train: Mapping[str, Any] = field(default_factory=dict)
    method: Method | None = None
    budget: int | None = None
    seed: int = 0
    audits: str = ""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request with its data read.

    Args:
        request: with the model and the training that it came to.
        depth: how much of the model is trained, and why, in words; "" where it was asked for.
        learned: numbers of the audited rows whose truth may be learned from.
        checking: numbers of the audited rows whose truth is for checking alone.
        probe: the model as a linear head on frozen features, if it can be one: methods are compared by it.
        features: what the frozen part of it makes of all rows.
    """

    request: Request
    table: WeakTable
    depth: str
    learned: np.ndarray
    checking: np.ndarray
    steps: Steps
    data: Split
    probe: Model | None
    features: Features | None

    @property
    def is_probe(self) -> bool:
        """Whether the student is a linear head on frozen features."""
        return self.request.model.extractor() is not None

    @property
    def tunes_texts(self) -> bool:
        """Whether all weights of a text model are trained."""
        return getattr(self.request.model, "training", "") == "full" and not self.table.columns.image

    @property
    def weak(self) -> WeakLabels:
        """The weak labels of all rows, and the truth that may be learned from."""
        table = self.table
        known = np.full(len(table.ids), -1)
        known[self.learned] = table.truth[self.learned]
        return WeakLabels(
            probabilities=table.votes,
            ids=table.ids,
            groups=table.groups,
            truth=known if len(self.learned) else None,
        )


def prepare(request: Request, device: Device = "cpu") -> Prepared:
    """Read the data and decide which rows are for what; nothing is computed.

    Args:
        device: on which it will be.

    Raises:
        ConfigError, DataError: what is wrong with the request or the data.
    """
    table, model = read(request.paths, request.columns), request.model
    chosen = take_truths(table, Path(request.audits)) if request.audits else np.empty(0, np.int64)
    learned, checking = _divided(table, request, chosen)
    if table.output.kind not in model.kinds:
        raise ConfigError(
            f"the model {model.label!r} cannot learn {table.output.kind} tasks; choose another with --model"
        )
    if why := model.misfit(table.inputs[:1], table.output):
        raise DataError(f"the model {model.label!r} does not fit these data: it {why}; choose another with --model")
    if request.method and (why := request.method.misfit(table.inputs[:1], table.output)):
        raise ConfigError(f"--method {request.method.label} does not fit these data: it {why}; name another")
    if request.method and request.method.uses_truth and not len(learned):
        raise ConfigError(
            f"--method {request.method.label} learns from rows whose truth is known, and there are none to learn from: "
            "name their column with --audited, and how many of them may be learned from with --budget"
        )
    probe, depth = as_probe(model), ""
    if request.auto:
        model, depth = deepened(model, table, device, request.train)
        request = replace(request, model=model)
    rows, steps = OwnRows(table=table, chosen=np.arange(len(table.ids))), Steps()
    split = divide(len(table.ids), probe=model.extractor() is not None)
    data = steps.split(rows, split, seed=request.seed)
    features = steps.features(probe, data.dataset) if probe else None
    return Prepared(
        request=request, table=table, depth=depth, learned=learned, checking=checking, steps=steps, data=data,
        probe=probe, features=features,
    )  # fmt: skip


def divide(n: int, *, probe: bool) -> SplitSpec:
    """How many of `n` rows are learned from; a network that is fine-tuned is watched by some of them."""
    watched = 0 if probe else max(1, min(MOST_CHECKED, round(CHECKED * n)))
    return SplitSpec(supervisor=0, transfer=n - watched, validation=watched, test=0)


def _divided(table: WeakTable, request: Request, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The audited rows to learn from and those to check by; drawn by a hash, whole groups.

    Args:
        chosen: rows that were not audited at random: they do not check.
    """
    audited, budget = table.audited, request.budget
    if budget is not None and budget > len(audited):
        have = "has" if len(audited) == 1 else "have"
        raise ConfigError(
            f"--budget {budget}: only {counted(len(audited), 'row')} of {table.name} {have} a truth"
            + ("; name their column with --audited" if not (table.columns.audited or request.audits) else "")
        )
    learned, checking = divided(
        audited, table.groups, table.ids, budget=budget, seed=request.seed, chosen=chosen.tolist()
    )
    unused = np.setdiff1d(chosen, learned)
    if len(unused):
        table.notes.append(
            f"{counted(len(unused), 'audited row')} not drawn at random: they do not check, and --budget "
            f"{len(learned):,} leaves them out of what is learned from"
        )
    if lost := len(audited) - len(learned) - len(checking) - len(unused):
        table.notes.append(
            f"{counted(lost, 'audited row')} like one that is learned from: neither learned nor checked by"
        )
    return learned, checking
