"""Analyses: one function from a study to a panel: words, a figure, a table of its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outgrow.analyses.bases.finding import Finding
from outgrow.artefacts import Artefacts
from outgrow.figures.apart import told_apart
from outgrow.figures.charts import Figure
from outgrow.registry import Registry
from outgrow.results.answers import Answers
from outgrow.results.cells import Cells, read_cells
from outgrow.results.checks import Checks, read_checks
from outgrow.results.pooling import group_answers
from outgrow.results.table import Group


@dataclass(frozen=True, kw_only=True)
class Study:
    """Results of one experiment on one task by one metric, pooled over seeds.

    Args:
        store: where their answers lie; None where only the results are known.
        elsewhere: results of the same experiment and metric on other tasks.
    """

    groups: Sequence[Group]
    store: Artefacts | None = None
    elsewhere: Sequence[Group] = ()
    _cells: dict[tuple[str, ...], Cells | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def title(self) -> str:
        """Experiment, task and metric."""
        first = self.groups[0]
        return f"{first.experiment}: {first.task}, {first.metric}"

    def answers(self, group: Group) -> Answers | None:
        """What the roles of a group said of every test example, read when it is asked for; None if nobody knows."""
        return None if self.store is None else group_answers(self.store, group)

    def cells(self, group: Group) -> Cells | None:
        """The scores of a group by seed and test example, read once; None if nobody knows."""
        name = tuple(group.keys)
        if name not in self._cells:
            self._cells[name] = None if self.store is None else read_cells(self.store, group)
        return self._cells[name]

    def checks(self, group: Group, role: str = "student") -> Checks | None:
        """How a group's students (or ceilings) did on each validation example while they learned; None if unknown."""
        return None if self.store is None else read_checks(self.store, group, role)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What an analysis found.

    Args:
        title: a few words.
        words: what is to be seen, in plain sentences.
        notes: more sentences, one for each of several things.
        figure: may be None.
        columns, rows: the values behind the figure; as many cells as columns in each row.
        findings: what it says of predictions, each with its verdict.
    """

    title: str
    words: str
    notes: Sequence[str] = ()
    figure: Figure | None = None
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | None]] = field(default=())
    findings: Sequence[Finding] = ()

    @property
    def sentences(self) -> list[str]:
        """What is said of several things, one by one: the findings with their verdicts, then the notes."""
        return [*(one.sentence for one in self.findings), *self.notes]

    def to_dict(self) -> dict[str, Any]:
        """All but the figure, fit for JSON."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        found = {"title": self.title, "words": self.words, "notes": list(self.notes), "rows": rows}
        return found | ({"findings": [one.to_dict() for one in self.findings]} if self.findings else {})


Analysis = Callable[[Study], Panel | None]
"""Of a study that it has nothing to say of, None."""

analyses: Registry[Analysis] = Registry("analyses", package="outgrow.analyses")


def studies(groups: Sequence[Group], store: Artefacts | None = None) -> list[Study]:
    """The groups by experiment, task and metric; those that settings alone tell apart have these in their names."""
    found: dict[tuple[str, str, str], list[Group]] = {}
    for group in told_apart(groups):
        found.setdefault((group.experiment, group.task, group.metric), []).append(group)
    return [
        Study(groups=some, store=store, elsewhere=[
            g for (experiment, other, by), more in found.items() for g in more
            if (experiment, by) == (of, metric) and other != task
        ])
        for (of, task, metric), some in found.items()
    ]  # fmt: skip
