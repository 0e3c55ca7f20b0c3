"""The command line's `leaderboard`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.leaderboard.settings import SEEDS
from outgrow.plain import counted


def leaderboard(
    settings: Annotated[
        str,
        typer.Option(
            "--settings", help="Some of chess, text, text-5, reward, vision, digits, with commas; all by default."
        ),
    ] = "",
    methods: Annotated[
        str, typer.Option("--methods", help="Names of methods, with commas; all by default. naive is always there.")
    ] = "",
    seeds: Annotated[int, typer.Option("--seeds", help="How many.", min=1)] = SEEDS,
    budget: Annotated[
        int, typer.Option("--budget", help="Rows of ground truth for methods that learn from it.", min=1)
    ] = 100,
    costly: Annotated[
        bool, typer.Option("--costly", help="Enter methods too that take longer in a setting than all others together.")
    ] = False,
    out: Annotated[str, typer.Option("--out", help="A Markdown file for the whole page.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what there is to compute, and stop.")] = False,
    executor: Annotated[str, typer.Option("--executor", help="Who computes: serial, or processes.")] = "serial",
    workers: Annotated[int | None, typer.Option("--workers", help="Processes, for --executor processes.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Compare all methods on several settings; what is finished is kept, so the same command goes on."""
    from outgrow.cli.display import Shown, console, say
    from outgrow.cli.planned import looked_at, time_of
    from outgrow.disk import write_whole
    from outgrow.leaderboard.board import board
    from outgrow.leaderboard.entrants import entrants
    from outgrow.leaderboard.page import headline, markdown, standings
    from outgrow.leaderboard.settings import chosen
    from outgrow.plan import make_plan
    from outgrow.runtime import runtime_of
    from outgrow.store import open_store
    from outgrow.study import run

    if out and not out.endswith(".md"):
        raise ConfigError(f"--out {out!r}: the page is Markdown; name a file that ends with .md")
    only = frozenset(name.strip() for name in methods.split(",") if name.strip())
    entered = entrants(chosen(settings), seeds=seeds, only=only, budget=budget, costly=costly)
    experiments, opened = entered.experiments(), open_store(store)
    runtime = runtime_of(executor=executor, workers=workers)
    plan = make_plan(experiments, cached=opened.keys())
    say(
        f"{counted(len(entered.names), 'method')} in {counted(len(chosen(settings)), 'setting')} by "
        f"{counted(seeds, 'seed')}: {len(plan.todo):,} of {counted(len(plan.steps), 'step')} to do"
        f"{time_of(plan, runtime, looked_at(plan, runtime, opened))}."
    )
    if dry_run:
        return
    results = run(experiments, store=opened, executor=executor, workers=workers)
    found = board(entered, opened, seeds=seeds)
    given = [f"--settings={settings}"] * bool(settings) + [f"--methods={methods}"] * bool(methods)
    given += ["--costly"] * costly + [f"--budget={budget}"] * (budget != 100)
    given += [f"--seeds={seeds}"] * (seeds != SEEDS)
    console.print(Shown(standings(found)))
    say("▲ and ▼: in how many settings it is clearly better and worse than naive.")
    for line in headline(found):
        say(line)
    if out:
        write_whole(Path(out), markdown(found, command=shlex.join(["outgrow", "leaderboard", *given])), what="page")
        say(f"Page: {out}")
    if results.failures:
        raise typer.Exit(1)
