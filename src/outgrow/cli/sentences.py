"""Results in sentences that a newcomer understands, as few as a study needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outgrow.plain import counted
from outgrow.results.columns import in_order
from outgrow.results.layout import told_once
from outgrow.results.shown import group_cells, pgr, score
from outgrow.results.table import Group, Interval

EACH = 4  # results of one experiment that are told one by one
EXPERIMENTS = 6  # that are told
REASONS = 3  # for which results failed


def summary(groups: Sequence[Group]) -> list[str]:
    """A few paragraphs on any number of results; the table has all of them.

    Of each experiment the smallest supervisor with the largest student, one paragraph a method; where these are many,
    the best and the worst.
    """
    names = list(dict.fromkeys(group.experiment for group in in_order(groups)))
    found = []
    for name in names[:EXPERIMENTS]:
        found += _experiment([group for group in in_order(groups) if group.experiment == name], len(names) > 1)
    if left := names[EXPERIMENTS:]:
        shown = ", ".join(left[:EXPERIMENTS]) + (", ..." if len(left) > EXPERIMENTS else "")
        found.append(f"{counted(len(left), 'more experiment')} in the table: {shown}")
    return found


def _experiment(groups: list[Group], named: bool) -> list[str]:
    label = dict(zip(map(id, groups), _labels(groups), strict=True))
    failed = [group for group in groups if group.verdict == "failed"]
    done = [group for group in groups if group.verdict != "failed"]
    start = f"{groups[0].experiment}: " if named else ""
    pair = [one for one in done if one.weak_cost == min(some.weak_cost for some in done)]
    pair = [one for one in pair if one.strong_cost == max(some.strong_cost for some in pair)]
    found = []
    if len(pair) <= EACH:
        found += [start + sentences(group) for group in pair]
    if len(done) > len(pair) or len(pair) > EACH:
        found.append(start + _overview(done, pair, label))
    by: dict[str, list[Group]] = {}
    for group in failed:
        by.setdefault(group.why, []).append(group)
    for why, some in list(by.items())[:REASONS]:
        more = f", and {len(some) - 1} more like it," if len(some) > 1 else ""
        found.append(f"{start}{label[id(some[0])]}{more} failed: {why}")
    if (left := len(by) - REASONS) > 0:
        found.append(f"{start}{counted(left, 'more reason')} below the table and in `outgrow results`.")
    return found


def _overview(done: list[Group], pair: list[Group], label: dict[int, str]) -> str:
    counts = {
        verdict: sum(one.verdict == verdict for one in done) for verdict in dict.fromkeys(one.verdict for one in done)
    }
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    text = f"The table has {len(done)} results, by verdict {verdicts}."
    if len(pair) <= EACH:
        text += " The sentences above are about the smallest supervisor with the largest student."
    known = [one for one in done if one.pgr is not None]
    if len(known) < 2:
        return text
    ranked = sorted(known, key=lambda one: one.pgr.value if one.pgr else 0.0)
    for word, one in (("Most", ranked[-1]), ("Least", ranked[0])):
        roles = [score(at, share=one.share) for at in (one.weak_score, one.student, one.ceiling)]
        text += (
            f" {word} of the gap was recovered by {label[id(one)]}: PGR {pgr(one.pgr)}, weak {roles[0]}, "
            f"student {roles[1]}, ceiling {roles[2]}."
        )
    text += " The best of so many looks a little better than it is: nothing corrects for the choice."
    return text + _against_untrained(done, label)


def _against_untrained(done: list[Group], label: dict[int, str]) -> str:
    """Which students are clearly better, and which worse, than their own models before they learned anything."""
    text = ""
    for way, word in ((1, "better"), (-1, "worse")):
        if some := [label[id(one)] for one in done if one.gained == way]:
            others = f" and {len(some) - 1} more" if len(some) > 1 else ""
            text += f" Clearly {word} than the same model untrained: {some[0]}{others}."
    return text


def _labels(groups: list[Group]) -> list[str]:
    """Each result in a few words that no other one has."""
    cells = group_cells(groups)
    table, _ = told_once(cells, measured=False)
    skip = {"experiment", "weak", "strong", "method", "seeds", *cells.measured}
    found = []
    for group, row in zip(groups, table.rows, strict=True):
        more = [f"{name} {text}" for name, text in zip(table.names, row, strict=True) if name not in skip]
        found.append(", ".join([f"{group.weak} -> {group.strong} with {group.method}", *more]))
    return found


def sentences(group: Group) -> str:
    """Two or three sentences that a newcomer understands."""
    if group.verdict == "failed":
        return f"{group.weak} -> {group.strong} with {group.method} failed: {group.why}"
    seeds, lost = counted(len(group.seeds), "seed"), len(group.asked_seeds) - len(group.seeds)
    others = f" {counted(lost, 'other seed')} failed." if lost else ""
    weak, student, ceiling = (_score(one, group) for one in (group.weak_score, group.student, group.ceiling))
    text = f"{_supervisor(group, weak)} {_student(group, student, ceiling)} "
    if group.pgr is None:
        return text + f"PGR must not be read here ({group.verdict}): {group.why}.{others}"
    text += (
        f"So it recovered {100 * group.pgr.value:.0f} % of the gap (95 % interval {100 * group.pgr.low:.0f} to "
        f"{100 * group.pgr.high:.0f} %, {seeds}, {group.n_test:,} test examples)."
    )
    if len(group.seeds) == 1:
        text += " This is one seed: how much another would differ is unknown."
    text += others
    if group.zero_shot is not None:
        text += f" Untrained it got {score(group.zero_shot, share=group.share)}"
        if group.gained > 0:
            text += "."
        elif group.gained < 0:
            text += ": its supervisor's errors made it worse than it was."
        else:
            text += ", so whether it learned anything from its supervisor is not clear."
    return text


def _score(at: Interval | None, group: Group) -> str:
    return "no score" if at is None else score(at, share=group.share)


def _supervisor(group: Group, weak: str) -> str:
    """Who labelled, and how well: people and programs are no model, and several models are no single one."""
    right = "of the test examples right" if group.metric == "accuracy" else f"in {group.metric} on the test examples"
    right += "" if group.larger_is_better else " (smaller is better)"
    table = group.settings.get("weak", {})
    kind = table.get("model")
    if kind == "labels":
        file = Path(str(table.get("path", ""))).name or "a file"
        return f"The weak labels in {file}, given by people or a program, get {weak} {right}."
    if kind == "ensemble":
        return f"The weak supervisor, an ensemble ({group.weak}), gets {weak} {right}."
    return f"The weak supervisor {group.weak} gets {weak} {right}."


def _student(group: Group, student: str, ceiling: str) -> str:
    its = "these labels" if group.settings.get("weak", {}).get("model") == "labels" else "its labels"
    table: Any = group.settings.get("method", {})
    if isinstance(table, dict) and table.get("name") == "few_shot":  # nothing is trained
        return (
            f"With some of {its} as examples in the prompt ({group.method!r}), {group.strong} gets {student}; with "
            f"true answers there, its ceiling, {ceiling}."
        )
    if group.n_ground_truth:
        known = f"the ground truth of {counted(group.n_ground_truth, 'row')}"
        only = isinstance(table, dict) and table.get("name") == "gt_only"
        its = f"{known} and nothing else" if only else f"{its} and {known}"
    return (
        f"Trained on {its} by {group.method!r}, {group.strong} gets {student}; trained on ground truth, its ceiling, "
        f"{ceiling}."
    )
