"""Numbers and names as words, and the lead paragraph: what was found, for someone new to it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from outgrow.report.svg import esc
from outgrow.results.table import Group, Interval

DASH = "\u2014"

METRICS = {  # where the name in words is more than the name with spaces
    "auroc": "AUROC",
    "brier": "Brier score",
    "macro_f1": "macro F1",
    "top5_accuracy": "top-5 accuracy",
}
VERDICTS = {
    "ok": "the gap is clearly above zero, and its recovered share can be read",
    "no-gap": "the ceiling is not clearly better than the supervisor, so there is no gap to recover a share of",
    "collapsed": "a role predicts one class for nearly everything, so its score says nothing about learning",
    "chance": "a role's accuracy is no better than chance, so there is nothing to compare",
    "undefined": "a role's score does not exist on these test examples",
    "few-groups": "the test examples come in so few groups that nothing is certain",
    "failed": "a step failed, so a score is missing",
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


def lead(groups: Sequence[Group]) -> str:
    """The headline pair in plain words, with what to be careful about."""
    pair = headline(groups)
    g = pair[0]
    weak, strong = f"<strong>{esc(g.weak)}</strong>", f"<strong>{esc(g.strong)}</strong>"
    times = g.strong_cost / g.weak_cost if g.weak_cost > 0 else math.nan
    larger = f", a model about {times:.2g} times as costly to run," if 1.5 < times < 100 else ""
    larger = f", a model about {times:,.0f} times as costly to run," if times >= 100 else larger
    seeds = max(len(group.seeds) for group in pair)
    out = [
        f"<p>A small model, {weak}, learned <em>{esc(g.task)}</em> from {g.n_supervisor:,} examples with true answers. "
        f"It then labelled {g.n_transfer:,} other examples, mistakes included, and {strong}{larger} learned from those "
        "labels alone. Does the student only copy its supervisor, or does it do better than it was taught?</p>",
        f"<p>On {g.n_test:,} test examples ({esc(metric_name(g))}{direction(g)}, {seeds} seed{'s' * (seeds != 1)}) the "
        "supervisor scores "
        f"<strong>{score(g.weak_score, share=g.share)}</strong>. The ceiling, {strong} trained on the true answers of "
        "the same examples, "
        f"scores <strong>{score(g.ceiling, share=g.share)}</strong>. {untrained(g)}</p>",
        '<ul class="findings">',
    ]
    out += [f"<li>{finding(group)}</li>" for group in pair]
    out.append("</ul>")
    if len(groups) > len(pair):
        counts = {v: sum(group.verdict == v for group in groups) for v in dict.fromkeys(x.verdict for x in groups)}
        listed = ", ".join(f"{count} <code>{esc(name)}</code>" for name, count in counts.items())
        pairs = len({pair_of(group) for group in groups})
        out.append(
            "<p>This is the smallest supervisor with the largest student that was tried. In all there are "
            f"{len(groups)} results over {pairs} pair{'s' * (pairs != 1)} of models; their verdicts: {listed}.</p>"
        )
    return "\n".join(out)


def untrained(g: Group) -> str:
    """What the student's model scores before training."""
    if g.zero_shot is None:
        return f"There is no zero-shot score: untrained, {esc(g.strong)} cannot do this task, or was not asked to."
    return (
        f"Before any training (zero-shot), {esc(g.strong)} scores <strong>{score(g.zero_shot, share=g.share)}</strong>."
    )


def finding(g: Group) -> str:
    """One method's result for one pair, and every reason not to take it at face value."""
    out = [f"<strong>{esc(g.method)}</strong>: "]
    out.append(
        f"the student scores {score(g.student, share=g.share)}. " if g.student else "there is no student score. "
    )
    if g.pgr is not None and g.verdict == "ok":
        out.append(
            f'It recovers <strong class="big">{percent(g.pgr.value, 0)}</strong> of the gap between supervisor '
            "and ceiling "
            f"(PGR {ratio(g.pgr.value)}, 95&nbsp;% interval {ratio(g.pgr.low)} to {ratio(g.pgr.high)}). "
        )
        if g.pgr.high < 0:
            out.append("Below zero: the student is worse than its supervisor. ")
        elif g.pgr.low <= 0:
            out.append("The interval includes zero: the student is not clearly better than its supervisor. ")
        elif g.pgr.low > 1:
            out.append("Above one: the student does better than the same model trained on true answers. ")
    else:
        meaning = VERDICTS.get(g.verdict, "the share of the gap cannot be read")
        why = f" ({esc(g.why)})" if g.why else ""
        out.append(f"No PGR is given, verdict <code>{esc(g.verdict)}</code>: {meaning}{why}. ")
    if g.student is not None and g.zero_shot is not None and g.gained <= 0:
        if g.gained < 0:
            caution = "the student scores worse than its model did before training; the training did harm."
        else:
            caution = (
                "the student is not clearly better than its model was before training (their intervals overlap); "
                "it may have learned nothing from its supervisor."
            )
        out.append(f'<span class="caution">Caution: {caution}</span>')
    return "".join(out).strip()
