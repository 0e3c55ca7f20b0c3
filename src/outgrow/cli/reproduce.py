"""The command line's `reproduce`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.plain import counted

if TYPE_CHECKING:
    from outgrow.references.checked import Check
    from outgrow.results.shown import TextTable


def reproduce(
    name: Annotated[str, typer.Argument(help="A reference; --list names them all.", metavar="NAME")] = "",
    seeds: Annotated[
        int | None, typer.Option("--seeds", help="In place of as many as the reference has.", min=1)
    ] = None,
    known: Annotated[bool, typer.Option("--list", help="Say which references there are, and stop.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what there is to compute, and stop.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Run a study and compare it with numbers that are known: inside or outside, and why that may be."""
    from outgrow.cli.display import Shown, console, listing, say
    from outgrow.cli.planned import looked_at, time_of
    from outgrow.plan import make_plan
    from outgrow.references.checked import checks, found, why
    from outgrow.references.identities import misfit
    from outgrow.references.reference import reference, references
    from outgrow.runtime import Runtime
    from outgrow.store import open_store
    from outgrow.study import run

    if known or not name:
        listing([((one.name,), f"{one.about} [{one.source}]") for one in references().values()])
        if known:
            return
        raise ConfigError("name one of these: outgrow reproduce NAME")
    wanted = reference(name)
    experiments, opened = wanted.experiments(seeds), open_store(store)
    plan, runtime = make_plan(experiments, cached=opened.keys()), Runtime()
    say(wanted.about)
    say(
        f"{counted(len(experiments), 'experiment')}, {len(plan.todo):,} of {counted(len(plan.steps), 'step')} to do"
        f"{time_of(plan, runtime, looked_at(plan, runtime, opened))}."
    )
    if dry_run:
        return
    results = run(experiments, store=opened)
    compared, shown = checks(wanted, results.groups), found(wanted, results.groups, opened)
    outside = [one for one in compared if one.verdict != "inside"]
    if compared:
        console.print(Shown(table(compared)))
        say(f"{len(compared) - len(outside)} of {counted(len(compared), 'number')} inside.")
    for one in shown:
        say(f"{one.says}: {one.verdict}.")
        for sentence in one.sentences:
            say(f"  {sentence}")
    broken = False
    if wanted.misfit:
        for each in experiments:
            at = misfit(each, opened)
            broken |= not at.holds
            say(
                f"seed {each.seed}: supervisor {at.weak:.9f} = student {at.student:.9f} + distance {at.apart:.9f}: "
                f"{'exact' if at.holds else 'NOT equal'}"
            )
    say(f"Source: {wanted.source}")
    if reasons := why(wanted, results.records, seeds or wanted.seeds):
        say("Why it may differ:" if outside else "What differs from the source:")
        for reason in reasons:
            say(f"* {reason}")
    if broken or any(one.verdict == "outside" for one in compared) or any(one.verdict == "fails here" for one in shown):
        raise typer.Exit(1)


def table(compared: list[Check]) -> TextTable:
    """Numbers beside each other."""
    from outgrow.results.shown import TextTable

    names = ("what", "reference", "this run (95 %)", "verdict")
    rows = []
    for one in compared:
        theirs = f"{one.number.value:.3f}" + (f" ± {one.number.error:.3f}" if one.number.error else "")
        ours = one.why
        if one.ours:
            ends = "" if one.ours.low is None else f" ({one.ours.low:.3f} to {one.ours.high:.3f})"
            ours = f"{one.ours.value:.3f}{ends}"
        rows.append((one.number.label, theirs, ours, one.verdict))
    return TextTable(names=names, numeric=names[1:3], measured=names[1:], rows=rows)
