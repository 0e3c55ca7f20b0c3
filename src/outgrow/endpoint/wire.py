"""One request to an endpoint and its answer, and what can go wrong with it in words."""

from __future__ import annotations

import email.utils
import http.client
import json
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

from outgrow.endpoint.address import CHAT, is_loopback, without
from outgrow.endpoint.connection import opener
from outgrow.endpoint.refusal import refused_fields, words_of
from outgrow.errors import ConfigError
from outgrow.plain import plain

LARGEST = 4 << 20  # bytes of an answer; a few words have some hundred
PIECE = 1 << 16
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
TUNNEL = "Tunnel connection failed: "  # as http.client says what a proxy answers, in an OSError without a number
AGAIN = (408, 409, 425, 429)  # with all from 500 on: not this request's fault
Kind = Literal["busy", "slow", "garbled", "lost", "rejected"]


class Trouble(Exception):
    """A request that came to nothing.

    Args:
        why: in words, without the key.
        kind: where it is `rejected`, asking again does not help.
        wait: seconds that the endpoint asks to wait.
        fields: `refusal.refused_fields`.
    """

    def __init__(self, why: str, kind: Kind, *, wait: float | None = None, fields: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.kind, self.wait, self.fields = kind, wait, fields


class Wire:
    """Sends JSON to the chat completions of one address.

    Args:
        url: as `address.check_url` gives it.
        key: sent as a bearer token; "" for none. It is in no message and in nothing that is returned.
        key_env: the variable that it came from, for messages.
        timeout: seconds until an address is connected, and until the answer has to be whole.
    """

    def __init__(self, url: str, *, key: str = "", key_env: str = "", timeout: float = 60.0) -> None:
        self.url, self._key, self._key_env, self._timeout = url, key, key_env, timeout
        self._opener = opener(proxies=not is_loopback(urlsplit(url).hostname or ""))

    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer, a JSON object.

        Raises:
            ConfigError: no request to this address can succeed.
            Trouble: this one did not.
        """
        request = Request(self.url + CHAT, data=json.dumps(body).encode(), headers=JSON, method="POST")
        if self._key:
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return self._parsed(_read(response), response.headers.get_content_type())
        except HTTPError as error:
            with error:
                raise self._refusal(error, _proxy(request)) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error, _proxy(request)) from None
        except ValueError:
            raise ConfigError(
                f"{self.url}: its host is no name, or the proxy that the environment names (https_proxy) no address"
            ) from None

    def _parsed(self, content: bytes, kind: str) -> dict[str, Any]:
        try:
            found = self._blotted(json.loads(content))
        except (ValueError, RecursionError):
            cut = (
                "JSON that is cut short or broken"
                if "json" in kind
                else f"{plain(self._blotted(kind))[:60]}, and not with JSON"
            )
            raise Trouble(f"{self.url} answers with {cut}", "garbled") from None
        if not isinstance(found, dict):
            raise Trouble(f"{self.url} answers with JSON that is no object", "garbled")
        return found

    def _refusal(self, error: HTTPError, proxy: str) -> Exception:
        """What a status other than success means."""
        code = error.code
        if 300 <= code < 400:
            to = _host(error.headers.get("Location") or "") or "another place on the same host"
            return ConfigError(
                f"{self.url} sends elsewhere, to {plain(self._blotted(to))}: this is not followed, as it would "
                "take the key along; set url to the new address if you trust it"
            )
        if code == 407:
            return self._shut_out(proxy)
        found = self._found(error)
        words, fields = plain(words_of(found))[:200], refused_fields(found)
        said = f": {words}" if words else ""
        if code == 401 or (code == 403 and not fields):
            if not self._key:
                return ConfigError(
                    f"{self.url} wants a key ({code}): put it into an environment variable, and name that by key_env"
                )
            return ConfigError(
                f"{self.url} does not take the key of the environment variable {self._key_env!r} ({code}): see that "
                "it is whole, is meant for this address, and may use this model"
            )
        if code == 404:
            return ConfigError(
                f"{self.url} has no chat completions, or not this model (404{said}): the url ends before "
                f"{CHAT}, often in /v1; the model is named as the endpoint names it"
            )
        why = f"{self.url} answers {code}{said}"
        if code in AGAIN or code >= 500:
            return Trouble(why, "busy", wait=_seconds(error.headers.get("Retry-After") or ""))
        return Trouble(why, "rejected", fields=fields)

    def _shut_out(self, proxy: str) -> ConfigError:
        return ConfigError(
            f"{self.url}: the proxy {proxy or 'in between'} wants a name and a password, or does not take them (407); "
            "set them in the environment variable that names the proxy, such as https_proxy, or leave the proxy out by "
            "no_proxy"
        )

    def _found(self, error: HTTPError) -> Any:
        """The endpoint's own words; None where it has none that can be read."""
        try:
            return self._blotted(json.loads(_read(error)))
        except (OSError, ValueError, RecursionError, http.client.HTTPException, Trouble):
            return None

    def _broken(self, error: Exception, proxy: str) -> Exception:
        """What an exception of the network means."""
        reason = error.reason if isinstance(error, URLError) else error
        through = f" through the proxy {proxy}" if proxy else ""
        if isinstance(reason, TimeoutError):
            return Trouble(f"{self.url} did not answer{through} within {self._timeout:g} s", "slow")
        if isinstance(reason, ssl.SSLCertVerificationError):
            host = urlsplit(self.url).hostname
            return ConfigError(f"the certificate of {host!r} is not valid: {plain(reason.verify_message)}")
        if isinstance(reason, socket.gaierror) and reason.errno != socket.EAI_AGAIN:
            host = urlsplit(f"//{proxy}" if proxy else self.url).hostname
            return ConfigError(f"{self.url}{through}: no host is called {host!r} ({reason.strerror})")
        words = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        if proxy and str(reason).startswith(TUNNEL):
            words = str(reason).removeprefix(TUNNEL)
            if words.startswith("407"):
                return self._shut_out(proxy)
        words = plain(self._blotted(words))[:60]
        return Trouble(f"{self.url} cannot be reached{through}, or hung up ({words})", "lost")

    def _blotted(self, found: Any) -> Any:
        return without(self._key, found)


def _read(response: Any) -> bytes:
    """All of an answer, within a limit of size."""
    found = bytearray()
    while piece := response.read1(PIECE):
        found += piece
        if len(found) > LARGEST:
            raise Trouble("its answer is larger than 4 MiB", "garbled")
    return bytes(found)


def _proxy(request: Request) -> str:
    """`host:port` of the proxy that a request was sent through, without a name or password; "" for none."""
    return "" if request.host == urlsplit(request.full_url).netloc else request.host


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
