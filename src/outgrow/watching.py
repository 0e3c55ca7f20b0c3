"""A run tells its store how far it is, every few seconds, so that anybody can follow it, or stop it, from anywhere.

What a run tells is no result: it may be lost without harm, and whoever reads it has to doubt it.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from outgrow.artefacts import Artefacts
from outgrow.errors import OutgrowError
from outgrow.executors.base import Watcher, reason
from outgrow.forecast import Forecast
from outgrow.learning.team import team
from outgrow.lengths import Longer, unknown
from outgrow.plain import plain
from outgrow.plan import Plan
from outgrow.rates import at_once, machine_names, read_rates
from outgrow.runtime import Runtime
from outgrow.steps import Step

log = logging.getLogger(__name__)
EVERY = 5.0  # seconds between two tellings
WISHES = 2  # tellings between two looks at what others wish
SILENT = 60.0  # seconds without a sign after which something is wrong
KEPT = 86_400.0  # seconds that what a run told last is kept, once it is over
MOST = 20  # steps, and failures, that are told one by one
LETTERS = 300  # of a text that is shown
STOP = "stop-"  # begins the name of a wish


@dataclass(frozen=True, kw_only=True)
class At:
    """A step that is being computed: where, in words; the share that is done, 0 where it does not tell; since when."""

    title: str
    where: str
    far: float
    since: float


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a run says of itself.

    Args:
        what: names of its experiments.
        begun, beat: seconds since 1970: when it began, and when it said this.
        failures: in words, each once.
        left: seconds, as it thinks; None where it does not.
        ended: how, in words; "" while it goes on.
    """

    name: str
    what: str
    host: str
    process: int
    executor: str
    begun: float
    beat: float
    steps: int
    done: int
    failed: int
    running: tuple[At, ...] = ()
    failures: tuple[str, ...] = ()
    left: float | None = None
    ended: str = ""


class Telling:
    """A watcher that tells another, and the store.

    Args:
        longer: how long the rows of a step are.
    """

    def __init__(self, watcher: Watcher, store: Artefacts, plan: Plan, runtime: Runtime, longer: Longer) -> None:
        host = socket.gethostname() or "a machine"
        self.name = f"{named(os.getpid())}-{uuid.uuid4().hex[:4]}"
        self._watcher, self._store, self._host, self._executor = watcher, store, host, runtime.executor
        self._what = ", ".join(dict.fromkeys(one.experiment.name for one in plan.results))
        known = read_rates(*machine_names(runtime))
        self._forecast = Forecast(plan, workers=at_once(runtime), known=known, longer=longer)
        self._steps, self._begun = len(plan.todo), time.time()
        self._running: dict[str, At] = {}
        self._done, self._failed, self._failures = set[str](), set[str](), dict[str, None]()
        self._lock, self._over, self._works = threading.Lock(), threading.Event(), True
        self._thread = threading.Thread(target=self._go_on, daemon=True, name="outgrow watching")

    def started(self, step: Step, where: str = "") -> None:
        with self._lock:
            self._forecast.started(step)
            self._running[step.key] = At(title=step.title, where=where, far=0.0, since=time.time())
        self._watcher.started(step, where)

    def progressed(self, step: Step, progress: float) -> None:
        with self._lock:
            self._forecast.progressed(step, progress)
            if at := self._running.get(step.key):
                self._running[step.key] = At(title=at.title, where=at.where, far=progress, since=at.since)
        self._watcher.progressed(step, progress)

    def put_off(self, step: Step) -> None:
        with self._lock:
            self._forecast.put_off(step)
            self._running.pop(step.key, None)
        self._watcher.put_off(step)

    def finished(self, step: Step, failure: str = "") -> None:
        with self._lock:
            self._forecast.finished(step)
            self._running.pop(step.key, None)
            (self._failed if failure else self._done).add(step.key)
            if failure:
                self._failures[failure] = None
            else:
                self._failed.discard(step.key)
        self._watcher.finished(step, failure)

    def begin(self) -> None:
        """Tell for the first time, and go on with it."""
        self._tell()
        self._try(lambda: _clean(self._store))
        self._thread.start()

    def end(self, how: str) -> None:
        """Tell for the last time: how it ended, in words."""
        self._over.set()
        self._thread.join(EVERY)
        self._tell(how)

    def _go_on(self) -> None:
        beats = 0
        while not self._over.wait(EVERY):
            self._tell()
            beats += 1
            if beats % WISHES == 0:
                self._try(self._heed)

    def _tell(self, ended: str = "") -> None:
        with self._lock:
            running = list(self._running.values())
            state = {
                "what": self._what, "host": self._host, "process": os.getpid(), "executor": self._executor,
                "begun": self._begun, "beat": time.time(), "steps": self._steps, "done": len(self._done),
                "failed": len(self._failed), "running": [vars(one) for one in running[:MOST]],
                "failures": list(self._failures)[:MOST], "left": self._forecast.left(), "ended": ended,
            }  # fmt: skip
        self._try(lambda: self._store.publish(self.name, state))

    def _heed(self) -> None:
        """End this process as Ctrl-C does, if somebody wishes it."""
        wish = STOP + self.name
        if any(name == wish for name, _ in self._store.published()):
            self._store.withdraw(wish)
            log.warning("stopped by a wish in the store (outgrow watch --stop)")
            heard = [one for one in (signal.SIGTERM, signal.SIGINT) if callable(signal.getsignal(one))]
            if not heard:  # a script in the background, which Ctrl-C does not reach: SIGTERM ends it without a word
                self._tell("stopped")
            if main := threading.main_thread().ident:
                signal.pthread_kill(main, heard[0] if heard else signal.SIGTERM)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (OutgrowError, OSError) as error:
            if self._works:
                log.warning("this run cannot be followed from elsewhere: %s", reason(error))
            self._works = False


@contextlib.contextmanager
def telling_to(
    store: Artefacts, watcher: Watcher, plan: Plan, runtime: Runtime, longer: Longer = unknown
) -> Iterator[Watcher]:
    """A watcher that tells another what happens inside the block, and a store too.

    Args:
        longer: how long the rows of a step are.
    """
    if not plan.todo or team().rank:
        yield watcher
        return
    telling = Telling(watcher, store, plan, runtime, longer)
    telling.begin()
    try:
        yield telling
    except (KeyboardInterrupt, SystemExit):
        telling.end("stopped")
        raise
    except BaseException as error:
        telling.end(f"ended by an error: {reason(error)}")
        raise
    telling.end("done")


def named(process: int) -> str:
    """How the names of runs begin that a process of this machine carries out."""
    host = "".join(one if one.isascii() and one.isalnum() else "-" for one in socket.gethostname())
    return f"{host[:40] or 'machine'}-{process}"


def runs(store: Artefacts) -> list[Told]:
    """What runs have told a store, those that began first first; what is no such thing is passed over."""
    found = [read(name, state) for name, state in store.published()]
    return sorted((one for one in found if one is not None), key=lambda one: one.begun)


def read(name: str, state: dict[str, Any]) -> Told | None:
    """What a run told, made safe to show; None where it is none of that."""
    try:
        running = [
            At(
                title=_text(one["title"]),
                where=_text(one["where"]),
                far=_number(one["far"]),
                since=_number(one["since"]),
            )
            for one in state["running"][:MOST]
        ]
        return Told(
            name=_text(name), what=_text(state["what"]), host=_text(state["host"]), process=int(state["process"]),
            executor=_text(state["executor"]), begun=_number(state["begun"]), beat=_number(state["beat"]),
            steps=int(state["steps"]), done=int(state["done"]), failed=int(state["failed"]), running=tuple(running),
            failures=tuple(map(_text, state["failures"][:MOST])),
            left=None if state["left"] is None else _number(state["left"]),
            ended=_text(state["ended"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def wish_stop(store: Artefacts, name: str) -> None:
    """Ask a run to stop as by Ctrl-C; it looks every few seconds."""
    store.publish(STOP + name, {"beat": time.time()})


def _clean(store: Artefacts) -> None:
    """Remove what runs told that are over, and wishes that nobody heeded, a day after."""
    for name, state in store.published():
        beat = state.get("beat")
        if isinstance(beat, (int, float)) and beat < time.time() - KEPT:
            store.withdraw(name)


def _text(value: object) -> str:
    return plain(str(value)[:LETTERS])


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number
