"""The page: one self-contained HTML file with the lead, the figures, the table, and what made the numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from outgrow.analyses.base import Study, analyses, studies
from outgrow.artefacts import Artefacts
from outgrow.figures.marks import has_sizes
from outgrow.figures.words import DASH, direction, metric_name, number, pair_of, percent, quantity, ratio
from outgrow.report.lead import VERDICTS, lead
from outgrow.report.panels import panel
from outgrow.report.style import CSS
from outgrow.report.svg import esc
from outgrow.results.table import Group, Interval

FIRST = ("scores", "recovered", "agreement", "training")  # of the analyses; the others stand below, by name

# Nothing may be loaded from anywhere, and no script may run: what a name in the results contains cannot matter.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

TERMS = {
    "weak supervisor": "the small model, trained on true answers of its own examples; it labels the transfer examples",
    "student": "the larger pretrained model, trained on the transfer examples with the supervisor's labels",
    "ceiling": "the same larger model, trained on the same transfer examples with true answers",
    "zero-shot": "the student's model before any training, where it can do the task untrained",
    "PGR": "performance gap recovered, (student \u2212 weak) / (ceiling \u2212 weak), of scores: 0 is no better "
    "than the supervisor, "
    "1 as good as the ceiling; given only when the verdict is ok",
    "agreement": "share of test examples on which student and supervisor give the same answer; also split by whether "
    "the supervisor is right or wrong",
    "weak label accuracy": "share of the transfer examples that the supervisor labelled correctly",
}
FORMS = {"t": "t interval", "wilson": "Wilson's interval", "fieller": "Fieller's interval"}
STATISTICS = (
    "Every interval is a 95&nbsp;% interval. Seeds and groups of test examples are crossed random effects: a mean's "
    "variance is that between seeds plus that between groups (analysis of variance), with Satterthwaite's degrees of "
    "freedom; shares have Wilson's form, PGR has Fieller's; a score that is no mean enters by its influence values. "
    "Roles are compared on the same examples and seeds. With one seed the spread between seeds is unknown, and no "
    "interval holds it."
)


def render(
    groups: list[Group], *, title: str, failures: list[str] | None = None, store: Artefacts | None = None
) -> str:
    """One HTML page about the groups.

    It loads nothing and runs no script; all text from outside is escaped; equal input gives equal text.

    Args:
        groups: results pooled over seeds, of one experiment or several; may be empty.
        title: the page's heading.
        failures: what went wrong, one line each.
        store: where their answers lie, for analyses that need every one.
    """
    sections = studies(told_apart(groups), store)
    body = [f"<header><h1>{esc(title)}</h1>"]
    body.append(
        '<p class="under">Weak-to-strong generalization: what a strong model learns from a weaker one\'s '
        "labels.</p></header>"
    )
    if not groups:
        body.append(
            "<p>There are no results here yet. <code>outgrow run quickstart</code> makes some, and "
            "<code>outgrow list experiments</code> names what else can be run; then make this report again.</p>"
        )
    body += [problems(failures)] if failures else []
    body += [section(found, title=title, many=len(sections) > 1) for found in sections]
    body.append(reading() if groups else "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{esc(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{esc(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def section(study: Study, *, title: str, many: bool) -> str:
    """One experiment on one task: lead, panels, table, provenance."""
    groups, first = study.groups, study.groups[0]
    name = f"{first.experiment}: {first.task}, {metric_name(first)}" if many else first.experiment
    name = "What was found" if name == title else name
    layout = "figures" if has_sizes(groups) else "half"
    others = sorted(entry.name for entry in analyses if entry.name not in FIRST)
    panels = [panel(found) for one in (*FIRST, *others) if (found := analyses[one](study))]
    return "\n".join(
        [
            f"<section><h2>{esc(name)}</h2>",
            lead(groups),
            f'<div class="{layout}">',
            *panels,
            "</div>",
            "<h2>All results</h2>",
            table(groups),
            "<h2>Where the numbers come from</h2>",
            provenance(groups),
            "</section>",
        ]
    )


def problems(failures: Sequence[str]) -> str:
    """The steps that failed."""
    items = "".join(f"<li>{esc(failure)}</li>" for failure in failures)
    about = "These steps failed; what depends on them is missing below."
    return f'<section><h2>Failures</h2><p>{about}</p><ul class="prose">{items}</ul></section>'


def cell(at: Interval | None, show: Callable[[float], str]) -> str:
    """A mean with its interval below it."""
    if at is None:
        return f"<td>{DASH}</td>"
    if at.low is None or at.high is None:
        return f'<td title="n = {at.n:,}, no interval">{show(at.value)}</td>'
    low, high = (show(end).removesuffix("\u202f%") for end in (at.low, at.high))
    return f'<td title="n = {at.n:,}, {FORMS[at.form]}">{show(at.value)}<small>{low} to {high}</small></td>'


def table(groups: Sequence[Group]) -> str:
    """Every group: means, intervals, seeds, numbers of examples, verdict. Rows of a pair of models stand together."""
    heads = [
        "zero-shot",
        "weak",
        "weak label<br>accuracy",
        "student",
        "ceiling",
        "PGR",
        "agreement",
        "where weak<br>is right",
        "where weak<br>is wrong",
    ]
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    out = [
        '<div class="table" tabindex="0" role="region" aria-label="All results"><table><thead><tr>',
        f'<th scope="col" class="words">method</th>{top}',
        '<th scope="col" class="words">verdict</th></tr></thead>',
    ]
    blocks: dict[tuple[object, ...], list[Group]] = {}
    for g in sorted(groups, key=lambda g: (g.weak_cost, g.weak, g.strong_cost, g.strong)):
        blocks.setdefault((*pair_of(g), *g.seeds, g.n_supervisor, g.n_transfer, g.n_test), []).append(g)
    for rows in blocks.values():
        g = rows[0]
        seeds = f"seed{'s' * (len(g.seeds) != 1)} {', '.join(map(str, g.seeds))}"
        sizes = f"{quantity(g.weak_cost)} \u2192 {quantity(g.strong_cost)} multiply-accumulates"
        counts = f"examples: {g.n_supervisor:,} supervisor, {g.n_transfer:,} transfer, {g.n_test:,} test"
        about = f"<strong>{esc(g.weak)} \u2192 {esc(g.strong)}</strong> {esc(seeds)}; {counts}; {sizes}"
        out.append(f'<tbody><tr><th colspan="{len(heads) + 2}" class="pair"><span>{about}</span></th></tr>')
        for g in rows:
            show = percent if g.share else number
            cells = [
                cell(g.zero_shot, show),
                cell(g.weak_score, show),
                f"<td>{percent(g.weak_label_accuracy)}</td>",
            ]
            cells += [cell(g.student, show), cell(g.ceiling, show)]
            cells += [cell(g.pgr if g.verdict == "ok" else None, ratio)]
            cells += [cell(at, percent) for at in (g.agreement, g.agreement_when_right, g.agreement_when_wrong)]
            why = f"<small>{esc(g.why)}</small>" if g.why else ""
            verdict = f'<td class="words"><code>{esc(g.verdict)}</code>{why}</td>'
            out.append(f'<tr><th scope="row" class="words">{esc(g.method)}</th>{"".join(cells)}{verdict}</tr>')
        out.append("</tbody>")
    out.append(
        f'</table></div><p class="under">Scores are {esc(metric_name(groups[0]))} on the test examples'
        f"{direction(groups[0])}, each with its 95&nbsp;% interval below.</p>"
    )
    return "\n".join(out)


def flat(value: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Nested settings as path -> JSON text of the value."""
    out: dict[tuple[str, ...], str] = {}
    for key, item in value.items():
        here = (*path, str(key))
        out |= flat(item, here) if isinstance(item, dict) and item else {here: written(item)}
    return out


def written(item: object) -> str:
    """A setting's value as JSON, the same text for equal values."""
    return json.dumps(item, sort_keys=True, ensure_ascii=False, default=str)


def told_apart(groups: Sequence[Group]) -> list[Group]:
    """The groups; where several share models and method, each method's name gets the settings that differ."""
    alike: dict[tuple[str, ...], list[Group]] = {}
    for g in groups:
        alike.setdefault((g.experiment, g.task, g.metric, g.weak, g.strong, g.method), []).append(g)
    named: dict[int, Group] = {}
    for same in alike.values():
        differing = [path for path, found in pooled([g.settings for g in same]).items() if len(found) > 1]
        for g in same:
            has = flat(g.settings)
            marks = [f"{'.'.join(path)}={has[path]}" for path in differing if path in has]
            named[id(g)] = replace(g, method=", ".join([g.method, *marks]))
    return [named[id(g)] for g in groups]


def pooled(values: Sequence[dict[str, Any]]) -> dict[tuple[str, ...], list[str]]:
    """Each path with the distinct values that it has; a place without the path does not count."""
    out: dict[tuple[str, ...], list[str]] = {}
    for value in values:
        for path, item in flat(value).items():
            found = out.setdefault(path, [])
            if item not in found:
                found.append(item)
    return out


def settings(values: Sequence[dict[str, Any]]) -> str:
    """Settings as TOML-like text, one table per first key; one that differs between results lists its values."""
    loose, tables = [], dict[str, list[str]]()
    for path, found in pooled(values).items():
        value = found[0] if len(found) == 1 else " | ".join(found)
        if len(path) == 1:
            loose.append(f"{path[0]} = {value}")
        else:
            tables.setdefault(path[0], []).append(f"{'.'.join(path[1:])} = {value}")
    blocks = ["\n".join(loose)] if loose else []
    blocks += ["\n".join([f"[{name}]", *lines]) for name, lines in tables.items()]
    return f"<pre>{esc((chr(10) * 2).join(blocks))}</pre>" if blocks else "<p>Not recorded.</p>"


def provenance(groups: Sequence[Group]) -> str:
    """Settings, software and hardware, result keys, and how to make the page again."""
    commands = list(dict.fromkeys(str(g.provenance["command"]) for g in groups if g.provenance.get("command")))
    again = f"<p>To make this report again:</p><pre>{esc(chr(10).join(commands))}</pre>" if commands else ""
    made = [{key: value for key, value in g.provenance.items() if key != "command"} for g in groups]
    keys = "".join(
        f"<li>{esc(g.weak)} \u2192 {esc(g.strong)}, {esc(g.method)}, seeds {esc(', '.join(map(str, g.seeds)))}:<br>"
        + "<br>".join(f"<code>{esc(key)}</code>" for key in g.keys)
        + "</li>"
        for g in groups
    )
    return "\n".join(
        [
            again,
            '<div class="prose"><h3>Settings</h3><p>As resolved, defaults included. '
            "Where results differ, <code>|</code> lists the values.</p>",
            settings([g.settings for g in groups]),
            "<h3>Software, hardware and data</h3>",
            settings(made),
            "</div>",
            f'<details class="keys"><summary>Result keys, one per seed</summary><ul>{keys}</ul></details>',
        ]
    )


def reading() -> str:
    """What the words mean and how the intervals were computed."""
    terms = "".join(f"<dt>{esc(term)}</dt><dd>{esc(meaning)}</dd>" for term, meaning in TERMS.items())
    verdicts = "".join(
        f"<dt><code>{esc(name)}</code></dt><dd>{esc(meaning)}</dd>" for name, meaning in VERDICTS.items()
    )
    return (
        f'<section class="prose"><h2>How to read this page</h2><dl>{terms}</dl><h3>Verdicts</h3><dl>{verdicts}</dl>'
        f"<h3>Intervals</h3><p>{STATISTICS}</p></section>"
    )
