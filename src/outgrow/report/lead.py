"""The lead: what was found, in plain words, for someone new to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from outgrow.figures.words import direction, headline, metric_name, pair_of, percent, ratio, score
from outgrow.report.svg import esc
from outgrow.results.table import Group

VERDICTS = {
    "ok": "the gap is clearly above zero, and its recovered share can be read",
    "no-gap": "the ceiling is not clearly better than the supervisor, so there is no gap to recover a share of",
    "collapsed": "a role predicts one class for nearly everything, so its score says nothing about learning",
    "chance": "a role's accuracy is no better than chance, so there is nothing to compare",
    "undefined": "a role's score does not exist on these test examples",
    "few-groups": "the test examples come in so few groups that nothing is certain",
    "failed": "a step failed, so a score is missing",
}


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
                "the student is not clearly better than its model was before training (the interval of their "
                "difference includes zero); it may have learned nothing from its supervisor."
            )
        out.append(f'<span class="caution">Caution: {caution}</span>')
    return "".join(out).strip()
