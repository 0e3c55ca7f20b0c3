"""Results of simulated supervisors, whose errors have a known structure."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.pairs import Pair, measured, method_of, supervisor_of
from outgrow.results.table import Group

STRUCTURES = (
    "random", "class_conditional", "feature_dependent", "spurious", "adversarial", "longest", "mixed", "simulable",
)  # fmt: skip


def taught_by(study: Study, *names: str, method: str = "naive", gap: bool = True) -> list[Pair]:
    """Results of students of simulated supervisors by name, measured on the same seeds and rows.

    Args:
        gap: only those whose ceiling is clearly better than the supervisor. That a student is at chance is no reason to
            leave it out here: of some structures, that is what is to be found.
    """
    found = [g for g in study.groups if supervisor_of(g) in names and method_of(g) == method]
    pairs = measured(study, [g for g in found if g.verdict not in ("failed", "undefined", "few-groups")])
    return [one for one in pairs if not gap or has_gap(one)]


def has_gap(pair: Pair) -> bool:
    """Whether the ceiling is clearly better than the supervisor."""
    return ((pair["ceiling"] - pair["weak"]).estimate().low or 0) > 0


def side_by_side(study: Study, one: str, other: str, *, method: str = "naive") -> Iterator[tuple[Pair, Pair]]:
    """Students of the same model, of two supervisors with errors at the same rate."""
    pairs = taught_by(study, one, other, method=method)
    for a in pairs:
        for b in pairs:
            same = a.group.strong == b.group.strong and rate_of(a.group) == rate_of(b.group)
            if same and supervisor_of(a.group) == one and supervisor_of(b.group) == other:
                yield a, b


def rate_of(group: Group) -> float:
    """The rate of errors that the supervisor was made with."""
    return float(option(group, "rate", 0.1))


def option(group: Group, name: str, otherwise: float) -> float:
    """A number among the supervisor's options."""
    value = (group.settings.get("weak") or {}).get(name, otherwise)
    return float(value) if isinstance(value, (int, float)) else otherwise
