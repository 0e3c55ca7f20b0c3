"""The command line's `compare`."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError

if TYPE_CHECKING:
    from outgrow.results.compare import Scores


def compare(
    what: Annotated[
        list[str],
        typer.Argument(
            help="Two or more: files with columns id and score, keys of rows, or conditions such as method=naive "
            "(several with commas between). Each is compared with the first.",
            metavar="A B...",
        ),
    ],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Compare rows of a store, or files of scores: difference, interval, p, in a sentence."""
    from outgrow.cli.display import say
    from outgrow.results.compare import difference, holm, sentence

    if len(what) < 2:
        raise ConfigError("outgrow compare needs two: A and B, such as method=naive method=confidence")
    first, *others = (_scores(one, store) for one in what)
    found = [difference(first, other) for other in others]
    for one, p in zip(found, holm([one.p for one in found]), strict=True):
        for note in one.notes:
            say(f"note: {note}")
        say(sentence(replace(one, p=p), corrected=len(found)))


def _scores(what: str, store: str) -> Scores:
    from outgrow.results.compare import file_scores, student_scores
    from outgrow.results.records import read_records
    from outgrow.store import open_store

    path = Path(os.path.expanduser(what))
    if path.suffix in (".csv", ".parquet"):
        if not os.path.isfile(path):
            raise ConfigError(f"there is no file {what!r}")
        return file_scores(path)
    opened = open_store(store, existing=True)
    if "=" in what:  # a comma within a value, as in method=confidence(alpha=0.75, ramp=0.1), parts no conditions
        return student_scores(opened, read_records(opened, where=re.split(r",(?=[\w.]+=)", what)), what)
    every = {one.row.key: one for one in read_records(opened)}  # of equal keys the answers are the same
    records = [one for key, one in every.items() if key.startswith(what)]
    if not records:
        for column in ("method", "weak", "strong", "experiment", "task"):
            if any(getattr(one.row, column) == what for one in every.values()):
                raise ConfigError(f"{what!r} is neither a file nor a condition; did you mean {column}={what}?")
        raise ConfigError(f"{what!r} is no file, no condition such as method=naive, and no key of a row in {store}")
    if len(records) > 1:
        keys = ", ".join(one.row.key[:12] for one in records[:6])
        left = ", ..." if len(records) > 6 else ""
        raise ConfigError(f"{len(records)} keys begin with {what!r}: {keys}{left}; write more of it, or conditions")
    return student_scores(opened, records, what)
