"""The page: one self-contained HTML file with the lead, the figures, the table, and what made the numbers."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from outgrow.analyses.base import Study, analyses, studies
from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError
from outgrow.figures.marks import has_sizes
from outgrow.figures.words import metric_name
from outgrow.report.chosen import chosen
from outgrow.report.claims import claims
from outgrow.report.lead import VERDICTS, lead
from outgrow.report.overview import overview
from outgrow.report.panels import panel
from outgrow.report.provenance import Records, provenance
from outgrow.report.style import CSS
from outgrow.report.svg import esc
from outgrow.report.table import table
from outgrow.report.teachers import term
from outgrow.results.records import read_records
from outgrow.results.table import Group

log = logging.getLogger(__name__)

FIRST = ("scores", "recovered", "agreement", "training")  # of the analyses; the others stand below, by name

# Nothing may be loaded from anywhere, and no script may run: what a name in the results contains cannot matter.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

TERMS = {
    "student": "the strong model, trained on the transfer examples with the supervisor's labels",
    "ceiling": "the same strong model, trained on the same transfer examples with true answers",
    "zero-shot": "the student's model before any training, where it can do the task untrained",
    "PGR": "performance gap recovered, (student \u2212 weak) / (ceiling \u2212 weak), of scores: 0 is no better "
    "than the supervisor, 1 as good as the ceiling; given only when the verdict is ok",
    "agreement": "share of test examples on which student and supervisor give the same answer; also split by whether "
    "the supervisor is right or wrong",
    "weak label accuracy": "share of the transfer examples that the supervisor labelled correctly",
}
STATISTICS = (
    "Every interval is a 95&nbsp;% interval. Seeds and groups of test examples are crossed random effects: a mean's "
    "variance is that between seeds plus that between groups (analysis of variance), with Satterthwaite's degrees of "
    "freedom; shares have Wilson's form, PGR has Fieller's; a score that is no mean enters by its influence values. "
    "Roles are compared on the same examples and seeds. With one seed the spread between seeds is unknown, and no "
    "interval contains it."
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
        store: where their answers and rows lie, for analyses that need every answer, and for dates and notes.
    """
    drawn = chosen(groups)
    found = studies(drawn.groups, store)
    records = _records(drawn.groups, store)
    names = [_name(study, title, many=len(found) > 1) for study in found]
    body = [problems(failures)] if failures else []
    if not groups:
        body.append(
            "<p>There are no results here yet. <code>outgrow run quickstart</code> makes some, and "
            "<code>outgrow list experiments</code> names what else can be run; then make this report again.</p>"
        )
    body.append(overview(drawn, _command(groups)))
    body += [
        section(study, records, name, f"study-{k + 1}")
        for k, (study, name) in enumerate(zip(found, names, strict=True))
    ]
    body.append(reading(drawn.groups) if groups else "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{esc(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{esc(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f'<header><h1>{esc(title)}</h1>\n<p class="under">Weak-to-strong generalization: what a strong model learns '
        f"from a weaker one's labels.</p>{_contents(names)}</header>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _command(groups: Sequence[Group]) -> str:
    """What makes the page, where that is known."""
    return str(groups[0].provenance.get("command", "")) if groups else ""


def _name(study: Study, title: str, *, many: bool) -> str:
    first = study.groups[0]
    name = f"{first.experiment}: {first.task}, {metric_name(first)}" if many else first.experiment
    return "What was found" if name == title else name


def _records(groups: Sequence[Group], store: Artefacts | None) -> Records:
    """The rows behind the groups, for dates and notes; without them the page is still whole."""
    keys = {key for g in groups for key in g.keys}
    if store is None or not keys:
        return {}
    try:
        return {one.shown("key"): one for one in read_records(store) if one.shown("key") in keys}
    except StoreError as error:
        log.warning("the report lacks dates and notes: %s", error)
        return {}


def _contents(names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    items = "".join(f'<li><a href="#study-{k + 1}">{esc(name)}</a></li>' for k, name in enumerate(names))
    return f'<nav aria-label="Experiments"><ul>{items}<li><a href="#reading">How to read this page</a></li></ul></nav>'


def section(study: Study, records: Records, name: str, mark: str) -> str:
    """One experiment on one task: lead, panels, table, provenance."""
    groups = study.groups
    layout = "figures" if has_sizes(groups) else "half"
    others = sorted(entry.name for entry in analyses if entry.name not in FIRST)
    found = [one for which in (*FIRST, *others) if (one := analyses[which](study))]
    tested = sorted((one for one in found if one.findings), key=lambda one: one.findings[0].claim)
    return "\n".join(
        [
            f'<section aria-labelledby="{mark}"><h2 id="{mark}">{esc(name)}</h2>',
            lead(groups),
            f'<div class="{layout}">',
            *(panel(one, name) for one in found if not one.findings),
            "</div>",
            claims(tested, name),
            "<h3>All results</h3>",
            table(groups, name),
            provenance(groups, records, name),
            "</section>",
        ]
    )


def problems(failures: Sequence[str]) -> str:
    """The steps that failed."""
    items = "".join(f"<li>{esc(failure)}</li>" for failure in failures)
    about = "These steps failed; what depends on them is missing below."
    head = '<section aria-labelledby="failures"><h2 id="failures">Failures</h2>'
    return f'{head}<p>{about}</p><ul class="prose">{items}</ul></section>'


def reading(groups: Sequence[Group]) -> str:
    """What the words mean and how the intervals were computed."""
    terms = {"weak supervisor": term(groups), **TERMS}
    meanings = "".join(f"<dt>{esc(one)}</dt><dd>{esc(meaning)}</dd>" for one, meaning in terms.items())
    verdicts = "".join(
        f"<dt><code>{esc(name)}</code></dt><dd>{esc(meaning)}</dd>" for name, meaning in VERDICTS.items()
    )
    return (
        '<section class="prose" aria-labelledby="reading"><h2 id="reading">How to read this page</h2>'
        f"<dl>{meanings}</dl><h3>Verdicts</h3><dl>{verdicts}</dl><h3>Intervals</h3><p>{STATISTICS}</p></section>"
    )
