"""Where is anything gained: on easy examples or on hard ones? Scores by quarters of difficulty."""

from __future__ import annotations

import numpy as np

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures.charts import DotPlot, Figure
from outgrow.figures.marks import dot
from outgrow.figures.sized import end_axis
from outgrow.figures.words import headline, metric_name
from outgrow.results.evaluation import evaluate

QUARTERS = ("easiest quarter", "second quarter", "third quarter", "hardest quarter")
FEWEST = 100  # examples in a quarter
ROLES = {"weak": ("s1", "square"), "student": ("s0", "circle"), "ceiling": ("ink", "diamond")}


def by_difficulty(study: Study) -> Panel | None:
    """Scores of the headline pair on quarters of the test examples, where the task says how hard each is."""
    pair, rows = headline(study.groups), []
    for g in pair:
        answers = study.answers(g)
        if answers is None or answers.difficulty is None:
            return None
        place = np.searchsorted(np.quantile(answers.difficulty, (0.25, 0.5, 0.75)), answers.difficulty)
        if np.bincount(place, minlength=len(QUARTERS)).min() < FEWEST:  # few examples, or most are equally hard
            return None
        for k, quarter in enumerate(QUARTERS):
            some = np.flatnonzero(place == k)
            hard, scores = answers.difficulty[some], evaluate(answers.at(some)).scores
            rows += [(g, quarter, float(hard.min()), float(hard.max()), role, scores[role])
                     for role in ROLES if role in scores]  # fmt: skip
    x, share = end_axis([row[-1] for row in rows], f"test {metric_name(pair[0])}", share=pair[0].share), pair[0].share
    charts = []
    for g in pair:
        own = [(quarter, role, at) for of, quarter, _, _, role, at in rows if of is g]
        dots = [dot(f"{quarter}: {role}", at, *ROLES[role], share=share) for quarter, role, at in own]
        about = f"scores by difficulty, method {g.method}; the values are in the table"
        charts.append(DotPlot(title=g.method, label=about, x=x, dots=dots))
    return Panel(
        title="Scores by difficulty",
        words=f"{pair[0].weak} \u2192 {pair[0].strong} on quarters of the test examples, from those that are easiest "
        "by the task's own measure to the hardest. Bars are 95\u00a0% intervals.",
        figure=Figure(charts=charts),
        columns=("method", "quarter", "role", "from", "to", "value", "low", "high", "n"),
        rows=[(g.method, q, role, a, b, at.value, at.low, at.high, at.n) for g, q, a, b, role, at in rows],
    )


analyses.add(
    "difficulty", by_difficulty, about="scores on the easiest to the hardest quarter of the test examples",
    source="the question: Hase et al. 2024",
)  # fmt: skip
