"""Which results a page shows where there are too many to show all; never by what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from outgrow.results.table import Group

WHOLE = 500  # results that a page shows all of
STUDIES = 4  # that it shows otherwise
PART = 108  # results of each: three methods on every pair of eight sizes

Study = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a page shows.

    Args:
        groups: these results.
        studies: all results by experiment, task and metric; empty where all are shown.
        shown: of each study that is shown, how many results.
    """

    groups: list[Group]
    studies: dict[Study, list[Group]] = field(default_factory=dict)
    shown: dict[Study, int] = field(default_factory=dict)


def chosen(groups: Sequence[Group]) -> Chosen:
    """All results where they are not too many, else some of the first studies.

    Of results that share models and method the first one is taken, in the order of the results table; and if those are
    still too many, evenly spread ones of them.
    """
    if len(groups) <= WHOLE:
        return Chosen(groups=list(groups))
    studies: dict[Study, list[Group]] = {}
    for one in groups:
        studies.setdefault((one.experiment, one.task, one.metric), []).append(one)
    found, shown = list[Group](), dict[Study, int]()
    for study, some in list(studies.items())[:STUDIES]:
        first: dict[tuple[str, str, str], Group] = {}
        for one in some:
            first.setdefault((one.weak, one.strong, one.method), one)
        some = list(first.values()) if len(some) > PART else some
        part = some if len(some) <= PART else [some[i * len(some) // PART] for i in range(PART)]
        shown[study] = len(part)
        found += part
    return Chosen(groups=found, studies=studies, shown=shown)
