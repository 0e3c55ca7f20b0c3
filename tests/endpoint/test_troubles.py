"""An endpoint that fails, is slow, or sends rubbish: asked again, counted, given up."""

from __future__ import annotations

import io
import json
import re
import socket

import numpy as np
import pytest
from endpoints import TEXTS, TRUTH, Asked, Endpoint, Reply, label, plain, right, says

from outgrow.errors import EndpointFailed, OutgrowError


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


@pytest.mark.parametrize(
    ("field", "words", "gone", "comes"),
    [
        ("logprobs", "logprobs is not supported with this model", {"logprobs", "top_logprobs"}, {}),
        ("seed", "Unrecognized request argument: seed", {"seed"}, {}),
        ("max_tokens", "use 'max_completion_tokens', not 'max_tokens'", {"max_tokens"}, {"max_completion_tokens": 16}),
    ],
)  # fmt: skip
def test_what_an_endpoint_does_not_know_is_left_out(
    endpoint: Endpoint, field: str, words: str, gone: set[str], comes: dict[str, int]
) -> None:
    def play(asked: Asked, n: int) -> Reply:
        return Reply({"error": {"message": words}}, 400) if field in asked.body else says(right(asked))

    endpoint.play = play
    found = label(endpoint, concurrency=2)
    np.testing.assert_array_equal(found.probabilities.argmax(1), TRUTH)
    last = endpoint.asked[-1].body
    assert not gone & last.keys()
    assert comes.items() <= last.items()
    assert len(endpoint.asked) <= 120 + 2  # it is learned once
    endpoint.asked.clear()
    label(endpoint)
    assert endpoint.asked == []  # and the answers are to the question as it was meant


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
