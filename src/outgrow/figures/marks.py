"""What the figures share: from groups to lines, marks and rows, each with its colour, shape and tooltip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from outgrow.figures.axes import Axis, log_axis
from outgrow.figures.charts import SHAPES, Dot, Mark, Series
from outgrow.figures.palette import TONES
from outgrow.figures.words import pair_of, quantity, recovered, score, short_names, shorten
from outgrow.results.table import Group, Interval

SIZE = "multiply-accumulates per forward pass"


def unique(values: Iterable[str]) -> list[str]:
    """Each value once, in the order they come."""
    return list(dict.fromkeys(values))


def has_sizes(groups: Sequence[Group]) -> bool:
    """Whether students of several sizes were tried, so that a line against size means something."""
    return len({group.strong_cost for group in groups}) > 1


def by_cost(groups: Sequence[Group]) -> list[str]:
    """The supervisors, smallest first."""
    return unique(g.weak for g in sorted(groups, key=lambda g: (g.weak_cost, g.weak)))


def weak_series(groups: Sequence[Group], method: str, make: Callable[[Group], Mark | None]) -> list[Series]:
    """One line per supervisor for a method, in its own colour and shape in all panels; it may have no marks."""
    out = []
    for k, weak in enumerate(by_cost(groups)):
        marks = [made for g in groups if (g.weak, g.method) == (weak, method) and (made := make(g))]
        tone, dash = f"s{k % len(TONES)}", "" if k < len(TONES) else "6 2"
        form = SHAPES[k % len(SHAPES)]
        out.append(Series(label=f"from {weak}", marks=marks, tone=tone, shape=form, dash=dash, aside=True))
    return out


def size_axis(groups: Sequence[Group], *, supervisors: bool = False) -> Axis:
    """An axis of model sizes that holds every student, and the supervisors too if asked."""
    costs = [g.strong_cost for g in groups] + [g.weak_cost for g in groups if supervisors]
    return log_axis(costs, SIZE, quantity)


def model_names(groups: Sequence[Group]) -> list[tuple[float, str]]:
    """Where each student model lies on the size axis."""
    short = short_names(unique(g.strong for g in groups))
    return sorted({(g.strong_cost, shorten(short[g.strong], 14)) for g in groups})


def place_of(g: Group) -> str:
    """A group in words: supervisor, student, method."""
    return f"{g.weak} \u2192 {g.strong}, {g.method}"


def mark(g: Group, at: Interval | None, what: str, *, share: bool = True) -> Mark | None:
    """A score at the size of the student, with its interval; None where there is no score."""
    if at is None:
        return None
    title = f"{place_of(g)}: {what} {score(at, share=share)}"
    return Mark(x=g.strong_cost, y=at.value, low=at.low, high=at.high, title=title)


def per_model(groups: Sequence[Group], role: str) -> list[Mark]:
    """One mark per strong model, for a score that depends on the model alone: the first group that has it gives it."""
    found: dict[str, Mark] = {}
    for g in groups:
        at = g.ceiling if role == "ceiling" else g.zero_shot
        if at is not None and g.strong not in found:
            title = f"{g.strong}: {role} {score(at, share=g.share)}"
            found[g.strong] = Mark(x=g.strong_cost, y=at.value, low=at.low, high=at.high, title=title)
    return list(found.values())


def supervisor_ticks(groups: Sequence[Group], lines: Sequence[Series]) -> list[Series]:
    """Each supervisor's own score, a short bar at its own size in the colour of its students' line."""
    out = []
    for series, weak in zip(lines, by_cost(groups), strict=True):
        g = next((g for g in groups if g.weak == weak and g.weak_score is not None), None)
        if g is not None and g.weak_score is not None:
            title = f"{weak}, the supervisor itself: {score(g.weak_score, share=g.share)}"
            at = Mark(x=g.weak_cost, y=g.weak_score.value, title=title)
            out.append(Series(label=weak, marks=[at], tone=series.tone, shape="bar", joined=False))
    return out


def row_label(g: Group, among: Sequence[Group]) -> str:
    """What tells a row of a dot plot: the method, and the models where there are several pairs."""
    return place_of(g) if len(unique_pairs(among)) > 1 else g.method


def unique_pairs(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Pairs of supervisor and student, in the order of the groups."""
    return list(dict.fromkeys(pair_of(g) for g in groups))


def dot(label: str, at: Interval | None, tone: str, shape: str, *, share: bool = True) -> Dot:
    """A score in a dot plot; words alone where there is no score."""
    words = score(at, share=share)
    title = f"{label}: {words}"
    if at is None:
        return Dot(label=label, value=None, words=words, title=title, tone=tone)
    return Dot(label=label, value=at.value, low=at.low, high=at.high, words=words, title=title, tone=tone, shape=shape)


def pgr_dot(g: Group, label: str) -> Dot:
    """PGR in a dot plot; the verdict in its place where it must not be read."""
    if g.pgr is None or g.verdict != "ok":
        return Dot(label=label, value=None, words=f"no PGR: {g.verdict}", title=pgr_mark(g).title)
    words, title = recovered(g.pgr), pgr_mark(g).title
    return Dot(label=label, value=g.pgr.value, low=g.pgr.low, high=g.pgr.high, words=words, title=title)


def pgr_mark(g: Group) -> Mark:
    """PGR at the size of the student; a mark without a value where it must not be read."""
    if g.pgr is None or g.verdict != "ok":
        why = f" ({g.why})" if g.why else ""
        return Mark(x=g.strong_cost, y=None, title=f"{place_of(g)}: no PGR, {g.verdict}{why}")
    return Mark(
        x=g.strong_cost, y=g.pgr.value, low=g.pgr.low, high=g.pgr.high, title=f"{place_of(g)}: PGR {recovered(g.pgr)}"
    )
