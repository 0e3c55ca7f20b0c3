"""The command line's `watch`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.plain import counted

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.watching import At, Told

LOOK = 2.0  # seconds between two looks at the store, in a terminal
LINES = 30.0  # and in a log
AGAIN = 8.0  # and before a run is called dead whose clock may be another: by then it has told more


def watch(
    store: StoreOption = DEFAULT_STORE,
    once: Annotated[bool, typer.Option("--once", help="Tell how far runs are, and end.")] = False,
    stop: Annotated[
        str, typer.Option(metavar="RUN", help="Ask a run to stop, by the beginning of its name.", show_default=False)
    ] = "",
) -> None:
    """Follow the runs on a store, from any machine that sees it, until they are over."""
    from outgrow.cli.display import console, say
    from outgrow.store import open_store
    from outgrow.watching import wish_stop

    opened, pulse = open_store(store, existing=True), Pulse()
    found = _looked(opened, pulse)
    alive = [one for one in found if pulse.alive(one)]
    if stop:
        name = _chosen(stop, [one.name for one in alive])
        wish_stop(opened, name)
        say(f"asked {name} to stop: it looks every few seconds, and keeps what is finished")
        return
    if once or not alive:
        for line in _cut(_lines(found, pulse)):
            say(line)
        if not found:
            say(f"no run has told the store {store} anything; one that goes on does so every few seconds")
        return
    known = {one.name for one in alive}
    if console.is_terminal:
        _show(opened, pulse, known)
    else:
        _log(opened, pulse, known)


class Pulse:
    """Whether runs give signs of life, by the clock of whoever looks: those of other machines may go wrong."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}  # by run: its last beat, and when that was first seen here

    def silence(self, run: Told) -> float:
        """Seconds without a sign."""
        beat, since = self._seen.get(run.name, (None, 0.0))
        if beat is None:
            behind = time.time() - run.beat
            since = time.monotonic() - min(max(behind, 0.0), 1e9)
            self._seen[run.name] = (run.beat, since)
        elif beat != run.beat:
            since = time.monotonic()
            self._seen[run.name] = (run.beat, since)
        return time.monotonic() - since

    def alive(self, run: Told) -> bool:
        """Whether it goes on, as far as one can see."""
        from outgrow.watching import SILENT

        return not run.ended and self.silence(run) < SILENT


def _looked(store: Artefacts, pulse: Pulse) -> list[Told]:
    """What runs have told; looked at twice where one seems dead by its clock, which may go wrong."""
    from outgrow.watching import KEPT, runs

    found = runs(store)
    if any(not one.ended and not pulse.alive(one) and pulse.silence(one) < KEPT for one in found):
        time.sleep(AGAIN)
        found = runs(store)
    return found


def _chosen(beginning: str, names: Sequence[str]) -> str:
    """The one name that begins so."""
    found = [name for name in names if name.startswith(beginning)]
    if len(found) != 1:
        there = f"; there are {', '.join(names)}" if names else "; none goes on"
        raise ConfigError(f"{counted(len(found), 'run')} begin with {beginning!r}{there} (outgrow watch --once)")
    return found[0]


def _show(store: Artefacts, pulse: Pulse, known: set[str]) -> None:
    """A live picture in a terminal, until all runs are over."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from outgrow.cli.display import console
    from outgrow.watching import runs

    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            found = [one for one in runs(store) if one.name in known or pulse.alive(one)]
            known |= {one.name for one in found}
            lines = _cut(_lines(found, pulse))
            live.update(Group(*(Text(line, no_wrap=True) for line in lines)), refresh=True)
            if not any(map(pulse.alive, found)):
                return
            time.sleep(LOOK)


def _log(store: Artefacts, pulse: Pulse, known: set[str]) -> None:
    """A line of each run now and then, and at the end all that is known of it."""
    from outgrow.cli.display import say
    from outgrow.watching import runs

    said, over = -LINES, set[str]()
    while True:
        found = [one for one in runs(store) if one.name in known or pulse.alive(one)]
        known |= {one.name for one in found}
        alive = [one for one in found if pulse.alive(one)]
        for one in found:
            if one not in alive and one.name not in over:
                over.add(one.name)
                for line in _cut(_lines([one], pulse)):
                    say(line)
        if not alive:
            return
        if time.monotonic() > said + LINES:
            said = time.monotonic()
            for one in alive:
                say(f"{timedelta(seconds=max(0, round(one.beat - one.begun)))}  {one.name}: {_far(one)}")
        time.sleep(LOOK)


def _cut(lines: Sequence[str]) -> list[str]:
    """Lines at the terminal's width: what belongs to a run stands further to the right than its name, cut or not."""
    from outgrow.cli.display import console
    from outgrow.results.layout import wrapped

    found: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        found += [indent + cut for cut in wrapped(line.lstrip(), max(console.width - len(indent), 20), hang="    ")]
    return found


def _lines(found: Sequence[Told], pulse: Pulse) -> list[str]:
    """All that is known of runs, in lines."""
    from outgrow.durations import about

    lines: list[str] = []
    for one in found:
        lines.append(f"{one.what}: run {one.name} ({one.executor} on {one.host}), {about(one.beat - one.begun)} so far")
        if one.ended:
            lines.append(f"  {one.ended}: {_counts(one)}")
        elif pulse.alive(one):
            lines.append(f"  {_far(one)}")
        else:
            lines.append(
                f"  no sign of life for {about(pulse.silence(one))}: {_counts(one)}; if process {one.process} on "
                f"{one.host} is gone, run the same command again: what is finished is kept"
            )
        at = "" if one.ended else "  " if pulse.alive(one) else "  it was at "
        lines += [f"{at}{_step(step, one.beat)}" for step in one.running if at]
        lines += [f"  failed: {why}" for why in one.failures]
    return lines


def _counts(one: Told) -> str:
    failed = f", {one.failed:,} failed or not to be done" if one.failed else ""
    return f"{one.done:,} of {counted(one.steps, 'step')} done{failed}"


def _far(one: Told) -> str:
    from outgrow.durations import between

    left = "" if one.left is None else f", {between(one.left, one.left)} left"
    return f"{_counts(one)}, {len(one.running)} running{left}"


def _step(step: At, beat: float) -> str:
    from outgrow.durations import about

    far = f"{step.far:.0%}, " if step.far > 0 else ""
    where = f", {step.where}" if step.where else ""
    return f"{step.title}: {far}{about(max(0.0, beat - step.since))} so far{where}"
