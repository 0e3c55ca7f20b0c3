"""A server of S3 on this machine, in memory. Requests are counted, and each is carried out alone, as S3 promises."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class Server:
    """Its address, and the requests that it has answered, as `(method, path)`."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self._app = DomainDispatcherApplication(create_backend_app)
        self._alone = threading.Lock()
        self.requests: list[tuple[str, str]] = []
        self.refuse: Counter[str] = Counter()  # how many more requests of a method are answered with 503
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start: Any) -> Any:
        method = environ["REQUEST_METHOD"]
        with self._alone:
            self.requests.append((method, environ["PATH_INFO"]))
            if self.refuse[method] > 0:
                self.refuse[method] -= 1
                start("503 Slow Down", [("Content-Type", "application/xml")])
                return [b"<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"]
            return self._app(environ, start)

    def bucket(self, name: str) -> str:
        """Make a bucket; its address."""
        import boto3  # type: ignore[import-untyped]

        client = boto3.client("s3", endpoint_url=self.url)
        with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=name)
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
