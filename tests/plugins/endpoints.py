"""An endpoint of a test: a server on this machine that answers as it is told."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow.endpoint.labelling import Labelled, label_texts
from outgrow.endpoint.question import Endpoint as Where
from outgrow.endpoint.question import Question

KEY = "sk-test-0123456789abcdef"  # of no service


@dataclass
class Reply:
    """What the server sends: JSON, or bytes as they are; or `pieces` in the place of all that."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] = ()


@dataclass
class Asked:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    turn: int = 0  # how often its prompt had been sent before

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][0]["content"])


Play = Callable[[Asked, int], Reply]


class Endpoint(ThreadingHTTPServer):
    """Answers each request by `play(request, how many came before)`; all that came in is in `asked`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128  # who waits longer is lost, and asks again

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.play: Play = lambda asked, n: says("yes")
        self.free = threading.Event()  # set when the test is over: ends hanging
        self._count = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def take(self, asked: Asked) -> Reply:
        with self._count:
            n = len(self.asked)
            asked.turn = sum(one.prompt == asked.prompt for one in self.asked)
            self.asked.append(asked)
        return self.play(asked, n)


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        reply = self.server.take(Asked(self.path, dict(self.headers), json.loads(content)))
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        try:
            if reply.pieces:
                for piece in reply.pieces:
                    self.wfile.write(piece)
                return
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": len(body),
                **reply.headers,
            }.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked has gone

    def do_CONNECT(self) -> None:
        """As a proxy, which is told apart by the path."""
        reply = self.server.play(Asked(self.path, dict(self.headers), {}), 0)
        self.send_response(reply.status)
        self.end_headers()

    def do_GET(self) -> None:
        raise AssertionError("nobody asks so")

    def log_message(self, *_: Any) -> None: ...


def says(text: str, chances: dict[str, float] | None = None, *, usage: bool = True) -> Reply:
    """A chat completion; with the chances of its first token, the first of them said."""
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    if chances is not None:
        tops = [{"token": token, "logprob": math.log(chance)} for token, chance in chances.items()]
        choice["logprobs"] = {"content": [{**tops[0], "top_logprobs": tops}]}
    body: dict[str, Any] = {"object": "chat.completion", "choices": [choice]}
    if usage:
        body["usage"] = {"prompt_tokens": 20, "completion_tokens": 1}
    return Reply(body)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Endpoint]:
    """A server of this test, with answers kept in a folder of this test, and no waiting between tries."""
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OUTGROW_TEST_KEY", KEY)
    monkeypatch.setattr("outgrow.endpoint.client.BACKOFF", 0.0)
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.free.set()
    server.shutdown()
    thread.join()
    server.server_close()


TEXTS = np.array([f"text {i} is {'good' if i % 3 else 'bad'}" for i in range(40)], dtype=object)
TRUTH = np.array([int(i % 3 > 0) for i in range(40)])
HOW = Question(classes=("bad", "good"), prompt="{text}?", answers=3)


def right(asked: Asked) -> str:
    return "good" if "good" in asked.prompt else "bad"


def wrong(asked: Asked) -> str:
    return "bad" if right(asked) == "good" else "good"


def plain(asked: Asked, n: int) -> Reply:
    """Right, with nine tenths of the probability."""
    return says(right(asked), {right(asked): 0.9, "x": 0.1})


def label(endpoint: Endpoint, texts: np.ndarray = TEXTS, how: Question = HOW, **where: Any) -> Labelled:
    """Ask the server about texts."""
    return label_texts(texts, endpoint=Where(**{"url": endpoint.url, "model": "small"} | where), question=how)
