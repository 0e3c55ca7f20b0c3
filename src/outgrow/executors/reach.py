"""What other processes cannot have: classes of a notebook; and why one of them died."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import signal
import sys
from collections.abc import Iterator

from outgrow.errors import ConfigError
from outgrow.metrics.base import metrics
from outgrow.plan import Plan
from outgrow.steps import Comparison


def check_reach(plan: Plan, *, scripts: bool = True) -> None:
    """ConfigError where a plan needs what is defined in a notebook, or where a script starts processes unguarded.

    A new process imports the main module anew. A notebook and an interactive session are no files that it could import.

    Args:
        scripts: whether processes import a script that is the main module.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ConfigError(
            'a script that runs experiments in processes must do so under `if __name__ == "__main__":`, since every '
            "process imports the script"
        )
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file == "<stdin>":
        raise ConfigError("processes cannot import what comes from standard input: put it into a file")
    if scripts and (file or getattr(main, "__spec__", None)):
        return
    place = "script" if file else "notebook or interactive session"
    if name := next(_of_main([plan.steps[key] for key in plan.todo], set()), None):
        raise ConfigError(
            f"{name!r} is defined in this {place}, where processes cannot find it: write it "
            "into a file, say mine.py, and call outgrow.import_file('mine.py') in its place; or use the executor serial"
        )


def _of_main(value: object, seen: set[int]) -> Iterator[str]:
    """What of `value`, and all that it holds, is defined in the main module."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if type(value).__module__ == "__main__":
        yield type(value).__name__
    if isinstance(value, Comparison):
        yield from (one.name for one in metrics if (one.name, one.module) == (value.metric, "__main__"))
    if isinstance(value, dict):
        value = list(value.values())
    elif dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _of_main(one, seen)


def death(status: int | None, *, title: str, silence: float | None) -> str:
    """In words, why a worker died while a step was computed.

    Args:
        status: its exit status; the negative number of the signal that ended it.
        silence: seconds for which it gave no sign of life, if it was ended for that.
    """
    ended = f"a worker process died during {title!r}"
    cure = "run again with fewer --workers"
    if silence is not None:
        ended = f"a worker process gave no sign of life for {silence:.0f} s during {title!r}, and was ended"
        cure = "see what stopped it, and run again"
    elif status and status < 0:
        how = str(-status)
        with contextlib.suppress(ValueError):
            how = signal.Signals(-status).name
        ended += f" of {how}, perhaps for lack of memory"
    elif status:
        ended += f" with exit status {status}, and what it said stands above"
        cure = "mend that, and run again"
    return f"{ended}; what was finished is kept: {cure}"
