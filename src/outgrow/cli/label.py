"""The command line's `label`."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from outgrow.errors import ConfigError, StepFailed, StoreError
from outgrow.plain import counted, plain

if TYPE_CHECKING:
    from outgrow.labelling import Labelled


def label(
    model: Annotated[str, typer.Argument(help="Folder of a model (outgrow train, outgrow export).")],
    source: Annotated[
        str,
        typer.Argument(
            help="CSV, TSV, JSON lines or Parquet, compressed or not; a folder of images; - for standard input.",
            metavar="INPUT",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Its suffix says the form: .csv, .tsv, .jsonl, .parquet, .csv.gz; - and no FILE: standard output.",
        ),
    ] = "",
    text: Annotated[str, typer.Option(help="Column that the model reads, if it is called otherwise here.")] = "",
    first: Annotated[str, typer.Option(help="Column of the first of two candidates, likewise.")] = "",
    second: Annotated[str, typer.Option(help="Column of the second, likewise.")] = "",
    prompt: Annotated[str, typer.Option(help="Column of what both answer, likewise.")] = "",
    image: Annotated[str, typer.Option(help="Column with paths of images, likewise.")] = "",
    prefix: Annotated[str, typer.Option(help="What the names of the new columns begin with.")] = "",
    form: Annotated[Literal["", "csv", "jsonl", "parquet"], typer.Option(help="Of INPUT; found out by default.")] = "",
    encoding: Annotated[str, typer.Option(help="Of INPUT; found out by default.")] = "",
    delimiter: Annotated[str, typer.Option(help="Of a CSV file; found out by default.")] = "",
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="Write cells that no spreadsheet takes for a formula.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="Rows that are read, answered and written at once.")] = 8_192,
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="What to compute on.")] = "auto",
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        typer.Option(help="Of matrix products; bfloat16 moves probabilities by about 0.01. auto: bfloat16 where fast."),
    ] = "float32",
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there already.")] = False,
) -> None:
    """Label new data with a trained model: all its columns, then label, probability, and p_CLASS for every class."""
    from outgrow.labelling import label_file
    from outgrow.progress import Counting
    from outgrow.runtime import Runtime
    from outgrow.student import load
    from outgrow.tasks.sources.cures import options_named

    if not out and sys.stdout.isatty():
        raise ConfigError("say where the labels go: --out labelled.csv, or --out - to see them here")
    started = time.monotonic()
    columns = {"text": text, "first": first, "second": second, "prompt": prompt, "image": image}
    with options_named(), Counting() as counting:
        try:
            found = label_file(
                load(model), source, out or "-", columns=columns, form=form, encoding=encoding,
                delimiter=delimiter.replace("\\t", "\t"),
                batch=batch, prefix=prefix, spreadsheet=spreadsheet, force=force, watch=counting,
                runtime=Runtime(device=device, precision=precision),
            )  # fmt: skip
        except KeyboardInterrupt:
            counting.__exit__(None, None, None)
            kept = (
                ""
                if out in ("", "-")
                else f"; what is done is kept in {plain(out)}.part: run the same command to go on"
            )
            print(f"\nstopped{kept}", file=sys.stderr)
            sys.exit(130)
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        except (StoreError, StepFailed) as error:
            counting.__exit__(None, None, None)
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)
    _tell(found, source, time.monotonic() - started)


def _tell(found: Labelled, source: str, seconds: float) -> None:
    """What came of it, on stderr, as stdout may be the output."""
    for note in found.notes:
        print(f"note: {plain(note)}", file=sys.stderr)
    shares = ", ".join(f"{n:,} {name}" for name, n in found.classes.items() if n)
    before = f", {found.resumed:,} of them before" if found.resumed else ""
    print(
        plain(
            f"labelled {found.labelled:,} of {counted(found.rows, 'row')} of {source}{before}: {shares or 'none'}; "
            f"{seconds:.1f} s"
        ),
        file=sys.stderr,
    )
