"""The overview of a page with more results than it shows: every study in a line, and how to see the rest."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from statistics import median

from outgrow.figures.words import DASH, ratio
from outgrow.plain import counted
from outgrow.report.chosen import Chosen, Study
from outgrow.report.svg import esc
from outgrow.results.table import Group

METHODS = 6  # that have columns of their own: those with the most results
LINES = 60  # studies


def overview(found: Chosen, command: str) -> str:
    """What there is, what is shown of it and why, and the commands that show the rest.

    Args:
        command: makes this page.
    """
    if not found.studies:
        return ""
    every = [one for some in found.studies.values() for one in some]
    methods = [name for name, _ in Counter(one.method for one in every).most_common(METHODS)]
    left = len({one.method for one in every}) - len(methods)
    rows = "".join(_row(study, some, methods, found) for study, some in list(found.studies.items())[:LINES])
    heads = "".join(f'<th scope="col">PGR of<br>{esc(name)}</th>' for name in methods)
    more = len(found.studies) - LINES
    notes = [
        *([f"Of {_studies(more)} more this table says nothing."] if more > 0 else []),
        *([f"{counted(left, 'more method')} without a column."] if left > 0 else []),
    ]
    return (
        '<section aria-labelledby="overview"><h2 id="overview">Overview</h2>'
        f'<p class="prose">{_told(found, len(every))}</p>'
        f"<p>To see another study, or all of one with fewer settings, narrow what is shown:</p>"
        f"<pre>{esc(_commands(found, command))}</pre>"
        '<div class="table long" tabindex="0" role="region" aria-label="Overview of all studies"><table>'
        "<caption>All results, pooled over seeds. PGR is the median of the results whose verdict is ok.</caption>"
        f'<thead><tr><th scope="col" class="words">study</th><th scope="col">results</th><th scope="col">ok</th>'
        f'<th scope="col">shown<br>below</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{''.join(f'<p>{esc(note)}</p>' for note in notes)}</section>"
    )


def _told(found: Chosen, n: int) -> str:
    shown = sum(found.shown.values())
    return (
        f"There are {n:,} results in {_studies(len(found.studies))}. This page shows {shown:,} of "
        f"them: the first {_studies(len(found.shown))}, and where a study has too many results, the "
        "first of those that share their models and their method. None was chosen by what came out."
    )


def _studies(n: int) -> str:
    return "1 study" if n == 1 else f"{n:,} studies"


def _commands(found: Chosen, command: str) -> str:
    hidden = next((study for study in found.studies if study not in found.shown), next(iter(found.studies)))
    words = shlex.split(command) if command else ["outgrow", "report"]
    store = words[words.index("--store") + 1 :][:1] if "--store" in words else []
    where = [f"--where={name}={value}" for name, value in zip(("experiment", "task", "metric"), hidden, strict=True)]
    table = ["outgrow", "results", "--group", *(["--store", *store] if store else []), "--out", "results.csv"]
    return "\n".join([shlex.join([*words, *where]), shlex.join(table)])


def _row(study: Study, groups: Sequence[Group], methods: Sequence[str], found: Chosen) -> str:
    experiment, task, metric = study
    recovered: dict[str, list[float]] = {}
    for one in groups:
        if one.verdict == "ok" and one.pgr:
            recovered.setdefault(one.method, []).append(one.pgr.value)
    numbers = [len(groups), sum(one.verdict == "ok" for one in groups), found.shown.get(study, 0)]
    cells = [f"{number:,}" for number in numbers]
    cells += [ratio(median(recovered[name])) if name in recovered else DASH for name in methods]
    name = f"{esc(experiment)}: {esc(task)}, {esc(metric)}"
    return f'<tr><th scope="row" class="words">{name}</th>{"".join(f"<td>{one}</td>" for one in cells)}</tr>'
