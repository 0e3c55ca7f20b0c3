"""An endpoint that fails, is slow, or sends rubbish: asked again, counted, given up."""

from __future__ import annotations

import io
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from endpoints import TEXTS, TRUTH, Asked, Endpoint, Reply, label, plain

from outgrow.errors import ConfigError, EndpointFailed, OutgrowError


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Reply({"error": {"message": "slow down"}}, 429, {"Retry-After": "0"}), "busy"),
        (Reply({}, 429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "busy"),
        (Reply({}, 429, {"Retry-After": "soon"}), "busy"),
        (Reply(b"<html>", 500), "busy"),
        (Reply({}, 503), "busy"),
        (Reply(b'{"choices": [{"mess'), "garbled"),
        (Reply(b"<html>hello", headers={"Content-Type": "text/html"}), "garbled"),
        (Reply([1, 2]), "garbled"),
        (Reply({"error": "model is loading"}), "garbled"),
        (Reply(b"{}", headers={"Content-Length": "500"}), "garbled"),
        (Reply(b"x" * (5 << 20)), "garbled"),
        (Reply(b"[" * 100_000), "garbled"),
    ],
)  # fmt: skip
def test_what_may_pass_is_asked_again_and_counted(endpoint: Endpoint, trouble: Reply, kind: str) -> None:
    endpoint.play = lambda asked, n: trouble if n in (0, 1, 5) else plain(asked, n)
    found = label(endpoint, texts=TEXTS[:8], concurrency=2)
    np.testing.assert_array_equal(found.probabilities.argmax(1), TRUTH[:8])
    assert found.notes[-1] == f"small: requests that had to be sent again, or were given up: 3 {kind}"
    assert len(endpoint.asked) == 11


def test_who_does_not_answer_is_given_up_and_counted(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outgrow.endpoint.client.TRIES", 2)

    def play(asked: Asked, n: int) -> Reply:
        if "text 3 " in asked.prompt:
            endpoint.free.wait()
        return plain(asked, n)

    endpoint.play = play
    found = label(endpoint, timeout=0.3)
    assert np.flatnonzero(found.probabilities.sum(1) == 0).tolist() == [3]
    assert found.notes[-2:] == [
        f"small: 1 prompt came to nothing, such as this: {endpoint.url} did not answer within 0.3 s",
        "small: requests that had to be sent again, or were given up: 2 slow",
    ]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 2", b"0"),
        (HEAD + b"X-Long: ", b"a"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
        (HEAD + b"Content-Length: 5000\r\n\r\n", b" "),
        (HEAD.replace(b"200 OK", b"400 No") + b"Content-Length: 5000\r\n\r\n", b" "),
    ],
)
def test_an_answer_that_drips_is_slow_wherever_it_drips(
    endpoint: Endpoint, head: bytes, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece comes in time, and all of them would be an answer in the end, or none."""
    monkeypatch.setattr("outgrow.endpoint.client.TRIES", 1)
    ended: list[bool] = []

    def drip() -> Iterator[bytes]:
        yield head
        for _ in range(1_000):
            endpoint.free.wait(0.02)
            yield piece
        ended.append(True)

    endpoint.play = lambda asked, n: Reply(pieces=drip())
    with pytest.raises(EndpointFailed, match=r"did not answer within 0\.2 s|answers 400; "):
        label(endpoint, texts=TEXTS[:1], timeout=0.2)
    assert not ended, "nobody waits for all of it"


def test_a_wait_is_never_shorter_than_ones_own(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr("outgrow.endpoint.pace.Pace.pause", lambda self, seconds: paused.append(seconds))
    monkeypatch.setattr("outgrow.endpoint.client.BACKOFF", 1.0)
    waits = ["0", "-3", "3.5", "nan", "0.1"]
    endpoint.play = lambda asked, n: Reply({}, 429, {"Retry-After": waits[n]}) if n < 5 else plain(asked, n)
    label(endpoint, texts=TEXTS[:1])
    assert paused == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("url", "status", "error", "message"),
    [
        ("https://host.example/v1", 407, ConfigError, r": the proxy 127\.0\.0\.1:\d+ wants a name and .*\(407\)"),
        ("http://host.example/v1", 407, ConfigError, r": the proxy 127\.0\.0\.1:\d+ wants a name and .*\(407\)"),
        ("https://host.example/v1", 502, EndpointFailed,
         r"cannot be reached through the proxy 127\.0\.0\.1:\d+, or hung up \(502 Bad Gateway\)"),
    ],
)  # fmt: skip
def test_a_proxy_that_shuts_out_is_named_without_its_password(
    endpoint: Endpoint, url: str, status: int, error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://me:pass-12345@127.0.0.1:{endpoint.server_port}")
    endpoint.play = lambda asked, n: Reply({}, status)
    with pytest.raises(error, match=message) as caught:
        label(endpoint, url=url)
    assert str(caught.value).count("host.example") == 1
    assert "me:" not in str(caught.value)
    assert "pass-12345" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://a..example/v1", ""),
        (f"https://{'a' * 70}.example/v1", ""),
        ("https://host.example/v1", "http:/me:pw@p"),
    ],
)
def test_what_is_no_host_is_told(url: str, proxy: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(ConfigError, match="its host is no name, or the proxy that the environment names") as caught:
        label(endpoint, url=url)
    assert "pw@" not in str(caught.value)


def test_a_proxy_that_is_not_there_is_named(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:8080")
    monkeypatch.setattr("socket.getaddrinfo", nobody)
    with pytest.raises(ConfigError, match=r"through the proxy proxy\.invalid:8080: no host is called 'proxy\.invalid'"):
        label(endpoint, url="https://host.example/v1")


def test_an_answer_may_not_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    from outgrow.endpoint import wire

    monkeypatch.setattr("outgrow.endpoint.wire.LARGEST", 100)
    with pytest.raises(wire.Trouble, match="larger than"):
        wire._read(io.BytesIO(b"x" * 101))


def test_a_request_that_is_at_fault_itself_is_not_repeated(endpoint: Endpoint) -> None:
    too_long = Reply({"error": {"message": "maximum context length is 4096 tokens; max_tokens is too large"}}, 400)
    endpoint.play = lambda asked, n: too_long if "text 3 " in asked.prompt else plain(asked, n)
    found = label(endpoint)
    assert len(endpoint.asked) == 40
    assert found.probabilities[3].sum() == 0
    assert "1 prompt came to nothing, such as this: " in found.notes[-1]
    assert "answers 400: maximum context length" in found.notes[-1]


@pytest.mark.parametrize("last", ["text 2 ", "text 30 "])
def test_the_example_in_a_note_is_that_of_the_first_row(endpoint: Endpoint, last: str) -> None:
    """Whichever comes first."""

    def play(asked: Asked, n: int) -> Reply:
        if last in asked.prompt:
            endpoint.free.wait(0.2)
        return Reply({"error": asked.prompt}, 422) if re.search("text (2|30) ", asked.prompt) else plain(asked, n)

    endpoint.play = play
    found = label(endpoint, concurrency=40)
    assert found.notes[-1].endswith(f"2 prompts came to nothing, such as this: {endpoint.url} answers 422: {TEXTS[2]}?")


def test_too_many_failures_end_it_and_what_was_answered_is_kept(endpoint: Endpoint) -> None:
    no = Reply({"error": "no"}, 422)
    endpoint.play = lambda asked, n: no if re.search(r"text \d ", asked.prompt) else plain(asked, n)
    with pytest.raises(EndpointFailed, match=r"^3 of \d+ prompts so far .* answers 422: no; what was answered is kept"):
        label(endpoint, texts=TEXTS[::-1].copy())
    endpoint.asked.clear()
    endpoint.play = plain
    label(endpoint)
    assert len(endpoint.asked) == 10


@pytest.mark.parametrize(("status", "least"), [(500, 3), (422, 10)])
def test_who_never_answers_is_soon_given_up(endpoint: Endpoint, status: int, least: int) -> None:
    """Sooner where it takes patience to find that out."""
    endpoint.play = lambda asked, n: Reply({}, status)
    many = np.array([f"text {i}" for i in range(10_000)], dtype=object)
    with pytest.raises(EndpointFailed, match=f"{least} of {least} prompts so far came to nothing"):
        label(endpoint, texts=many)
    assert len(endpoint.asked) == (6 * least if status == 500 else least)


def test_who_asks_to_wait_for_long_is_left_alone(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: Reply({}, 429, {"Retry-After": "7200"})
    with pytest.raises(EndpointFailed, match="it asks to wait for 7,200 s: run again then"):
        label(endpoint, concurrency=1)
    assert len(endpoint.asked) <= 2


def test_a_wait_that_is_asked_for_is_kept_by_all(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr("outgrow.endpoint.pace.Pace.pause", lambda self, seconds: paused.append(seconds))
    endpoint.play = lambda asked, n: Reply({}, 429, {"Retry-After": "17"}) if n == 0 else plain(asked, n)
    label(endpoint, texts=TEXTS[:4])
    assert paused == [17]


def test_a_port_where_nobody_listens(endpoint: Endpoint) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EndpointFailed, match=r"cannot be reached, or hung up \(Connection refused\)"):
        label(endpoint, url=f"http://127.0.0.1:{port}/v1")


def test_a_server_without_a_certificate_is_no_answer(endpoint: Endpoint) -> None:
    with pytest.raises(EndpointFailed, match="cannot be reached, or hung up"):
        label(endpoint, url=endpoint.url.replace("http", "https"))


def test_too_many_alternatives_are_for_the_user_to_lower(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: Reply({"error": {"message": "top_logprobs must be at most 5"}}, 400)
    with pytest.raises(EndpointFailed, match="answers 400: top_logprobs must be at most 5"):
        label(endpoint)


def test_errors_of_ours_are_one_line(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: Reply({"error": {"message": "a\nb\x1b"}}, 404)
    with pytest.raises(OutgrowError) as caught:
        label(endpoint)
    assert str(caught.value).isprintable()
    assert json.dumps(str(caught.value)).count("\\n") == json.dumps(str(caught.value)).count("\\\\n")
