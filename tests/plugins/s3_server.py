"""A server of S3 on this machine, in memory. Requests are counted, and each is carried out alone, as S3 promises."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class Server:
    """Its address, and the requests that it was sent: method, path and, of a listing, the prefix."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app  # type: ignore[attr-defined]
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._app: Any = DomainDispatcherApplication(create_backend_app)
        self._alone = threading.Lock()
        self.requests: list[tuple[str, str]] = []
        self.refuse: Counter[str] = Counter()  # how many more requests of a method are answered with 503
        self.latency = 0.0  # seconds that each request takes longer
        self.blind = False  # whether conditions of writes are overlooked, as older servers do
        self._server: Any = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start: Any) -> Any:
        method, query = environ["REQUEST_METHOD"], environ["QUERY_STRING"]
        if self.latency:
            time.sleep(self.latency)
        with self._alone:
            self.requests.append((method, environ["PATH_INFO"] + f"?{query}" * ("prefix" in query)))
            if self.refuse[method] > 0:
                self.refuse[method] -= 1
                start("503 Slow Down", [("Content-Type", "application/xml")])
                return [b"<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"]
            if self.blind:
                for name in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
                    environ.pop(name, None)
            return self._app(environ, start)

    def bucket(self, name: str) -> str:
        """Make a bucket; its address."""
        import boto3  # type: ignore[import-untyped]

        boto3.client("s3", endpoint_url=self.url).create_bucket(Bucket=name)
        return f"s3://{name}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server, and an environment in which it is the one of S3."""
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    server = Server()
    os.environ["AWS_ENDPOINT_URL"] = server.url
    try:
        yield server
    finally:
        server.close()
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def _s3() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def s3(_s3: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """The server, with no requests counted yet, and a folder of copies for this test alone."""
    from s3fs import S3FileSystem

    for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": _s3.url, "OUTGROW_CACHE": str(tmp_path / "cache")}).items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()  # which would speak to another test's server
    monkeypatch.setattr(_s3, "refuse", Counter())
    monkeypatch.setattr(_s3, "blind", False)
    _s3.requests.clear()
    return _s3


@pytest.fixture
def impatient(s3: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Who speaks to the server reads the environment anew, and tries everything once; our own code may try again."""
    from s3fs import S3FileSystem

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    S3FileSystem.clear_instance_cache()
    yield
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def bucket(s3: Server) -> str:
    """The address of a bucket of this test alone."""
    return s3.bucket(f"test-{uuid.uuid4().hex}")


@pytest.fixture
def remote(s3: Server, bucket: str) -> Callable[[], Any]:
    """Opens one and the same store, as another process would."""
    from outgrow.store import open_store

    return lambda: open_store(f"{bucket}/study")
