"""Which of many results a figure shows: those with the highest and the lowest student scores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from outgrow.results.table import Group

ROWS = 12  # of a dot plot, when results are too many for a panel per pair
PANELS = 6  # of a figure


def chosen(groups: Sequence[Group], most: int) -> tuple[list[Group], str]:
    """At most so many groups, and in words what is left out; all in their own order, or some from the highest down."""
    if len(groups) <= most:
        return list(groups), ""
    ranked = sorted(groups, key=lambda g: g.student.value if g.student else float("-inf"), reverse=True)
    return [*ranked[: most // 2], *ranked[len(ranked) - most // 2 :]], _left_out(len(groups), most // 2, "results")


def chosen_methods(groups: Sequence[Group], most: int) -> tuple[list[str], str]:
    """At most so many methods, in the order they come, or by the mean score of their students."""
    methods = list(dict.fromkeys(g.method for g in groups))
    if len(methods) <= most:
        return methods, ""

    def mean(method: str) -> float:
        found = [g.student.value for g in groups if g.method == method and g.student]
        return fmean(found) if found else float("-inf")

    ranked = sorted(methods, key=mean, reverse=True)
    return [*ranked[: most // 2], *ranked[len(ranked) - most // 2 :]], _left_out(
        len(methods), most // 2, "methods and settings"
    )


def _left_out(there: int, each: int, what: str) -> str:
    return (
        f"Of {there} {what}, the figure shows the {each} with the highest and the {each} with the lowest student "
        "scores; all are in the table."
    )
