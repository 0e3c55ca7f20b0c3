"""The command line: thin, and every mistake is one clear message."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from outgrow.cli import (
    audit,
    claims,
    compare,
    export,
    forget,
    label,
    leaderboard,
    listing,
    packs,
    reproduce,
    results,
    run,
    store,
    submit,
    train,
    watch,
    zoo,
)
from outgrow.errors import ConfigError, OutgrowError
from outgrow.plain import plain


class Command(TyperGroup):
    """The command `outgrow`. What is said of wrong arguments repeats them, made plain."""

    def make_context(self, *given: Any, **options: Any) -> Any:
        with _made_plain():
            return super().make_context(*given, **options)

    def invoke(self, ctx: Any) -> Any:
        with _made_plain():
            return super().invoke(ctx)


@contextlib.contextmanager
def _made_plain() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(text := vars(error).get("message"), str):  # an error of click's, or of typer's copy of click
            vars(error)["message"] = plain(text)
        raise


app = typer.Typer(
    cls=Command, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Weak-to-strong generalization: how much of its ceiling does a strong model reach when a weak one teaches it?",
)  # fmt: skip
for command in (
    run.run, watch.watch, submit.submit, train.train, audit.audit, label.label, export.export, results.report,
    results.analyse, compare.compare, claims.claims, leaderboard.leaderboard, reproduce.reproduce, listing.doctor,
):  # fmt: skip
    app.command()(command)
app.command(name="list")(listing.list_)
app.add_typer(forget.results_app, name="results")
app.add_typer(store.store_app, name="store")
app.add_typer(packs.packs_app, name="packs")
app.add_typer(zoo.zoo_app, name="zoo")


def main() -> None:
    """Entry point. Exit status: 0 all done, 1 some steps failed, 2 the request was wrong, 130 interrupted."""
    import logging

    class Plain(logging.Formatter):
        """What is logged, with other people's exceptions, made plain line by line."""

        def format(self, record: logging.LogRecord) -> str:
            return "\n".join(map(plain, super().format(record).split("\n")))

    handler = logging.StreamHandler()
    handler.setFormatter(Plain("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.ERROR, handlers=[handler])
    logging.getLogger("outgrow").setLevel(logging.WARNING)  # of other libraries, errors are enough
    _end_as_by_ctrl_c()
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter gets its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.argv[1:] = _imports_first(sys.argv[1:])
        app()
    except OutgrowError as error:
        run.tell(error)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)


def _end_as_by_ctrl_c() -> None:
    """Let `kill`, a batch system or a lost connection end a run as Ctrl-C does: what is finished is kept and told."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):  # not every system has both
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup, say, ignores SIGHUP
            signal.signal(number, interrupt)


def _imports_first(arguments: list[str]) -> list[str]:
    """`run toy --import FILE` as `--import FILE run toy`: the option may stand anywhere."""
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for one in remaining:
        if one == "--import":
            file = next(remaining, None)
            if file is None:
                raise ConfigError("--import needs a Python file")
            first += [one, file]
        else:
            (first if one.startswith("--import=") else rest).append(one)
    return [*first, *rest]


@app.callback(invoke_without_command=True)
def before(
    context: typer.Context,
    imports: Annotated[
        list[str] | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="A Python file with components of your own; also after the command, and several times.",
        ),
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
