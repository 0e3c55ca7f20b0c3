"""The lead: what was found, in plain words, for someone new to it. Short, however many results there are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median

from outgrow.figures.apart import varied
from outgrow.figures.words import direction, headline, metric_name, pair_of, percent, ratio, score
from outgrow.plain import counted
from outgrow.report.svg import esc
from outgrow.report.teachers import labelled, noun, span
from outgrow.results.table import Group

VERDICTS = {
    "ok": "the gap is clearly above zero, and its recovered share can be read",
    "no-gap": "the ceiling is not clearly better than the supervisor, so there is no gap to recover",
    "collapsed": "a role gives one class to every test example, so its score says nothing about learning",
    "chance": "a role is not clearly better than chance, so there is nothing to compare",
    "undefined": "a role's score does not exist on these test examples",
    "few-groups": "the test examples come in so few groups that nothing is certain",
    "failed": "a step failed, so a score is missing",
}
FINDINGS = 6  # results that the lead speaks of one by one


def lead(groups: Sequence[Group]) -> str:
    """What one experiment found: of one pair result by result, of many results by what they have in common."""
    pair = headline(groups)
    alike = len({(g.n_supervisor, g.n_transfer, g.n_test, _key(g)) for g in pair}) == 1
    if len(pair) == len(groups) and alike and len(groups) <= FINDINGS:
        return "\n".join([_who(pair), _scores(pair), *_list(pair)])
    out = [_who(pair) if len(pair) == len(groups) else _several(groups), _over_all(groups)]
    if len(pair) < len(groups) and alike and len(pair) <= FINDINGS:
        weak, strong = map(esc, pair_of(pair[0]))
        out.append(f"<p>The smallest supervisor with its largest student, {weak} \u2192 {strong}:</p>")
        out += [_scores(pair), *_list(pair)]
    return "\n".join(out)


def _key(g: Group) -> tuple[float | None, ...]:
    """What results share whose supervisor and ceiling are the same."""
    return tuple(round(at.value, 9) if at else None for at in (g.weak_score, g.ceiling))


def _who(pair: Sequence[Group]) -> str:
    """Who taught whom."""
    g = pair[0]
    times = g.strong_cost / g.weak_cost if g.weak_cost > 0 else math.nan
    about = f"{times:.2g}" if times < 100 else f"{times:,.0f}"
    larger = f", a model about {about} times as costly to run," if times > 1.5 else ""
    return (
        f"<p>{labelled(pair)} <strong>{esc(g.strong)}</strong>{larger} learned from those labels{_budget(pair)}. Does "
        "the student only copy its supervisor, or does it do better than it was taught?</p>"
    )


def _several(groups: Sequence[Group]) -> str:
    """An experiment with several pairs of models."""
    weak, strong = ({getattr(g, role) for g in groups} for role in ("weak", "strong"))
    pairs = len({pair_of(g) for g in groups})
    one = {len(weak): labelled(groups)}.get(1)
    who = one or (
        f"{len(weak)} weak supervisors labelled examples of <em>{esc(groups[0].task)}</em> "
        f"({span([g.n_transfer for g in groups])}), mistakes included."
    )
    students = f"<strong>{esc(groups[0].strong)}</strong>" if len(strong) == 1 else f"{len(strong)} student models"
    return (
        f"<p>{who} In {pairs} pairs, {students} learned from such labels{_budget(groups)}. Does a student only copy "
        "its supervisor, or does it do better than it was taught?</p>"
    )


def _budget(groups: Sequence[Group]) -> str:
    """From what else students learned."""
    known = [g.n_ground_truth for g in groups if g.n_ground_truth]
    if not known:
        return " alone"
    return (
        f"; by some methods also from the true answers of {span(known)} of these examples, a budget that they declare"
    )


def _scores(pair: Sequence[Group]) -> str:
    """What supervisor, ceiling and untrained student score."""
    g = pair[0]
    seeds = max(len(group.seeds) for group in pair)
    return (
        f"<p>On {g.n_test:,} test examples ({esc(metric_name(g))}{direction(g)}, {seeds} seed{'s' * (seeds != 1)}) the "
        f"{noun(pair)} score{'s' * (noun(pair) == 'supervisor')} "
        f"<strong>{score(g.weak_score, share=g.share)}</strong>. The ceiling, <strong>{esc(g.strong)}</strong> trained "
        "on the true answers of the same examples, "
        f"scores <strong>{score(g.ceiling, share=g.share)}</strong>. {untrained(g)}</p>"
    )


def _over_all(groups: Sequence[Group]) -> str:
    """What many results have in common."""
    counts = Counter(g.verdict for g in groups)
    listed = ", ".join(f"{count} <code>{esc(name)}</code>" for name, count in counts.items())
    g, read = groups[0], [g for g in groups if g.verdict == "ok" and g.pgr is not None]
    seeds = span([len(g.seeds) for g in groups])
    name, tests = f"{esc(metric_name(g))}{direction(g)}", span([g.n_test for g in groups])
    out = [
        f"There are {len(groups)} results ({name}; {tests} test examples, {seeds} seed{'s' * (seeds != '1')} each). "
        f"{_varied(groups)}Verdicts: {listed}."
    ]
    pgr = {id(g): g.pgr for g in read if g.pgr is not None}
    if read:
        values = sorted(at.value for at in pgr.values())
        best = max(read, key=lambda g: pgr[id(g)].value)
        at = pgr[id(best)]
    if len(read) == 1:
        out.append(
            f'The gap can be read in one, {_named(best, groups)}: the share recovered (PGR) is <strong class="big">'
            f"{ratio(at.value)}</strong>, 95&nbsp;% interval {ratio(at.low)} to {ratio(at.high)}."
        )
    elif read:
        above, below = sum(at.low > 0 for at in pgr.values()), sum(at.high < 0 for at in pgr.values())
        out.append(
            f'Where the verdict is <code>ok</code>, the share of the gap recovered (PGR) is <strong class="big">'
            f"{ratio(median(values))}</strong> in the median, from {ratio(values[0])} to {ratio(values[-1])}. "
            f"The student is clearly better than its supervisor in {above} of these {len(read)}"
            f"{f', and clearly worse in {below}' if below else ''}."
        )
        out.append(
            f"The highest is {_named(best, groups)}: {ratio(at.value)}, 95&nbsp;% interval {ratio(at.low)} to "
            f"{ratio(at.high)}. The highest of {len(read)} is in part luck: expect less of it on new seeds."
        )
    else:
        out.append("No PGR is given: the verdict is <code>ok</code> for none of them.")
    compared = [g.gained for g in groups if g.zero_shot is not None and g.gain is not None]
    harmed, unsure = compared.count(-1), compared.count(0)
    text = " ".join(out)
    told = [(how, count) for how, count in (("worse", harmed), ("not clearly better", unsure)) if count]
    if told:
        (how, count), *more = told
        text += f' <span class="caution">Caution: the student scores {how} than its model did before training in '
        text += ", and ".join([counted(count, "result"), *(f"{how} in {count}" for how, count in more)]) + ".</span>"
    return f"<p>{text}</p>"


def _varied(groups: Sequence[Group]) -> str:
    """What the results differ in, besides their models."""
    methods = len({g.settings.get("method", {}).get("name") if isinstance(g.settings.get("method"), dict)
                   else str(g.settings.get("method")) for g in groups})  # fmt: skip
    found = [f"{esc(name)} ({count} values)" for name, count in varied(groups).items()][:4]
    found += [f"method ({methods})"] if methods > 1 else []
    if not found:
        return ""
    return f"They differ in {' and '.join([', '.join(found[:-1]), found[-1]] if len(found) > 1 else found)}. "


def _named(g: Group, among: Sequence[Group]) -> str:
    pair = f"{esc(g.weak)} \u2192 {esc(g.strong)}, " if len({pair_of(one) for one in among}) > 1 else ""
    return f"<strong>{pair}{esc(g.method)}</strong>"


def _list(pair: Sequence[Group]) -> list[str]:
    return ['<ul class="findings">', *(f"<li>{finding(g)}</li>" for g in pair), "</ul>"]


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
