"""The command line's `zoo` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

zoo_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Build the shipped models and data anew.")


@zoo_app.command("build")
def zoo_build(
    name: Annotated[Literal["chess"], typer.Argument(help="Which zoo.")],
    out: Annotated[Path, typer.Option(help="Where to work and leave the result.")] = Path("zoo-build"),
    scale: Annotated[float, typer.Option(min=1e-6, help="Share of the full size, to try it out.")] = 1.0,
    workers: Annotated[int, typer.Option(min=1, help="Engine processes at once.")] = 2,
) -> None:
    """Regenerate shipped models and data from seeds; hours at full size. Needs the extra [zoo] and Stockfish."""
    from outgrow.cli.display import say
    from outgrow.zoo.build.chess import build

    say(build(out, scale=scale, workers=workers))
