"""What goes wrong with a store that is not here: tried again while it may pass, and said in words when it does not.

Nothing out of a request is quoted, as what a server answers may hold what was sent to it.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from outgrow.errors import OutgrowError, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
PAUSES = (0.2, 1.0, 4.0)  # seconds before a request is made again
CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError")
NETWORK = (
    "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError", "ConnectionError",
    "HTTPClientError", "ProxyConnectionError", "FSTimeoutError", "ClientError", "ClientPayloadError", "ClientOSError",
    "ServerDisconnectedError", "ClientConnectorError", "ClientConnectorDNSError", "ResponseParserError",
    "IncompleteReadError",
)  # fmt: skip
BUSY = (errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EIO), errno.ECONNRESET, errno.ECONNREFUSED, errno.EPIPE)
BUSY_CODES = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504")


class Conflict(Exception):
    """A write did not come about, as what is there is not what it was to be put in the place of."""


def code_of(error: BaseException) -> str:
    """The code with which a server of S3 has answered; "" where there is none."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_conflict(error: BaseException) -> bool:
    """Whether it says that a condition of a write was not met."""
    conflict = ("PreconditionFailed", "ConditionalRequestConflict", "412")
    return isinstance(error, FileExistsError) or code_of(error) in conflict


_reached = set[str]()  # places that have answered this process


def tried(place: str, call: Callable[[], T]) -> T:
    """What the call returns; made again after a pause where that may help.

    A place that never answered is not waited for, as its address may be wrong: the library has tried several times.

    Raises:
        StoreError: in words. FileNotFoundError: there is no such object. Conflict: of a write on a condition.
    """
    for pause in (*PAUSES, None):
        try:
            found = call()
            _reached.add(place)
            return found
        except (OutgrowError, Conflict):
            raise
        except Exception as error:
            if is_conflict(error):
                raise Conflict from error
            if isinstance(error, FileNotFoundError) and code_of(error) != "NoSuchBucket":
                raise
            if pause is None or not _passing(error) or (place not in _reached and not code_of(error)):
                raise _in_words(place, error) from error
            log.debug("%s: %s, again in %s s", place, type(error).__name__, pause)
            time.sleep(pause)
    raise AssertionError


def _passing(error: BaseException) -> bool:
    """Whether the same request may succeed a little later."""
    if code_of(error):
        return code_of(error) in BUSY_CODES
    return _of_network(error) or (isinstance(error, OSError) and error.errno in BUSY)


def _of_network(error: BaseException) -> bool:
    ours = isinstance(error, (ConnectionError, TimeoutError)) and not isinstance(error, PermissionError)
    return ours or any(kind.__name__ in NETWORK for kind in type(error).__mro__)


def _in_words(place: str, error: Exception) -> StoreError:
    kind, code = type(error).__name__, code_of(error)
    if any(one.__name__ in CREDENTIALS for one in type(error).__mro__):
        why = "there are no credentials for it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    elif code == "NoSuchBucket":
        why = "there is no such bucket: make it first, or mend the name"
    elif isinstance(error, PermissionError):
        why = f"access is denied{f' ({code})' * bool(code)}: see to the credentials and what they allow"
    elif _of_network(error):
        why = f"it cannot be reached ({kind}): see to the network and AWS_ENDPOINT_URL; what was finished is kept"
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        why = "a disk is full; what was finished is kept"
    else:
        why = f"it answered {code or kind}; what was finished is kept"
    return StoreError(f"the store {place!r} does not work: {why}")
