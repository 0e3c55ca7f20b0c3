"""Rows pooled over seeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from outgrow.results.aside import read_aside, write_aside
from outgrow.results.listing import Listed
from outgrow.results.packed import Packed, pack
from outgrow.results.pooled import Pooled
from outgrow.results.table import Evaluation, Group, Record
from outgrow.runtime import all_stay

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.results.answers import Answers

FILE = "pooled"
OFTEN = 1_000  # evaluations after which what is known is written: nobody wants to wait for them twice


def read_keys(store: Artefacts, metric: str, keys: Sequence[str]) -> Answers:
    """What the roles of several seeds said of each test example."""
    from outgrow.metrics.base import metrics
    from outgrow.results.answers import read_answers

    return read_answers(store, keys, metric=metrics[metric])


def evaluate_keys(store: Artefacts, metric: str, keys: Sequence[str]) -> Evaluation:
    """The evaluation of several seeds together."""
    from outgrow.results.evaluation import evaluate

    return evaluate(read_keys(store, metric, keys))


def group_answers(store: Artefacts, group: Group) -> Answers | None:
    """What the roles of pooled rows said of each test example; None where none of them has finished."""
    keys = [key for key in group.keys if store.has(key)]
    return read_keys(store, group.metric, keys) if keys else None


class Kept:
    """Evaluations of several seeds, kept beside the rows where these are many.

    An evaluation follows from the answers of its seeds and from the code. So it is kept by the keys of the seeds and by
    what tells answers of equal keys apart; and all are made anew where the code is another.
    """

    def __init__(self, store: Artefacts) -> None:
        self._store, self._new = store, 0
        self._ours = cache(_ours)  # whoever pools very many asks this for each

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        if self._new:
            self._write()

    @cached_property
    def _known(self) -> dict[str, str]:
        """JSON of evaluations, packed, by name: a line each in the file."""
        lines = read_aside(self._store.aside(FILE)).decode().split("\n")
        return dict(line.split(" ", 1) for line in lines if line)

    def _write(self) -> None:
        write_aside(self._store.aside(FILE), "\n".join(map(" ".join, self._known.items())).encode())
        self._new = 0

    def evaluation(self, records: Sequence[Record]) -> Packed | str:
        """Of rows that succeeded and differ in the seed alone: packed, or the JSON of that."""
        metric, keys = records[0].shown("metric"), [one.shown("key") for one in records]
        made = [one.made for one in records if isinstance(one, Listed)]
        if len(made) < len(records) or not self._ours(metric):  # few rows, which were read one by one
            return pack(evaluate_keys(self._store, metric, keys))
        name = hashlib.sha256("\n".join([metric, *keys, *made]).encode()).hexdigest()[:32]
        if name not in self._known:
            self._known[name] = json.dumps(pack(evaluate_keys(self._store, metric, keys)))
            self._new += 1
            if self._new >= OFTEN:
                self._write()
        return self._known[name]


def _ours(metric: str) -> bool:
    """Whether the code of a metric is told by ours."""
    from outgrow.metrics.base import metrics

    return metrics[metric].values.__module__.startswith("outgrow.")


def pool(store: Artefacts, records: Sequence[Record]) -> list[Group]:
    """Pool rows over seeds: rows that differ only in the seed are one group."""
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(one.shown("identity"), []).append(one)
    with all_stay():
        done = [[one for one in members if not one.shown("failure")] for members in groups.values()]
        return [Pooled.of(*one) for one in zip(groups.values(), done, _evaluated(store, done), strict=True)]


def _evaluated(store: Artefacts, done: Sequence[Sequence[Record]]) -> list[Packed | None]:
    """What groups of rows come to, packed; None for one without any."""
    with Kept(store) as kept:
        found = [kept.evaluation(some) if len(some) > 1 else _alone(some) for some in done]
    texts = [one for one in found if isinstance(one, str)]
    read = iter(json.loads(f"[{','.join(texts)}]"))  # many at once are read twice as fast
    return [next(read) if isinstance(one, str) else one for one in found]


def _alone(records: Sequence[Record]) -> Packed | None:
    for one in records:
        if isinstance(one, Listed):
            return one.packed
        return pack(one.evaluation) if one.evaluation else None
    return None
