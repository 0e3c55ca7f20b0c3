"""The command line's `audit`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Literal

import typer

from outgrow.errors import ConfigError


def audit(
    model: Annotated[Path, typer.Argument(help="A model folder that `outgrow train` made.", metavar="MODEL")],
    sheets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SHEET...]", help="Sheets that somebody filled in, to read back. Without any: what is known now."
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say how many rows to check, and write which.")] = False,
    width: Annotated[
        float | None,
        typer.Option(help="Of the 95 % interval of accuracy: 0.1, as by default, is plus or minus 5 points."),
    ] = None,
    how: Annotated[
        Literal["random", "stratified"] | None,
        typer.Option(help="Draw at random, or more where the model is unsure. By default what needs fewer rows."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the draw.")] = None,
    out: Annotated[Path | None, typer.Option(help="The sheet to write: FILE.csv or FILE.jsonl.")] = None,
    show_answers: Annotated[
        bool,
        typer.Option(
            "--show-answers",
            help="Put the model's answers on the sheet. They are left out, as who sees them leans towards them.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a sheet that is there.")] = False,
    truth: Annotated[str, typer.Option(help="Column of the truth in the sheets; `truth` by default.")] = "",
    encoding: Annotated[str, typer.Option(help="Of the sheets; found out by default.")] = "",
    random: Annotated[
        bool, typer.Option("--random", help="Rows not from the sheet of a plan were drawn at random: count them too.")
    ] = False,
    correct: Annotated[
        bool,
        typer.Option("--correct", help="Where a sheet contradicts what was known, it is right; ? takes back."),
    ] = False,
) -> None:
    """Let a person check some rows, and say by them how often the model is right."""
    from outgrow.cli.display import say
    from outgrow.cli.train import show
    from outgrow.own_model.audit import plan_audit, read_audit, what_is_known

    planning = {"--width": width is not None, "--how": bool(how), "--seed": seed is not None, "--out": bool(out),
                "--show-answers": show_answers, "--force": force}  # fmt: skip
    reading = {"--truth": bool(truth), "--encoding": bool(encoding), "--random": random, "--correct": correct}
    if plan and sheets:
        raise ConfigError("--plan writes a sheet, and does not read any: leave --plan or the sheets out")
    for names, fits, cure in (
        (planning, plan, "is for --plan"),
        (reading, bool(sheets), "is for sheets that are read: name them"),
    ):
        if not fits and (given := next((name for name, there in names.items() if there), "")):
            raise ConfigError(f"{given} {cure}")
    if plan:
        if out is None:
            raise ConfigError("--out is missing: the sheet to write, such as --out to-check.csv")
        made = plan_audit(
            model, width=0.1 if width is None else width, how=how, seed=seed or 0, out=out, blind=not show_answers,
            force=force,
        )  # fmt: skip
        show(made.finding)
        if made.sheet:
            say()
            say(f"{made.sheet}: when it is filled in, outgrow audit {quote(str(model))} {quote(str(made.sheet))}")
        return
    if not sheets:
        for one in what_is_known(model):
            show(one)
        return
    done = read_audit(
        model, sheets, truth=truth or "truth", random=random, correct=correct, encoding=encoding,
    )  # fmt: skip
    for note in done.notes:
        say(f"note: {note}")
    for one in done.found:
        show(one)
    say()
    say(f"Kept in {model}, with all of this as a page: {done.page}")
