"""Asks again where that may help, more slowly where it is asked to, and counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from outgrow.endpoint.pace import Pace
from outgrow.endpoint.wire import Trouble, Wire
from outgrow.errors import EndpointFailed

T = TypeVar("T")
TRIES = 6
BACKOFF = 1.0  # seconds before the second try; twice as many before each one after that
LONGEST = 300.0  # seconds that are waited at most because an endpoint says so
RENAMED = {"max_tokens": "max_completion_tokens"}  # what some models of OpenAI take in its place
TOLD = {**RENAMED, "logprobs": "logprobs", "seed": "seed"}  # what an endpoint may refuse, and a word of its saying so


class Client:
    """Serves several threads. `troubles` counts requests that came to nothing, by kind, but those it rejects."""

    def __init__(self, wire: Wire, pace: Pace) -> None:
        self.troubles: Counter[str] = Counter()
        self._wire, self._pace = wire, pace
        self._lock = threading.Lock()
        self._refused: set[str] = set()  # fields of a request that this endpoint does not take

    def ask(self, body: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
        """What `read` makes of the answer to a request; it raises ValueError where that is none.

        Raises:
            ConfigError: no request can succeed. EndpointFailed: the endpoint asks to wait for very long.
            Trouble: this one came to nothing. Stopped: nothing more is asked.
        """
        tries = 0
        while True:
            self._pace.wait()
            refused = frozenset(self._refused)
            try:
                return self._sent(_without(body, refused), read)
            except Trouble as trouble:
                if trouble.kind == "rejected":
                    if not self._learn(str(trouble), body, refused):
                        raise
                    continue
                with self._lock:
                    self.troubles[trouble.kind] += 1
                tries += 1
                if tries == TRIES:
                    raise
                self._back_off(trouble, tries)

    def _sent(self, body: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
        response = self._wire.post(body)
        try:
            return read(response)
        except ValueError as error:
            raise Trouble(f"{self._wire.url}: {error}", "garbled") from None

    def _back_off(self, trouble: Trouble, tries: int) -> None:
        if (trouble.wait or 0.0) > LONGEST:
            raise EndpointFailed(
                f"{trouble}; it asks to wait for {trouble.wait:,.0f} s: run again then, what it has answered is kept"
            )
        seconds = BACKOFF * 2 ** (tries - 1) if trouble.wait is None else trouble.wait
        if trouble.kind == "busy":
            self._pace.pause(seconds)
        else:
            self._pace.rest(seconds)

    def _learn(self, said: str, body: dict[str, Any], refused: frozenset[str]) -> bool:
        """Whether a rejection names a field that can be left out or renamed, or another thread has learned one."""
        names = [name for name, words in TOLD.items() if name in body and name not in refused and words in said]
        if "top_logprobs" in said and "support" not in said:  # it wants fewer of them, which is the user's to say
            names = []
        with self._lock:
            self._refused.update(names[:1])
            return self._refused != refused


def _without(body: dict[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    """A request in the words that the endpoint knows."""
    left_out = {*refused} | ({"top_logprobs"} if "logprobs" in refused else set())
    kept = {name: value for name, value in body.items() if name not in left_out}
    return kept | {RENAMED[name]: body[name] for name in refused if name in RENAMED and name in body}
