"""The command line's `claims`."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.plain import counted, plain

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.claims.found import Found, Row
    from outgrow.claims.settings import Setting


def claims(
    settings: Annotated[str, typer.Option(metavar="NAMES", help="Only these: chess,text,reward.")] = "",
    only: Annotated[str, typer.Option("--claims", metavar="NUMBERS", help="Only these claims: 1,3-6.")] = "",
    seeds: Annotated[int | None, typer.Option(min=1, help="Seeds of every study, in place of its own number.")] = None,
    store: StoreOption = DEFAULT_STORE,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the table to a file, as Markdown, whole or not at all.")
    ] = None,
    executor: Annotated[str, typer.Option(help="How to run the steps (outgrow list executors).")] = "serial",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes at once, for executors that use several.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what there is to do, and compute nothing.")] = False,
) -> None:
    """Test published claims on the settings that need no hub; what is finished is not computed again."""
    from outgrow.claims.studies import chosen
    from outgrow.claims.table import counts, details, document, summary
    from outgrow.cli.display import Shown, console, say
    from outgrow.disk import write_whole
    from outgrow.store import open_store

    names = [one.strip() for one in settings.split(",") if one.strip()]
    wanted, opened = chosen(names, numbers(only)), open_store(store)
    if dry_run:
        _plans(wanted, opened, seeds)
        return
    of, rows, stopped = _carried_out(wanted, opened, seeds, executor, workers)
    console.print(Shown(summary(of, rows)))
    say()
    console.print(Shown(details(rows)))
    say()
    for text in counts(of, rows):
        say(text)
    if out is not None:
        options = {"--settings": settings, "--claims": only, "--seeds": str(seeds or "")}
        given = [f"{name}={value}" for name, value in options.items() if value]
        command = shlex.join(["outgrow", "claims", *given, f"--out={out}"])
        say(f"Page: {write_whole(out, document(of, rows, command), what='the table')}")
    if stopped:
        sys.exit(130)


def numbers(text: str) -> list[int]:
    """`1,3-6` -> [1, 3, 4, 5, 6]."""
    found = list[int]()
    for piece in (one.strip() for one in text.split(",") if one.strip()):
        ends = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", piece)
        if ends is None:
            raise ConfigError(f"--claims {text!r}: {piece!r} is no number of a claim; write numbers such as 1,3-6")
        found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return found


def _plans(wanted: list[Setting], store: Artefacts, seeds: int | None) -> None:
    from outgrow.cli.display import say
    from outgrow.cli.planned import looked_at, time_of
    from outgrow.plan import make_plan
    from outgrow.runtime import Runtime

    runtime = Runtime()
    for one in wanted:
        experiments = one.experiments(seeds)
        plan = make_plan(experiments, cached=store.keys())
        say(
            f"{one.name}: {counted(len(experiments), 'experiment')}, {counted(len(plan.steps), 'step')}, "
            f"{len(plan.todo)} of them to do{time_of(plan, runtime, looked_at(plan, runtime, store))}"
        )


def _carried_out(
    wanted: list[Setting], store: Artefacts, seeds: int | None, executor: str, workers: int | None
) -> tuple[list[Found], list[Row], bool]:
    """Run what is not there yet, setting by setting; findings of what is there, also where that was stopped."""
    from outgrow.claims.across import across
    from outgrow.claims.found import found
    from outgrow.study import run

    stopped = False
    for one in wanted:
        try:
            results = run(one.experiments(seeds), store=store, executor=executor, workers=workers)
        except KeyboardInterrupt:
            print(f"\nstopped in {one.name}; run the same command to go on in {plain(str(store))}", file=sys.stderr)
            stopped = True
            break
        for why in dict.fromkeys(results.failures.values()):
            print(f"note: in {one.name}, a result failed: {plain(why)}", file=sys.stderr)
    of = [found(one, store, seeds=seeds) for one in wanted]
    rows = [row for one in of for row in one.rows]
    return of, sorted([*rows, *across(rows)], key=lambda row: row.finding.claim), stopped
