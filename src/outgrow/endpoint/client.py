"""Asks again where that may help, more slowly where it is asked to, and counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from outgrow.endpoint.pace import Pace
from outgrow.endpoint.reading import Improbable
from outgrow.endpoint.refusal import without_fields
from outgrow.endpoint.wire import Kind, Trouble, Wire
from outgrow.errors import EndpointFailed

T = TypeVar("T")
TRIES = 6
BACKOFF = 1.0  # seconds before the second try; twice as many before each one after that
LONGEST = 300.0  # seconds that are waited at most because an endpoint says so


class Client:
    """Serves several threads, once it is `settled` what the endpoint takes; one thread until then.

    That is what it took the first time that it took anything. A field that it does not take is left out from then on,
    or renamed, if the same request went through without it; who is rejected later is rejected.

    Args:
        troubles: how many requests came to nothing, by kind, but those that were rejected.
        refused: what is left out or renamed, and why.
    """

    def __init__(self, wire: Wire, pace: Pace) -> None:
        self.settled, self.refused = False, dict[str, str]()
        self.troubles: Counter[str] = Counter()
        self._wire, self._pace = wire, pace
        self._lock = threading.Lock()

    def ask(self, body: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
        """What `read` makes of the answer to a request; it raises ValueError where that is none.

        Raises:
            ConfigError: no request can succeed. EndpointFailed: the endpoint asks to wait for very long.
            Trouble: this one came to nothing. Stopped: nothing more is asked.
        """
        tries, refused = 0, dict(self.refused)
        while True:
            self._pace.wait()
            try:
                found = self._sent(without_fields(body, refused), read)
            except Trouble as trouble:
                if trouble.kind == "rejected":
                    field = next((one for one in trouble.fields if one in body and one not in refused), None)
                    if self.settled or field is None:
                        raise
                    refused[field] = str(trouble)
                    continue
                with self._lock:
                    self.troubles[trouble.kind] += 1
                tries += 1
                if tries == TRIES:
                    raise
                self._back_off(trouble, tries)
            else:
                if not self.settled:
                    self.settled, self.refused = True, refused
                return found

    def _sent(self, body: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
        response = self._wire.post(body)
        try:
            return read(response)
        except ValueError as error:
            kind: Kind = "rejected" if isinstance(error, Improbable) else "garbled"
            raise Trouble(f"{self._wire.url}: {error}", kind) from None

    def _back_off(self, trouble: Trouble, tries: int) -> None:
        if (trouble.wait or 0.0) > LONGEST:
            raise EndpointFailed(
                f"{trouble}; it asks to wait for {trouble.wait:,.0f} s: run again then, what it has answered is kept"
            )
        seconds = max(BACKOFF * 2 ** (tries - 1), trouble.wait or 0.0)
        if trouble.kind == "busy":
            self._pace.pause(seconds)
        else:
            self._pace.rest(seconds)
