"""Connections on which an answer is whole within a time, however it drips, and that follow nobody."""

from __future__ import annotations

import http.client
import io
import time
from functools import partial
from typing import Any
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, build_opener


def opener(*, proxies: bool) -> OpenerDirector:
    """Opens addresses, through the proxies of the environment if these are wanted; follows nobody.

    A request's timeout is the seconds until it is connected, and those until the last byte of its answer.
    """
    return build_opener(_Stay(), _Http(), _Https(), ProxyHandler() if proxies else ProxyHandler({}))


class _Stay(HTTPRedirectHandler):
    """Follows nobody: the key is for one host."""

    def http_error_302(self, *_: Any, **__: Any) -> None:
        return None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _Until(io.RawIOBase):
    """What a socket gives until a time. TimeoutError after it: a byte now and then keeps no socket from being slow."""

    def __init__(self, sock: Any, file: io.RawIOBase, until: float) -> None:
        self._sock, self._file, self._until = sock, file, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, until: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Until(sock, self.fp.detach(), until))


class _Plain(http.client.HTTPConnection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.response_class = partial(_Response, until=time.monotonic() + options["timeout"])  # type: ignore[assignment]


class _Secure(_Plain, http.client.HTTPSConnection):
    pass


class _Http(HTTPHandler):
    def http_open(self, req: Any) -> Any:
        return self.do_open(_Plain, req)


class _Https(HTTPSHandler):
    def https_open(self, req: Any) -> Any:
        return self.do_open(_Secure, req)
