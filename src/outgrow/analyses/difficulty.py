"""Where is anything gained: on easy examples or on hard ones? Scores by parts of the range of difficulty."""

from __future__ import annotations

import numpy as np

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures.charts import DotPlot, Figure
from outgrow.figures.chosen import PANELS, chosen
from outgrow.figures.marks import dot
from outgrow.figures.sized import end_axis
from outgrow.figures.words import headline, metric_name
from outgrow.results.evaluation import evaluate

FEWEST = 100  # examples in a part
ROLES = {"weak": ("s1", "square"), "student": ("s0", "circle"), "ceiling": ("ink", "diamond")}


def by_difficulty(study: Study) -> Panel | None:
    """Scores of the headline pair on quarters of the test examples, or fewer parts where many are equally hard."""
    pair, rows = headline(study.groups), []
    for g in pair:
        answers = study.answers(g)
        if answers is None or answers.difficulty is None:
            return None
        edges = np.unique(np.quantile(answers.difficulty, (0.25, 0.5, 0.75)))
        parts, place = np.unique(np.searchsorted(edges, answers.difficulty), return_inverse=True)
        if len(parts) < 2 or np.bincount(place).min() < FEWEST:
            return None
        for k in range(len(parts)):
            some = np.flatnonzero(place == k)
            hard, scores = answers.difficulty[some], evaluate(answers.at(some)).scores
            ends = float(hard.min()), float(hard.max())
            rows += [(g, *ends, role, scores[role]) for role in ROLES if role in scores]
    x, share = end_axis([row[-1] for row in rows], f"test {metric_name(pair[0])}", share=pair[0].share), pair[0].share
    charts = []
    shown, note = chosen(pair, PANELS)
    for g in shown:
        own = [(f"{a:g} to {b:g}" if a < b else f"{a:g}", role, at) for of, a, b, role, at in rows if of is g]
        dots = [dot(f"{hard}: {role}", at, *ROLES[role], share=share) for hard, role, at in own]
        about = f"scores by difficulty, method {g.method}; the values are in the table below"
        charts.append(DotPlot(title=g.method, label=about, x=x, dots=dots))
    return Panel(
        title="Scores by difficulty",
        words=f"{pair[0].weak} \u2192 {pair[0].strong} on parts of the test examples, from those that are easiest by "
        "the task's own measure of difficulty to the hardest. Bars are 95\u00a0% intervals.",
        figure=Figure(charts=charts, note=note),
        columns=("method", "role", "from", "to", "value", "low", "high", "n"),
        rows=[(g.method, role, a, b, at.value, at.low, at.high, at.n) for g, a, b, role, at in rows],
    )


analyses.add(
    "difficulty", by_difficulty, about="scores on the easiest to the hardest of the test examples",
    source="the question: Hase et al. 2024",
)  # fmt: skip
