"""The command line's `store` commands."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.errors import ConfigError
from outgrow.plain import counted

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts

StoreOption = Annotated[str, typer.Option("--store", help="Store of finished steps: a folder, or s3://bucket/study.")]
DEFAULT_STORE = "./outgrow-store"


store_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the store of finished steps.")


@store_app.command("ls")
def store_ls(store: StoreOption = DEFAULT_STORE) -> None:
    """List finished steps, oldest first."""
    from outgrow.cli.display import Shown, console
    from outgrow.results.shown import KEY, TextTable
    from outgrow.store import open_store

    rows = [
        (
            one.key[:KEY], one.step, f"{one.size:,} B", f"{one.seconds:.1f} s",
            time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created)),
        )
        for one in open_store(store, existing=True).manifests()
    ]  # fmt: skip
    names = ("key", "step", "size", "took", "when")
    console.print(
        Shown(TextTable(names=names, numeric=names[2:4], measured=names[1:], rows=rows, once=False), head=False)
    )


@store_app.command("why")
def store_why(
    what: Annotated[str, typer.Argument(help="Shipped experiment, TOML file, or the key of a row or a step.")],
    settings: Annotated[list[str] | None, typer.Option("--set", help="Override a value.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Explain why steps of an experiment are not in the store: how the nearest differ; or what a key is."""
    from outgrow.cli.display import listing, say
    from outgrow.config import read_experiments
    from outgrow.plan import explain, make_plan
    from outgrow.store import open_store

    opened = open_store(store, existing=True)
    if re.fullmatch(r"[0-9a-f]{4,64}", what) and not Path(what).exists():
        listing(_what_a_key_is(opened, what))
        return
    plan = make_plan(read_experiments(what, settings=settings or []), cached=opened.keys())
    if not plan.todo:
        say("every step is in the store")
        return
    listing([((key,), text) for key, _, text in (one.partition("  ") for one in explain(plan, opened.manifests()))])


def _what_a_key_is(opened: Artefacts, key: str) -> list[tuple[tuple[str], str]]:
    """The rows and the finished steps whose keys begin so."""
    from outgrow.results.records import read_records
    from outgrow.results.shown import KEY

    records, there = read_records(opened), opened.keys()
    found: list[tuple[tuple[str], str]] = []
    for one in records:
        if one.row.key.startswith(key):
            missing = sum(step not in there for step in one.steps)
            left = f", {missing} of them not in the store" if missing else ", all in the store"
            why = f": {one.failure}" if one.failure else ""
            text = (
                f"row of {one.row.experiment}: {one.row.weak} -> {one.row.strong}, {one.row.method}, seed "
                f"{one.row.seed}; {one.row.verdict}{why}; it rests on {len(one.steps)} steps{left}"
            )
            found.append(((one.row.key[:KEY],), text))
    for manifest in opened.manifests():
        if manifest.key.startswith(key):
            needed = sum(manifest.key in one.steps for one in records)
            inputs = ", ".join(f"{name} {of[:KEY]}" for name, of in manifest.inputs.items()) or "nothing"
            text = f"step {manifest.step}, made of {inputs}; needed by {counted(needed, 'row')}"
            found.append(((manifest.key[:KEY],), text))
    if not found:
        raise ConfigError(f"no key in {opened} begins with {key!r} (outgrow results, outgrow store ls)")
    return found


@store_app.command("verify")
def store_verify(store: StoreOption = DEFAULT_STORE) -> None:
    """Check every checksum; exit 1 and name what is damaged."""
    from outgrow.cli.display import say
    from outgrow.store import open_store

    opened = open_store(store, existing=True)
    damaged = opened.verify()
    for line in damaged:
        say(line)
    if damaged:
        raise typer.Exit(1)
    say(f"{counted(len(opened.keys()), 'artefact')} and {counted(len(list(opened.results())), 'row')}, all whole")


@store_app.command("gc")
def store_gc(
    store: StoreOption = DEFAULT_STORE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, delete nothing.")] = False,
    all_of_it: Annotated[bool, typer.Option("--all", help="Even if no row needs anything that is there.")] = False,
) -> None:
    """Delete what no row of the results table needs, and leftovers of interrupted runs."""
    from outgrow.cli.display import say
    from outgrow.results.records import read_records
    from outgrow.store import open_store
    from outgrow.store.garbage import collect_garbage

    opened = open_store(store, existing=True)
    records = read_records(opened)
    needed = {key for one in records for key in one.steps}
    garbage = collect_garbage(opened, needed, dry_run=dry_run, all_of_it=all_of_it)
    besides = "".join(f", and {size:,} bytes in {name}/" for name, size in garbage.leftovers.items())
    count = counted(len(garbage.artefacts), "artefact")
    say(f"{'would delete' if dry_run else 'deleted'} {count}, {garbage.size:,} bytes{besides}")


@store_app.command("rebuild")
def store_rebuild(store: StoreOption = DEFAULT_STORE) -> None:
    """Make the index anew from the artefacts."""
    from outgrow.cli.display import say
    from outgrow.store import open_store

    say(f"{counted(open_store(store, existing=True).rebuild(), 'artefact')} in the index")


Where = Annotated[
    list[str] | None,
    typer.Option("--where", help="Only rows with column=value and what they rest on; may be given several times."),
]


@store_app.command("push")
def store_push(
    to: Annotated[str, typer.Argument(help="The store to copy to: s3://bucket/study, or a folder.", metavar="STORE")],
    store: StoreOption = DEFAULT_STORE,
    where: Where = None,
) -> None:
    """Copy rows and finished steps to another store; what is there is left as it is."""
    from outgrow.store import open_store

    _copy(open_store(store, existing=True), open_store(to), where or [])


@store_app.command("pull")
def store_pull(
    of: Annotated[str, typer.Argument(help="The store to copy from: s3://bucket/study, or a folder.", metavar="STORE")],
    store: StoreOption = DEFAULT_STORE,
    where: Where = None,
) -> None:
    """Copy rows and finished steps from another store; what is here is left as it is."""
    from outgrow.store import open_store

    _copy(open_store(of, existing=True), open_store(store), where or [])


def _copy(source: Artefacts, target: Artefacts, where: list[str]) -> None:
    """Copy, and tell what came of it; exit 1 where something could not be copied."""
    from outgrow.cli.display import say
    from outgrow.results.columns import select
    from outgrow.results.records import records_by_name
    from outgrow.store.copying import copy

    if str(source) == str(target):
        raise ConfigError(f"{source} is the store itself: give another one to copy to or from")
    names = None
    if where:
        named = records_by_name(source)
        chosen = {id(one) for one in select([*named.values()], where)}
        names = {name for name, one in named.items() if id(one) in chosen}
    done = copy(source, target, names=names)
    there = f"; {counted(done.there, 'artefact')} {'was' if done.there == 1 else 'were'} there already" * bool(
        done.there
    )
    what = f"{counted(done.artefacts, 'artefact')}, {done.size:,} bytes, and {counted(done.rows, 'row')}"
    say(f"copied {what} from {source} to {target}{there}")
    if done.missing:
        say(f"{counted(len(done.missing), 'artefact')} that rows rest on are not in {source}, and so were not copied")
    for problem in done.damaged.values():
        say(problem)
    if done.left:
        say(f"left out {counted(len(done.left), 'row')} that rest on what is damaged: run them again")
    if done.conflicts:
        one, at = len(done.conflicts) == 1, f"--store {shlex.quote(str(target))}"
        say(
            f"{counted(len(done.conflicts), 'row')} of {target} {'says' if one else 'say'} something else than "
            f"{'that' if one else 'those'} of {source} for the same key ({', '.join(done.conflicts[:3])}"
            f"{', ...' * (len(done.conflicts) > 3)}), as where both were computed apart. {target} keeps its own; to "
            f"have {'the other' if one else 'the others'}, say `outgrow results forget {at} --key KEY` and `outgrow "
            f"store gc {at}`, and copy again"
        )
    if done.damaged or done.conflicts:
        raise typer.Exit(1)
