"""Numbers and names as words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from outgrow.results.table import Group, Interval

DASH = "\u2014"
CHARACTER = 7.1  # mean width of a character in pixels, at the 12 that labels of figures are set in

METRICS = {  # where the name in words is more than the name with spaces
    "auroc": "AUROC",
    "brier": "Brier score",
    "macro_f1": "macro F1",
    "top5_accuracy": "top-5 accuracy",
}


def percent(value: float | None, digits: int = 1) -> str:
    """0.4531 as `45.3 %`, or a dash."""
    return DASH if value is None else f"{100 * value:.{digits}f}\u202f%".replace("-", "\u2212")


def tick_percent(value: float) -> str:
    """0.45 as `45 %`, with a decimal only where it needs one."""
    return f"{100 * value:.4g}\u202f%"


def number(value: float) -> str:
    """Three decimals with a true minus sign."""
    return f"{value:.3f}".replace("-", "\u2212")


def tick_number(value: float) -> str:
    """0.45 as it is, with a true minus sign."""
    return f"{value:.4g}".replace("-", "\u2212")


def ratio(value: float) -> str:
    """Two decimals with a true minus sign."""
    return f"{value:.2f}".replace("-", "\u2212")


def score(at: Interval | None, *, share: bool = True) -> str:
    """A score and its interval: `45.3 % [44.0, 46.6]`; one that is no share of anything: `0.453 [0.440, 0.466]`."""
    if at is None:
        return DASH
    if share:
        return percent(at.value) + ends(at, lambda end: f"{100 * end:.1f}")
    return number(at.value) + ends(at, number)


def ends(at: Interval, show: Callable[[float], str]) -> str:
    """` [low, high]`; nothing where the ends are not known."""
    return "" if at.low is None or at.high is None else f" [{show(at.low)}, {show(at.high)}]"


def recovered(at: Interval | None) -> str:
    """A PGR and its interval: `0.53 [0.45, 0.61]`."""
    return DASH if at is None else ratio(at.value) + ends(at, ratio)


def quantity(value: float) -> str:
    """A count with its unit prefix: `1.2M`."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def metric_name(group: Group) -> str:
    """The metric as words."""
    return METRICS.get(group.metric, group.metric.replace("_", " "))


def direction(group: Group) -> str:
    """What to know of the metric besides its name: nothing, or which way is better."""
    return "" if group.larger_is_better else ", smaller is better"


def pair_of(group: Group) -> tuple[str, str]:
    """The supervisor's and the student's model."""
    return group.weak, group.strong


def headline(groups: Sequence[Group]) -> list[Group]:
    """The groups of the smallest supervisor with its largest student: the widest gap that was tried."""
    best = min(groups, key=lambda group: (group.weak_cost, -group.strong_cost))
    return [group for group in groups if pair_of(group) == pair_of(best)]


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names without the beginning and the end that all share, cut between words, so that a figure has room for them."""
    words = {name: [word for word in re.split(r"(?<=[-_/. ])|(?=[\[ ])", name) if word] for name in names}
    for drop_first in (True, False):
        while len(words) > 1 and min(map(len, words.values())) > 1:
            if len({some[0 if drop_first else -1] for some in words.values()}) > 1:
                break
            words = {name: some[1:] if drop_first else some[:-1] for name, some in words.items()}
    return {name: "".join(some).strip() for name, some in words.items()}


def shorten(text: str, characters: int) -> str:
    """The text, cut in the middle to at most so many characters."""
    if len(text) <= characters:
        return text
    head = (characters - 1) * 2 // 3
    return f"{text[:head]}\u2026{text[len(text) - (characters - 1 - head) :]}"
