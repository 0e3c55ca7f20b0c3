"""What the studies of a setting say of claims, as far as they are finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.analyses.base import analyses, studies
from outgrow.analyses.bases.claim import claims
from outgrow.analyses.bases.finding import Finding
from outgrow.artefacts import Artefacts
from outgrow.claims.settings import Part, Setting
from outgrow.plan import make_plan
from outgrow.results.columns import in_order
from outgrow.results.pooling import pool
from outgrow.results.recording import record


@dataclass(frozen=True, kw_only=True)
class Row:
    """A finding, and the setting that it is of."""

    setting: str
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Found:
    """What there is of a setting.

    Args:
        rows: by claim.
        done, all: experiments that are finished, and all.
    """

    setting: Setting
    rows: Sequence[Row]
    done: int
    all: int


def found(setting: Setting, store: Artefacts, *, seeds: int | None = None) -> Found:
    """The findings of a setting's studies so far, read off finished results."""
    rows, done, planned = list[Row](), 0, 0
    for part in setting.parts:
        some, there, of = _of_part(part, store, seeds)
        rows += [Row(setting=setting.name, finding=one) for one in some]
        done, planned = done + there, planned + of
    rows.sort(key=lambda one: one.finding.claim)
    return Found(setting=setting, rows=rows, done=done, all=planned)


def _of_part(part: Part, store: Artefacts, seeds: int | None) -> tuple[list[Finding], int, int]:
    plan = make_plan(part.experiments(seeds), cached=store.keys())
    records = [record(store, one.experiment, one.result) for one in plan.results if one.result.key in plan.cached]
    names = {one.number: one.name for one in claims()}
    tests = [analyses[names[number]] for number in part.claims if number in names]
    panels = [
        panel for study in studies(in_order(pool(store, records)), store) for test in tests if (panel := test(study))
    ]
    return [one for panel in panels for one in panel.findings], len(records), len(plan.results)
