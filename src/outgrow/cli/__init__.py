"""The command line: thin, and every mistake is one clear message."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from outgrow.cli.compare import compare
from outgrow.cli.packs import packs_app
from outgrow.cli.store import DEFAULT_STORE, StoreOption, store_app
from outgrow.errors import ConfigError, OutgrowError, StepFailed, StoreError
from outgrow.registry import KINDS as REGISTERED
from outgrow.registry import registry

if TYPE_CHECKING:
    from outgrow.results.table import Group
    from outgrow.sweep import Swept

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Weak-to-strong generalization: how much of its ceiling does a strong model reach when a weak one teaches it?",
)  # fmt: skip
zoo_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Build the shipped models and data anew.")
app.command()(compare)
app.add_typer(store_app, name="store")
app.add_typer(packs_app, name="packs")
app.add_typer(zoo_app, name="zoo")

KINDS = (*REGISTERED, "experiments", "packs")
IMPORTED: list[str] = []  # files given by --import


def main() -> None:
    """Entry point. Exit status: 0 all done, 1 some steps failed, 2 the request was wrong, 130 interrupted."""
    import logging

    logging.basicConfig(level=logging.ERROR, format="%(levelname)s: %(message)s")
    logging.getLogger("outgrow").setLevel(logging.WARNING)  # of other libraries, errors are enough
    sys.argv[1:] = _imports_first(sys.argv[1:])
    try:
        app()
    except OutgrowError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)


def _imports_first(arguments: list[str]) -> list[str]:
    """`run toy --import FILE` as `--import FILE run toy`: the option may stand anywhere."""
    first, rest, i = [], [], 0
    while i < len(arguments):
        if arguments[i] == "--import" and i + 1 < len(arguments):
            first += arguments[i : i + 2]
            i += 1
        elif arguments[i].startswith("--import="):
            first.append(arguments[i])
        else:
            rest.append(arguments[i])
        i += 1
    return [*first, *rest]


@app.callback(invoke_without_command=True)
def before(
    context: typer.Context,
    imports: Annotated[
        list[str] | None, typer.Option("--import", help="A Python file with components of your own.", metavar="FILE")
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Tell the version.", is_eager=True)] = False,
) -> None:
    """What holds for every command."""
    if version:
        from outgrow import __version__

        print(f"outgrow {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)
    from outgrow.registry import import_file

    for path in imports or []:
        import_file(path)
        IMPORTED.append(path)


@app.command()
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
    from outgrow.cli.display import Live, console, errors
    from outgrow.config import read_experiments, seeds_from
    from outgrow.executors.base import executors
    from outgrow.learning.team import rank
    from outgrow.plan import make_plan
    from outgrow.runtime import Runtime
    from outgrow.store import Store
    from outgrow.sweep import run_experiments

    started = time.monotonic()
    executors[executor]
    chosen = seeds_from(seeds) if seeds is not None else None
    wanted = [one for source in experiments for one in read_experiments(source, settings=settings or [], seeds=chosen)]
    there = (Path(store) / "artefacts").is_dir()
    plan = make_plan(wanted, cached=Store(store).keys() if there else set())
    if dry_run:
        _show_plan(plan)
        return
    opened = Store(store)
    if rank():
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
                    imports=tuple(IMPORTED),
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
    if rank():
        return  # the first of the processes that train together shows what came of it
    groups = _show_results(swept, store)
    console.print(
        f"\nComputed {swept.computed} steps, found {len(swept.plan.cached)} of {len(swept.plan.steps)} "
        f"in the store {store}, "
        f"{time.monotonic() - started:.1f} s.", soft_wrap=True,
    )  # fmt: skip
    for name in dict.fromkeys(group.experiment for group in groups):
        command = "outgrow report --store " + store + f" --where experiment={name}"
        path = _write_report(
            [g for g in groups if g.experiment == name], swept, Path(store) / f"report-{name}.html", name, command
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


def _write_report(groups: list[Group], swept: Swept | None, path: Path, title: str, command: str) -> Path:
    from dataclasses import replace

    from outgrow.report import render

    failures = _failures(swept) if swept else []
    groups = [replace(group, provenance={**group.provenance, "command": command}) for group in groups]
    try:
        partial = path.with_name(path.name + ".partial")
        partial.write_text(render(groups, title=title, failures=failures), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise ConfigError(
            f"cannot write the report to {str(path)!r}: {error.strerror}; choose another with --out"
        ) from error
    return path


def _failures(swept: Swept) -> list[str]:
    from outgrow.executors.base import reason

    steps = swept.plan.steps  # seeds share a step's title
    return list(dict.fromkeys(f"{steps[key].title}: {reason(error)}" for key, error in swept.failures.items()))


def _finish(swept: Swept) -> None:
    from outgrow.errors import DataError

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


@app.command()
def results(
    store: StoreOption = DEFAULT_STORE,
    format: Annotated[Literal["table", "json", "csv"], typer.Option(help="How to print it.")] = "table",
    group: Annotated[bool, typer.Option("--group", help="Pool seeds, with intervals.")] = False,
    where: Annotated[
        list[str] | None, typer.Option(help="Only rows with column=value; may be given several times.")
    ] = None,
) -> None:
    """Print the results table."""
    from outgrow.cli.display import console, group_table, row_table
    from outgrow.results.columns import COLUMNS, group_rows, rows
    from outgrow.results.records import pool, read_records
    from outgrow.store import Store

    opened = Store.existing(store)
    records = read_records(opened, where=where or [])
    if format == "table":
        console.print(group_table(pool(opened, records)) if group else row_table(records))
        return
    found = group_rows(pool(opened, records)) if group else rows(records)
    if format == "json":
        print(json.dumps(found, indent=1))
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(found[0]) if found else list(COLUMNS))
    writer.writeheader()
    writer.writerows(found)


@app.command()
def report(
    store: StoreOption = DEFAULT_STORE,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("outgrow-report.html"),
    where: Annotated[list[str] | None, typer.Option(help="Only rows with column=value.")] = None,
) -> None:
    """Write one self-contained HTML page with figures, the table and the provenance."""
    from outgrow.results.records import pool, read_records
    from outgrow.store import Store

    opened = Store.existing(store)
    command = " ".join(["outgrow report --store", store, *(f"--where {one}" for one in where or [])])
    groups = pool(opened, read_records(opened, where=where or []))
    title = ", ".join(dict.fromkeys(one.experiment for one in groups)) or "no results"
    print(_write_report(groups, None, out, title, command))


@app.command(name="list")
def list_(kind: Annotated[str, typer.Argument(help=" | ".join(KINDS), metavar="KIND")]) -> None:
    """List what can be named in an experiment, each with a description and its source."""
    if kind == "experiments":
        import tomllib

        from outgrow.config import shipped_experiments

        rows = [
            (name, str(tomllib.loads(text).get("about", "")), "shipped") for name, text in shipped_experiments().items()
        ]
    elif kind == "packs":
        from outgrow.packs import PACKS

        rows = [(pack.name, pack.about, pack.source) for pack in PACKS.values()]
    elif kind in REGISTERED:
        rows = [(entry.name, entry.about, entry.source) for entry in registry(kind)]
    else:
        raise ConfigError(f"cannot list {kind!r}; choose one of {', '.join(KINDS)}")
    width = max(len(row[0]) for row in rows)
    for name, about, source in rows:
        print(f"{name:{width}}  {about} [{source}]")


@app.command()
def doctor(store: StoreOption = DEFAULT_STORE) -> None:
    """Tell what this machine can do."""
    from outgrow.cli.doctor import examine

    for name, finding in examine(store):
        print(f"{name:14} {finding}")


@zoo_app.command("build")
def zoo_build(
    name: Annotated[Literal["chess"], typer.Argument(help="Which zoo.")],
    out: Annotated[Path, typer.Option(help="Where to work and leave the result.")] = Path("zoo-build"),
    scale: Annotated[float, typer.Option(min=1e-6, help="Share of the full size, to try it out.")] = 1.0,
    workers: Annotated[int, typer.Option(min=1, help="Engine processes at once.")] = 2,
) -> None:
    """Regenerate shipped models and data from seeds; hours at full size. Needs the extra [zoo] and Stockfish."""
    from outgrow.zoo.build.chess import build

    print(build(out, scale=scale, workers=workers))
