"""The command line's `store` commands."""

from __future__ import annotations

import time
from typing import Annotated

import typer

StoreOption = Annotated[str, typer.Option("--store", help="Folder of finished steps.")]
DEFAULT_STORE = "./outgrow-store"

store_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the store of finished steps.")


@store_app.command("ls")
def store_ls(store: StoreOption = DEFAULT_STORE) -> None:
    """List finished steps, oldest first."""
    from outgrow.store import Store

    for manifest in Store.existing(store).manifests():
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(manifest.created))
        print(f"{manifest.key[:12]}  {manifest.step:9} {manifest.size:>12,} B  {manifest.seconds:7.1f} s  {when}")


@store_app.command("why")
def store_why(
    experiment: Annotated[str, typer.Argument(help="Shipped experiment or TOML file.")],
    settings: Annotated[list[str] | None, typer.Option("--set", help="Override a value.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Explain why steps of an experiment are not in the store: the difference to the nearest that are."""
    from outgrow.config import read_experiments
    from outgrow.plan import explain, make_plan
    from outgrow.store import Store

    opened = Store.existing(store)
    plan = make_plan(read_experiments(experiment, settings=settings or []), cached=opened.keys())
    if not plan.todo:
        print("every step is in the store")
    for line in explain(plan, opened.manifests()):
        print(line)


@store_app.command("verify")
def store_verify(store: StoreOption = DEFAULT_STORE) -> None:
    """Check every checksum; exit 1 and name what is damaged."""
    from outgrow.store import Store

    opened = Store.existing(store)
    damaged = opened.verify()
    for line in damaged:
        print(line)
    if damaged:
        raise typer.Exit(1)
    print(f"{len(opened.keys())} artefacts and {len(list(opened.results()))} rows, all whole")


@store_app.command("gc")
def store_gc(
    store: StoreOption = DEFAULT_STORE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, delete nothing.")] = False,
    all_of_it: Annotated[bool, typer.Option("--all", help="Even if no row needs anything that is there.")] = False,
) -> None:
    """Delete what no row of the results table needs, and leftovers of interrupted runs."""
    from outgrow.results.records import read_records
    from outgrow.store import Store
    from outgrow.store.garbage import collect_garbage

    opened = Store.existing(store)
    records = read_records(opened)
    needed = {key for one in records for key in one.steps}
    garbage = collect_garbage(opened, needed, dry_run=dry_run, all_of_it=all_of_it)
    besides = "".join(f", and {size:,} bytes in {name}/" for name, size in garbage.leftovers.items())
    count = len(garbage.artefacts)
    print(f"{'would delete' if dry_run else 'deleted'} {count} artefacts, {garbage.size:,} bytes{besides}")


@store_app.command("rebuild")
def store_rebuild(store: StoreOption = DEFAULT_STORE) -> None:
    """Make the index anew from the artefacts."""
    from outgrow.store import Store

    print(f"{Store.existing(store).rebuild()} artefacts in the index")
