"""The command line's `run`."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from outgrow.cli.detach import OPTION, detach
from outgrow.cli.planned import show_plan
from outgrow.cli.results import write_report
from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError, DataError, OutgrowError, StepFailed, StoreError
from outgrow.plain import counted, plain

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.results.table import Group
    from outgrow.runtime import Runtime
    from outgrow.sweep import Swept

LONG = 60  # letters of settings that a title has
SET = (
    "Override a value, as often as you like: method.alpha=0.5; a whole table: 'weak={model=\"glove-50d\"}'; to run "
    'several values: \'sweep.method.name=["naive","confidence"]\'. Settings are then part of the report\'s name.'
)


def run(
    experiments: Annotated[
        list[str], typer.Argument(help="Shipped experiments by name, or TOML files.", metavar="EXPERIMENT...")
    ],
    settings: Annotated[list[str] | None, typer.Option("--set", help=SET)] = None,
    store: StoreOption = DEFAULT_STORE,
    seeds: Annotated[
        str | None,
        typer.Option(help="Seeds in place of the experiment's: 0,1,2. They are then part of the report's name."),
    ] = None,
    executor: Annotated[str, typer.Option(help="How to run the steps (outgrow list executors).")] = "serial",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes at once, for executors that use several; 2 by default.")
    ] = None,
    address: Annotated[
        str, typer.Option(help="Of a Ray cluster that is there: auto, or HOST:PORT.", show_default=False)
    ] = "",
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="What to compute on.")] = "auto",
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], typer.Option(help="Of matrix products; auto: bfloat16 where fast.")
    ] = "auto",
    micro_batch_tokens: Annotated[
        int, typer.Option(min=0, help="Tokens of one backward pass; less needs less memory. 0: what suits the device.")
    ] = 0,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="Recompute activations: less memory, a third more time.")
    ] = False,
    sharding: Annotated[
        Literal["replicas", "full"],
        typer.Option(help="Processes that train together hold the whole network, or each a part of it (full)."),
    ] = "replicas",
    offload: Annotated[
        bool, typer.Option("--offload", help="With --sharding full: parameters wait in the CPU's memory.")
    ] = False,
    checkpoint_minutes: Annotated[
        float,
        typer.Option(min=0, help="Between checkpoints of a long step; a stopped run goes on from the last. 0: none."),
    ] = 5.0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute all steps anew; what is there is replaced when all is done.")
    ] = False,
    tracker: Annotated[
        str, typer.Option(help="Show trainings and results there too: tensorboard, mlflow, wandb.", show_default=False)
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and compute nothing.")] = False,
    detached: Annotated[bool, typer.Option(OPTION, help="Go on in the background (outgrow watch).")] = False,
) -> None:
    """Run experiments; what is finished already is not computed again."""
    from outgrow.cli.display import say
    from outgrow.config import read_experiments, seeds_from
    from outgrow.freshness import adopt, beside, changed_code
    from outgrow.learning.team import team
    from outgrow.lengths import longer_at
    from outgrow.plan import make_plan
    from outgrow.progress import Live, errors
    from outgrow.runtime import runtime_of
    from outgrow.steps import Context
    from outgrow.store import open_store
    from outgrow.sweep import run_experiments

    started = time.monotonic()
    _check_names(executor, tracker)
    runtime = runtime_of(
        executor=executor, workers=workers, address=address, device=device, precision=precision,
        micro_batch_tokens=micro_batch_tokens, checkpointing=checkpointing,
        sharding=sharding, offload=offload, checkpoint_minutes=checkpoint_minutes, tracker=tracker,
    )  # fmt: skip
    chosen = seeds_from(seeds) if seeds is not None else None
    read = {one: read_experiments(one, settings=settings or [], seeds=chosen) for one in experiments}
    wanted = [one for found in read.values() for one in found]
    opened = open_store(store)
    if device != "auto" and not address:
        Context(opened, runtime).machine  # noqa: B018 - ConfigError if it is not there
    target = beside(opened, wanted) if fresh else opened
    plan = make_plan(wanted, cached=target.keys())
    if dry_run:
        show_plan(plan, runtime, target)
        return
    if plan.todo:
        opened.create()
    if detached and plan.todo:
        detach(plan, opened, runtime, sys.argv[1:])
        return
    changed = changed_code(plan, opened)
    if team().rank:
        errors.quiet = True
    if plan.todo and (hint := _busy(runtime)) and not team().rank:
        print(f"note: {hint}", file=sys.stderr)
    with Live(plan, runtime, longer_at(target)) as live:
        try:
            swept = run_experiments(wanted, target, runtime=runtime, watcher=live, told=opened)
            if fresh:
                adopt(opened, target)
        except KeyboardInterrupt:
            live.__exit__(None, None, None)
            left = len(make_plan(wanted, cached=target.keys()).todo)
            print(
                f"\nstopped, {counted(left, 'step')} left; finished ones are kept in {plain(store)}: "
                "run the same command to go on",
                file=sys.stderr,
            )
            sys.exit(130)
        except (StoreError, StepFailed) as error:  # the request was right, but the disk or a worker gave up on the way
            live.__exit__(None, None, None)
            tell(error)
            sys.exit(1)
    if team().rank:
        return  # the first of the processes that train together shows what came of it
    groups = _show_results(replace(swept, notes=[*changed, *swept.notes]), opened)
    say()
    others = f", left {swept.elsewhere} to other runs that had begun them" if swept.elsewhere else ""
    there = f"found {len(swept.plan.cached)} of {len(swept.plan.steps)} in the store {store}"
    say(f"Computed {counted(swept.computed, 'step')}{others}, {there}, {time.monotonic() - started:.1f} s.")
    for source, found in read.items():
        names = {one.name for one in found}
        _report([one for one in groups if one.experiment in names], _failures(swept), source, settings, seeds, opened)
    _finish(swept)


def tell(error: OutgrowError) -> None:
    """An error, after the notes that may explain it, such as how many rows were dropped."""
    for note in getattr(error, "__notes__", []):
        print(f"note: {plain(note)}", file=sys.stderr)
    print(f"error: {error}", file=sys.stderr)


def _busy(runtime: Runtime) -> str:
    """What helps on a machine that others use: threads that wait for each other there wait long; or ""."""
    cores = os.cpu_count() or 1
    if runtime.executor != "serial" or cores == 1 or "OMP_NUM_THREADS" in os.environ or not hasattr(os, "getloadavg"):
        return ""
    load = os.getloadavg()[0]
    if load < cores:
        return ""
    return (
        f"this machine is busy (load {load:.0f} on {cores} cores): small studies are often several times faster with "
        "OMP_NUM_THREADS=1 in front of the command"
    )


def _check_names(executor: str, tracker: str) -> None:
    """An error in words if there is no such executor or tracker, or the tracker's package is not installed."""
    from outgrow.executors.base import executors
    from outgrow.trackers.base import check_tracker

    executors[executor]
    if tracker:
        check_tracker(tracker)


def _report(
    groups: list[Group],
    failures: list[str],
    source: str,
    settings: list[str] | None,
    seeds: str | None,
    store: Artefacts,
) -> None:
    """Write the page of one experiment of the command. That it cannot be written is told, and costs nothing else."""
    from outgrow.cli.display import say

    if not any(group.student for group in groups):
        return  # nothing came of it
    name, given = groups[0].experiment, sorted(set(settings or []))
    given += [f"seeds={seeds}"] if seeds is not None else []
    options = [f"--set={one}" for one in settings or []] + ([f"--seeds={seeds}"] if seeds is not None else [])
    command = shlex.join(["outgrow", "run", source, *options, f"--store={store}"])
    path = store.pages / report_name(name, given, whole=all(group.student for group in groups))
    words = ", ".join(given)
    if len(words) > LONG:  # the page lists them all, and the command that repeats them
        words = f"{len(given)} settings of its own"
    title = f"{name} ({words})" if given else name
    try:
        written = write_report(groups, failures, path, title, command, store, follow=False)
        say(f"Report: {written}")
    except ConfigError as error:
        why = str(error).removesuffix("; choose another file with --out")
        elsewhere = shlex.join(["outgrow", "report", f"--store={store}", "--out=report.html"])
        print(f"note: {why}; to have it elsewhere, say `{elsewhere}`", file=sys.stderr)


def report_name(experiment: str, given: Sequence[str], *, whole: bool) -> str:
    """The file of a report: another one for other settings, and for what failed in part, so that none is lost."""
    words = "-".join(re.sub(r"[^\w.=+,-]+", "_", one) for one in given)
    if len(words) > 60:
        words = hashlib.sha256("\n".join(given).encode()).hexdigest()[:10]
    parts = [experiment[:100], *([words] if words else []), *([] if whole else ["incomplete"])]
    return f"report-{'-'.join(parts)}.html"


def _show_results(swept: Swept, store: Artefacts) -> list[Group]:
    from outgrow.cli.display import console, group_table, say, summary
    from outgrow.results.pooling import pool

    groups = pool(store, swept.records)
    for note in dict.fromkeys([*swept.notes, *(note for record in swept.records for note in record.notes)]):
        say(f"note: {note}")
    console.print(group_table(groups))
    for text in summary(groups):
        say()
        say(text)
    return groups


def _failures(swept: Swept) -> list[str]:
    from outgrow.executors.base import reason

    steps = swept.plan.steps  # seeds share a step's title
    return list(dict.fromkeys(f"{plain(steps[key].title)}: {reason(error)}" for key, error in swept.failures.items()))


def _finish(swept: Swept) -> None:
    if not swept.failures:
        return
    several = len(swept.failures) > 1
    done = {record.identity for record in swept.records if not record.failure}  # where another seed tells something
    told = {plain(record.failure) for record in swept.records if record.identity not in done}  # in the table
    untold = [failure for failure in _failures(swept) if failure not in told]
    end = f"what does not need {'them' if several else 'it'} is done and kept{':' * bool(untold)}"
    failed = f"{counted(len(swept.failures), 'step')} failed{', as told above' * (not untold)}"
    print(f"\n{failed}; {end}", file=sys.stderr)
    for failure in untold:
        print(f"  {failure}", file=sys.stderr)
    request_wrong = all(record.failure for record in swept.records) and all(
        isinstance(error, (ConfigError, DataError)) for error in swept.failures.values()
    )
    raise typer.Exit(2 if request_wrong else 1)
