"""Which rows of a model a person should check next, and what is to be said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from outgrow.auditing.checked import doubts
from outgrow.errors import ConfigError, DataError
from outgrow.own_model.accuracy import is_right
from outgrow.own_model.asked import pool
from outgrow.own_model.audited import Judging
from outgrow.own_model.finding import Finding
from outgrow.own_model.kept_rows import LEARNED, KeptRows
from outgrow.plain import counted
from outgrow.results.shown import TextTable
from outgrow.tasks.sources.label_values import names_of
from outgrow.trust.plan import Cost, How, Plan, plan

FIRST = 10  # classes that are named


def drawn(rows: KeptRows, state: Judging, *, width: float, how: How | None, seed: int) -> Plan:
    """The fewest rows for an interval of this width; rows and strata of the plan count the rows of the model.

    Raises:
        ConfigError: no number of rows would be enough, or rows that were drawn by confidence are to go on at random.
        DataError: there is nothing to draw from.
    """
    inside = pool(rows)
    if not len(inside):
        raise DataError(
            "no row has an answer of a model that had not learned it, but those whose truth was learned from: train "
            "with more rows, with a smaller --budget, or with --training probe"
        )
    checked = np.intersect1d(state.rows.checking, inside)
    weights = None if state.rows.weights is None else state.rows.weights[checked]
    if how == "random" and weights is not None and len(np.unique(weights)) > 1:
        raise ConfigError(
            "--how random: the rows checked earlier were drawn by confidence; leave --how out, to go on like that"
        )
    sure = rows.answers[inside].max(-1)
    # Rows that are drawn after others need a draw of their own; the same plan again, before any is read, the same one.
    own = np.random.SeedSequence([seed, len(checked)]).generate_state(1, np.uint64)
    try:
        made = plan(
            sure, rows.answers[inside].argmax(-1), width=width, how=how, seed=int(own[0]),
            known=np.searchsorted(inside, checked), right=is_right(state.rows, checked) if len(checked) else (),
            weights=weights,
        )  # fmt: skip
    except ConfigError:
        few = len(inside) < len(rows.ids) / 2
        raise ConfigError(
            f"--width {width:g}: even all {counted(len(inside), 'row')} that can be checked would not give an interval "
            "so narrow, as other rows like these may do better or worse; ask for a wider one, or train with more rows"
            + (
                f" ({len(rows.ids) - len(inside):,} others were learned from; with --training probe every row can be "
                "checked)"
                if few
                else ""
            )
        ) from None
    strata = np.full(len(rows.ids), -1)
    strata[inside] = made.strata
    return replace(made, rows=inside[made.rows], strata=strata)


def told(made: Plan, rows: KeptRows, state: Judging) -> Finding:
    """A plan in words, and what other widths cost."""
    words = [f"{one[0].upper()}{one[1:]}." for one in (made.words[:-1] if made.n else made.words)]
    if made.known:
        how = ", as if drawn at random" if state.rows.weights is None else ""
        words[0] = f"Counted on: {counted(made.known, 'row')} checked earlier{how}."
    if already := int((state.rows.truth[made.rows] >= 0).sum()):
        words.append(
            f"On the sheet again: {counted(already, 'row')} with a truth that is not from a plan. They count only with "
            "the rest of the sheet, and by what it says."
        )
    words += [f"{note[0].upper()}{note[1:]}." for note in state.notes]
    if learned := rows.use.count(LEARNED):
        words.append(f"{counted(learned, 'row')} whose truth the model learned from: not drawn.")
    if made.n:
        names = names_of(rows.output)
        words.append(
            f"Write {', '.join(names[:FIRST])}{' or another class' if len(names) > FIRST else ''} into the column "
            f"truth, from the top{''.join(f'; {one} where nobody can tell' for one in doubts(names)[:1])}."
        )
    never = made.known and all(one.random is None for one in made.costs)

    def cell(n: int | None, none: str) -> str:
        return none if n is None else f"{n:,}"

    def line(one: Cost) -> tuple[str, ...]:
        lacking = "more than there are"
        return f"{one.width:g}", cell(one.random, "-" if never else lacking), cell(one.stratified, lacking)

    columns = ("width of the interval", "rows in all, random", "stratified")
    cost = [*map(line, made.costs)]
    table = TextTable(names=columns, numeric=columns, measured=columns[1:], rows=cost, once=False)
    return Finding(title="Rows to check", sentences=words, table=table)
