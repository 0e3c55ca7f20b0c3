"""One request to an endpoint and its answer, and what can go wrong with it in words."""

from __future__ import annotations

import email.utils
import http.client
import json
import socket
import ssl
import time
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from outgrow.endpoint.address import CHAT, is_loopback, without
from outgrow.errors import ConfigError
from outgrow.plain import plain

LARGEST = 4 << 20  # bytes of an answer; a few words have some hundred
PIECE = 1 << 16
AGAIN = (408, 409, 425, 429)  # with all from 500 on: not this request's fault
Kind = Literal["busy", "slow", "garbled", "lost", "rejected"]


class Trouble(Exception):
    """A request that came to nothing.

    Args:
        why: in words, without the key.
        kind: `rejected` is this request's own fault, and asking again does not help.
        wait: seconds that the endpoint asks to wait.
    """

    def __init__(self, why: str, kind: Kind, *, wait: float | None = None) -> None:
        super().__init__(why)
        self.kind, self.wait = kind, wait


class _Stay(HTTPRedirectHandler):
    """Follows nobody: the key is for one host."""

    def http_error_302(self, *_: Any, **__: Any) -> None:
        return None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class Wire:
    """Sends JSON to the chat completions of one address.

    Args:
        url: as `address.check_url` gives it.
        key: sent as a bearer token; "" for none. It is in no message and in nothing that is returned.
        key_env: the variable that it came from, for messages.
        timeout: seconds until an answer begins, and until it has to be whole.
    """

    def __init__(self, url: str, *, key: str = "", key_env: str = "", timeout: float = 60.0) -> None:
        self.url, self._key, self._key_env, self._timeout = url, key, key_env, timeout
        here = is_loopback(urlsplit(url).hostname or "")
        self._opener = build_opener(_Stay(), ProxyHandler({}) if here else ProxyHandler())

    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer, a JSON object.

        Raises:
            ConfigError: no request to this address can succeed.
            Trouble: this one did not.
        """
        request = Request(self.url + CHAT, data=json.dumps(body).encode(), method="POST")
        for name, value in (("Content-Type", "application/json"), ("Accept", "application/json")):
            request.add_header(name, value)
        if self._key:
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        until = time.monotonic() + self._timeout
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return self._parsed(_read(response, until), response.headers.get_content_type())
        except HTTPError as error:
            with error:
                raise self._refusal(error, until) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None

    def _parsed(self, content: bytes, kind: str) -> dict[str, Any]:
        try:
            found = without(self._key, json.loads(content))
        except (ValueError, RecursionError):
            cut = "JSON that is cut short or broken" if "json" in kind else f"{plain(kind)[:60]}, and not with JSON"
            raise Trouble(f"{self.url} answers with {cut}", "garbled") from None
        if not isinstance(found, dict):
            raise Trouble(f"{self.url} answers with JSON that is no object", "garbled")
        return found

    def _refusal(self, error: HTTPError, until: float) -> Exception:
        """What a status other than success means."""
        code = error.code
        if 300 <= code < 400:
            to = _host(error.headers.get("Location") or "") or "another place on the same host"
            return ConfigError(
                f"{self.url} sends elsewhere, to {plain(without(self._key, to))}: this is not followed, as it would "
                "take the key along; set url to the new address if you trust it"
            )
        if code in (401, 403):
            if not self._key:
                return ConfigError(
                    f"{self.url} wants a key ({code}): put it into an environment variable, and name that by key_env"
                )
            return ConfigError(
                f"{self.url} does not take the key of the environment variable {self._key_env!r} ({code}): see that "
                "it is whole, is meant for this address, and may use this model"
            )
        said = self._said(error, until)
        if code == 404:
            return ConfigError(
                f"{self.url} has no chat completions, or not this model (404{said}): the url ends before "
                f"{CHAT}, often in /v1; the model is named as the endpoint names it"
            )
        why = f"{self.url} answers {code}{said}"
        if code in AGAIN or code >= 500:
            return Trouble(why, "busy", wait=_seconds(error.headers.get("Retry-After") or ""))
        return Trouble(why, "rejected")

    def _said(self, error: HTTPError, until: float) -> str:
        """The endpoint's own words, `: words`; or nothing."""
        try:
            found: Any = json.loads(_read(error, until))
            for name in ("error", "message", "detail"):
                found = found.get(name, found) if isinstance(found, dict) else found
        except (OSError, ValueError, RecursionError, http.client.HTTPException, Trouble):
            return ""
        text = plain(without(self._key, found if isinstance(found, str) else json.dumps(found)))
        return f": {text[:200]}" if text else ""

    def _broken(self, error: Exception) -> Exception:
        """What an exception of the network means."""
        reason = error.reason if isinstance(error, URLError) else error
        host = urlsplit(self.url).hostname
        if isinstance(reason, TimeoutError):
            return Trouble(f"{self.url} did not answer within {self._timeout:g} s", "slow")
        if isinstance(reason, ssl.SSLCertVerificationError):
            return ConfigError(f"the certificate of {host!r} is not valid: {plain(reason.verify_message)}")
        if isinstance(reason, socket.gaierror) and reason.errno != socket.EAI_AGAIN:
            return ConfigError(f"{self.url}: no host is called {host!r} ({reason.strerror})")
        words = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        return Trouble(f"{self.url} cannot be reached, or hung up ({plain(words)})", "lost")


def _read(response: Any, until: float) -> bytes:
    """All of an answer, within limits of size and time: a byte now and then keeps no socket from being slow."""
    found = bytearray()
    while piece := response.read1(PIECE):
        found += piece
        if len(found) > LARGEST:
            raise Trouble("its answer is larger than 4 MiB", "garbled")
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(found)


def _host(url: str) -> str:
    """Where an address leads, without what else is in it; "" where it names no host."""
    try:
        place = urlsplit(url)
        return f"{place.scheme}://{place.hostname}" if place.hostname else ""
    except ValueError:
        return ""


def _seconds(text: str) -> float | None:
    """What `Retry-After` says: seconds, or a date."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
