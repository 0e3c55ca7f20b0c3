"""A claim as an analysis: a statement, the fields that it is made for, and a search for findings in a study."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from outgrow.analyses.base import Analysis, Panel, Study, analyses
from outgrow.analyses.bases.field import Field, field_of
from outgrow.analyses.bases.finding import Finding, numbered
from outgrow.figures.axes import linear_axis
from outgrow.figures.charts import Dot, DotPlot, Figure
from outgrow.figures.words import tick_number

Search = Callable[[Study], Iterable[Finding]]
COLUMNS = ("claim", "about", "value", "low", "high", "predicted", "verdict", "seeds", "n", "decides")
INTERVALS = "Bars are 95\u00a0% intervals; the grey line is where the prediction ends."


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement that can be tested.

    Args:
        name: of the analysis that tests it.
        fields: where it is made; everywhere if empty.
        source: who states it, and where.
    """

    number: int
    name: str
    says: str
    fields: tuple[Field, ...]
    source: str


CLAIMS: dict[int, Claim] = {}
"""Filled as analyses are imported: by `claims()`."""


def claims() -> list[Claim]:
    """All claims, by number."""
    list(analyses)  # imports them
    return [CLAIMS[number] for number in sorted(CLAIMS)]


def claim(
    number: int, name: str, *, says: str, how: str, source: str, fields: tuple[Field, ...] = (),
) -> Callable[[Search], Analysis]:  # fmt: skip
    """Registers a search for findings as the analysis that tests a claim.

    Args:
        says: the claim, in words that can follow a number, without a stop.
        how: how its numbers are made, in whole sentences.
    """

    def register(search: Search) -> Analysis:
        def analysis(study: Study) -> Panel | None:
            if fields and field_of(study.groups[0]) not in fields:
                return None
            found = [replace(one, claim=number, says=says) for one in search(study) if math.isfinite(one.value)]
            return panel(f"{numbered(number)}: {says}", how, found) if found else None

        CLAIMS[number] = Claim(number=number, name=name, says=says, fields=fields, source=source)
        return analyses.add(name, analysis, about=f"{numbered(number).lower()}: {says}", source=source)

    return register


def panel(title: str, how: str, findings: Sequence[Finding]) -> Panel:
    """Findings as a panel: what they say, a figure, a table."""
    return Panel(
        title=title,
        words=f"{how} {INTERVALS}",
        figure=drawn(title, findings),
        columns=COLUMNS,
        rows=[
            (one.claim, one.about, one.value, one.low, one.high, str(one.predicted), one.verdict, one.seeds, one.n,
             one.decides)
            for one in findings
        ],
        findings=findings,
    )  # fmt: skip


def drawn(title: str, findings: Sequence[Finding]) -> Figure:
    """A chart for each prediction, a row for each finding."""
    charts = []
    for predicted in dict.fromkeys(one.predicted for one in findings):
        some = [one for one in findings if one.predicted == predicted]
        ends = [end for one in some for end in (one.value, one.low, one.high) if end is not None]
        charts.append(
            DotPlot(
                title=f"predicted {predicted}",
                label=f"{title}: estimates with their intervals; the values are in the table below",
                x=linear_axis([*ends, *predicted.bounds], "estimate", tick_number),
                dots=[
                    Dot(label=f"{one.about}: {one.verdict}", value=one.value, low=one.low, high=one.high,
                        words=one.shown, title=one.sentence)
                    for one in some
                ],
                rules=predicted.bounds,
            )
        )  # fmt: skip
    return Figure(charts=charts)
