"""The command line's `run`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from outgrow.cli.results import write_report
from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError, DataError, StepFailed, StoreError

if TYPE_CHECKING:
    from outgrow.results.table import Group
    from outgrow.sweep import Swept


def run(
    experiments: Annotated[
        list[str], typer.Argument(help="Shipped experiments by name, or TOML files.", metavar="EXPERIMENT...")
    ],
    settings: Annotated[list[str] | None, typer.Option("--set", help="Override a value: method.alpha=0.5")] = None,
    store: StoreOption = DEFAULT_STORE,
    seeds: Annotated[str | None, typer.Option(help="Seeds instead of the experiment's: 0,1,2")] = None,
    executor: Annotated[str, typer.Option(help="How to run the steps (outgrow list executors).")] = "serial",
    workers: Annotated[int, typer.Option(min=1, help="Processes at once, for executors that use several.")] = 2,
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and compute nothing.")] = False,
) -> None:
    """Run experiments; what is finished already is not computed again."""
    from outgrow.cli.display import console
    from outgrow.config import read_experiments, seeds_from
    from outgrow.executors.base import executors
    from outgrow.learning.team import team
    from outgrow.plan import make_plan
    from outgrow.progress import Live, errors
    from outgrow.runtime import Runtime
    from outgrow.store import Store
    from outgrow.sweep import run_experiments

    started = time.monotonic()
    executors[executor]
    chosen = seeds_from(seeds) if seeds is not None else None
    wanted = [one for source in experiments for one in read_experiments(source, settings=settings or [], seeds=chosen)]
    opened = Store(store)
    plan = make_plan(wanted, cached=opened.keys())
    if dry_run:
        _show_plan(plan)
        return
    opened.create()
    if team().rank:
        errors.quiet = True
    with Live(plan) as live:
        try:
            swept = run_experiments(
                wanted,
                opened,
                runtime=Runtime(
                    executor=executor,
                    workers=workers,
                    device=device,
                    precision=precision,
                    micro_batch_tokens=micro_batch_tokens,
                    checkpointing=checkpointing,
                ),
                watcher=live,
            )
        except KeyboardInterrupt:
            live.__exit__(None, None, None)
            left = len(make_plan(wanted, cached=opened.keys()).todo)
            print(
                f"\nstopped, {left} steps left; finished ones are kept in {store}: run the same command to go on",
                file=sys.stderr,
            )
            sys.exit(130)
        except (StoreError, StepFailed) as error:  # the request was right, but the disk or a worker gave up on the way
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)
    if team().rank:
        return  # the first of the processes that train together shows what came of it
    groups = _show_results(swept, store)
    console.print(
        f"\nComputed {swept.computed} steps, found {len(swept.plan.cached)} of {len(swept.plan.steps)} "
        f"in the store {store}, "
        f"{time.monotonic() - started:.1f} s.", soft_wrap=True,
    )  # fmt: skip
    for name in dict.fromkeys(group.experiment for group in groups):
        command = "outgrow report --store " + store + f" --where experiment={name}"
        path = write_report(
            [g for g in groups if g.experiment == name],
            _failures(swept),
            Path(store) / f"report-{name}.html",
            name,
            command,
            opened,
        )
        console.print(f"Report: {path}", soft_wrap=True)
    _finish(swept)


def _show_plan(plan: Any) -> None:
    from outgrow.cli.display import console, plan_table
    from outgrow.learning.machine import bfloat16_gain, multiplies_bfloat16

    console.print(plan_table(plan))
    seconds, gain = plan.work / _multiply_rate(), bfloat16_gain() if multiplies_bfloat16("cpu") else 1.0
    faster = f", {seconds / gain:,.0f} s where networks are multiplied in bfloat16" if gain > 1 else ""
    console.print(
        f"{len(plan.results)} experiments, {len(plan.steps)} unique steps, {len(plan.todo)} of them to do. "
        f"About {plan.work:.2g} multiply-accumulates, roughly {seconds:,.0f} s on this machine's CPU{faster}. "
        f"Trainings one by one would be {plan.trainings_unshared}.", soft_wrap=True,
    )  # fmt: skip


def _multiply_rate() -> float:
    """Multiply-accumulates a second to expect in training: a half of what a large matrix product reaches here."""
    import torch

    matrix = torch.ones(1024, 1024)
    for _ in range(3):
        started = time.perf_counter()
        matrix @ matrix
    return float(1024**3 / (time.perf_counter() - started) / 2)


def _show_results(swept: Swept, store: str) -> list[Group]:
    from outgrow.cli.display import console, group_table, sentences
    from outgrow.results.records import pool
    from outgrow.store import Store

    groups = pool(Store(store), swept.records)
    for note in dict.fromkeys(note for record in swept.records for note in record.notes):
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    console.print(group_table(groups))
    for group in headline(groups):
        console.print()
        console.print(sentences(group), markup=False, soft_wrap=True)
    return groups


def headline(groups: list[Group]) -> list[Group]:
    """Per experiment: the smallest supervisor with the largest student, every method."""
    found = []
    for name in dict.fromkeys(group.experiment for group in groups):
        own = [group for group in groups if group.experiment == name]
        smallest, largest = min(group.weak_cost for group in own), max(group.strong_cost for group in own)
        found += [group for group in own if (group.weak_cost, group.strong_cost) == (smallest, largest)]
    return found


def _failures(swept: Swept) -> list[str]:
    from outgrow.executors.base import reason

    steps = swept.plan.steps  # seeds share a step's title
    return list(dict.fromkeys(f"{steps[key].title}: {reason(error)}" for key, error in swept.failures.items()))


def _finish(swept: Swept) -> None:
    if not swept.failures:
        return
    count = f"{len(swept.failures)} step{'s' * (len(swept.failures) > 1)}"
    print(f"\n{count} failed; what does not need them is done and kept:", file=sys.stderr)
    for failure in _failures(swept):
        print(f"  {failure}", file=sys.stderr)
    request_wrong = all(record.failure for record in swept.records) and all(
        isinstance(error, (ConfigError, DataError)) for error in swept.failures.values()
    )
    raise typer.Exit(2 if request_wrong else 1)
