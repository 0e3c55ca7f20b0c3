"""Writes docs/mistakes.md by making the mistakes; with `--check`, says whether it is stale."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).with_name("mistakes.md")
sys.path.append(str(PAGE.parents[1] / "tests" / "plugins"))
os.environ["OMP_NUM_THREADS"] = "1"  # else a busy machine adds a note

from likely_mistakes import MISTAKES, Mistake, make_files  # noqa: E402

HEAD = """# Likely mistakes

What `outgrow` says to twenty mistakes that are easily made. Each is told before anything is trained, in one message,
and the exit status is 2. `reviews.toml` is an experiment on the table `reviews.csv`, which has the columns
`id`, `text` and `label`.

This page is written by `python docs/mistakes.py`, which makes the mistakes.
"""


def page() -> str:
    """The page, as it should be now."""
    return HEAD + "".join(_section(one) for one in MISTAKES if one.shown)


def _section(mistake: Mistake) -> str:
    return f"\n## {mistake.about}\n\n```text\n$ {shlex.join(['outgrow', *mistake.command])}\n{_said(mistake)}```\n"


def _said(mistake: Mistake) -> str:
    """What the command prints, in a folder of its own."""
    from outgrow.cli import main

    before, arguments, said = Path.cwd(), sys.argv, io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder))
        mistake.prepare(Path(folder))
        try:
            os.chdir(folder)
            sys.argv = ["outgrow", *mistake.command]
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
                main()
        finally:
            os.chdir(before)
            sys.argv = arguments
    return said.getvalue()


def write() -> None:
    """Write the page, or with `--check` say if it is stale."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    elif page() != PAGE.read_text(encoding="utf-8"):
        sys.exit("docs/mistakes.md is stale: run `python docs/mistakes.py`")


if __name__ == "__main__":
    write()
