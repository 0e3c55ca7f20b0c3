"""Who labelled: a sentence about the weak supervisor, from what the settings of a result say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from outgrow.config import from_tables
from outgrow.errors import OutgrowError
from outgrow.report.svg import esc
from outgrow.results.table import Group

TERMS = {
    "model": "a small model, trained on true answers of its own examples, that labels the transfer examples",
    "untrained": "a small model that was pretrained on this very task and labels the transfer examples as it is",
    "labels": "the labels of the transfer examples that were read from a file; people or programs made them",
    "ensemble": "several supervisors that label the transfer examples; a rule combines their answers",
    "simulated": "a simulated supervisor, whose errors are made on purpose, for what they do to the student",
    "other": "whoever labels the transfer examples",
}

NAMED = ("labels", "ensemble")


def kind_of(g: Group) -> str:
    """One of TERMS; `other` is true of everybody, and what cannot be read back here is taken for it."""
    name = g.settings.get("weak", {}).get("model")
    if name in NAMED:
        return str(name)
    try:
        weak = from_tables(g.settings, name=g.experiment, seed=0).weak
    except (OutgrowError, ValueError, TypeError, KeyError, AttributeError):
        return "other"
    if weak.name != "model":
        return "simulated" if weak.simulated else "other"
    return "untrained" if any(g.task in model.supervises_untrained for model in weak.models) else "model"


def kinds_of(groups: Sequence[Group]) -> list[str]:
    """The kinds of their supervisors, each once."""
    first = {(g.task, repr(g.settings.get("weak")), g.n_supervisor > 0): g for g in groups}
    return list(dict.fromkeys(kind_of(g) for g in first.values()))


def term(groups: Sequence[Group]) -> str:
    """What "weak supervisor" means on this page."""
    return "; or ".join(TERMS[kind] for kind in kinds_of(groups))


def noun(groups: Sequence[Group]) -> str:
    """What scores as the supervisor, as HTML: `the supervisor`, or `the file's labels`."""
    return "labels of the file" if kinds_of(groups) == ["labels"] else "supervisor"


def labelled(groups: Sequence[Group]) -> str:
    """How the weak labels of these results, which share their supervisor, came about, as HTML."""
    g = groups[0]
    weak = g.settings.get("weak", {})
    kind, name, task = kind_of(g), f"<strong>{esc(g.weak)}</strong>", f"<em>{esc(g.task)}</em>"
    n = span([g.n_transfer for g in groups])
    truth = f"{span([g.n_supervisor for g in groups])} examples with true answers"
    if kind == "labels":
        return (
            f"The weak labels of {n} examples of {task} were read from a file{_file(weak)}: people or programs made "
            "them, mistakes included."
        )
    if kind == "untrained":
        return f"A small model, {name}, can do {task} as it is. It labelled {n} examples, mistakes included."
    if kind == "model":
        return (
            f"A small model, {name}, learned {task} from {truth}. It then labelled {n} other examples, mistakes "
            "included."
        )
    if kind == "ensemble":
        rule = weak.get("rule", {})
        rule = esc(rule.get("name", rule) if isinstance(rule, Mapping) else rule)
        learned = f"Those that are models learned {task} from {truth}." if _trains(weak) else f"The task is {task}."
        return (
            f"Several supervisors, {_members(weak)}, labelled {n} examples, mistakes included; the rule "
            f"<em>{rule}</em> makes one answer of theirs. {learned}"
        )
    if kind == "simulated":
        return (
            f"A <em>simulated supervisor</em>, {name}, labelled {n} examples of {task}. Some or all of its errors were "
            "made on purpose: what a student makes of them tells of such errors, and of no real supervisor."
        )
    learned = f" {truth} were set apart for it." if any(g.n_supervisor for g in groups) else ""
    return f"The supervisor {name} labelled {n} examples of {task}, mistakes included.{learned}"


def span(numbers: Sequence[int]) -> str:
    """`500`, or `100 to 500`."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _file(weak: Mapping[str, Any]) -> str:
    path = weak.get("path")
    return f", <code>{esc(PurePath(path).name)}</code>" if isinstance(path, str) and path else ""


def _members(weak: Mapping[str, Any]) -> str:
    found = _listed(weak)
    counts = Counter(_member(one) for one in found)
    words = [f"{count} times {name}" if count > 1 else name for name, count in counts.items()]
    said = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) or "members not recorded"
    ways = {"parts": ", each trained on its own part of the true answers", "sizes": ", in sizes up to it"}
    return said + ways.get(str(weak.get("by")), "")


def _listed(weak: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tables of the members."""
    members = weak.get("members", [])
    if isinstance(members, int):
        members = [weak.get("of")] * min(members, 1_000)
    return [one if isinstance(one, Mapping) else {"model": one} for one in members]


def _member(one: Mapping[str, Any]) -> str:
    kind = one.get("model")
    if kind == "labels":
        return f"a file of labels{_file(one)}"
    if kind == "ensemble":
        return f"an ensemble ({_members(one)})"
    return f"<strong>{esc(one.get('model'))}</strong>"


def _trains(weak: Mapping[str, Any]) -> bool:
    return any(
        _trains(one) if one.get("model") == "ensemble" else one.get("model") != "labels" for one in _listed(weak)
    )
