"""The command line's `results`, with `results forget` under it."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from outgrow.cli.results import results
from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.plain import counted

results_app = typer.Typer(rich_markup_mode=None)
SHOWN = 20


def _unless_forgetting(context: typer.Context, **options: Any) -> None:
    if context.invoked_subcommand is None:
        results(**options)
        return
    for name in options:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise ConfigError(f"write --{name} after {context.invoked_subcommand}, not before it")


def _with_options_of_results() -> Any:
    """The function above, with the options that `results` has: typer reads them off the signature."""
    options = inspect.signature(results, eval_str=True).parameters
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    function: Any = _unless_forgetting
    function.__signature__ = inspect.Signature([first, *options.values()])
    function.__annotations__ = {"context": typer.Context, **{name: one.annotation for name, one in options.items()}}
    function.__doc__ = results.__doc__
    return function


results_app.callback(invoke_without_command=True)(_with_options_of_results())


@results_app.command()
def forget(
    store: StoreOption = DEFAULT_STORE,
    failed: Annotated[bool, typer.Option("--failed", help="Failed rows only, of whatever age.")] = False,
    where: Annotated[list[str] | None, typer.Option(help="Rows with column=value; may be given several times.")] = None,
    key: Annotated[str, typer.Option(help="Rows whose key begins so.", metavar="KEYPREFIX")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove rows that fit every condition; without any, failed ones older than a day."""
    from outgrow.cli.display import listing, say
    from outgrow.results.forget import forget as remove
    from outgrow.results.shown import KEY
    from outgrow.store import open_store

    gone = remove(open_store(store, existing=True), failed=failed, where=where or [], key=key, dry_run=dry_run)
    rows = [(one.row.key[:KEY], one.row) for one in gone[:SHOWN]]
    listing(
        [
            ((key,), f"{row.experiment}, {row.weak} -> {row.strong}, {row.method}, seed {row.seed}: {row.verdict}")
            for key, row in rows
        ]
    )
    if len(gone) > SHOWN:
        say(f"... and {len(gone) - SHOWN:,} more")
    count = counted(len(gone), "row")
    kept = "; what they rest on stays until `outgrow store gc`" if gone else ""
    say(f"{'would remove' if dry_run else 'removed'} {count}{kept}")
