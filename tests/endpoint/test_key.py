"""The key goes where it is meant to go and nowhere else; what cannot succeed is told at once."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from endpoints import KEY, Asked, Endpoint, Reply, label, says

from outgrow.endpoint.answers import answers_file
from outgrow.errors import ConfigError, EndpointFailed, OutgrowError


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply({"error": {"message": f"bad key {KEY}"}}, 401), r"the key of .* variable 'OUTGROW_TEST_KEY' \(401\)"),
        (Reply({}, 403), r"does not take the key of the environment variable 'OUTGROW_TEST_KEY' \(403\)"),
        (Reply({"error": {"message": "no small"}}, 404), r"not this model \(404: no small\): the url ends"),
        (Reply({}, 302, {"Location": "https://other.example/v1?k=1"}), r"https://other\.example: this is not"),
        (Reply({}, 308, {"Location": "/v2"}), r"sends elsewhere, to another place on the same host"),
        (Reply({}, 302, {"Location": "http://["}), r"sends elsewhere, to another place on the same host"),
        (Reply({}, 302, {"Location": f"https://me:{KEY}@b.example/{KEY}"}), r"to https://b\.example: this is not"),
    ],
)  # fmt: skip
def test_what_cannot_succeed_is_one_error_at_once(endpoint: Endpoint, reply: Reply, message: str) -> None:
    endpoint.play = lambda asked, n: reply
    with pytest.raises(ConfigError, match=message) as caught:
        label(endpoint, key_env="OUTGROW_TEST_KEY", concurrency=1)
    assert str(caught.value).startswith(endpoint.url)
    assert len(endpoint.asked) <= 2
    assert_unsaid(caught.value)


SHOUTED = KEY.upper()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"junk", 200, {"Content-Type": f"{SHOUTED}/x"}),
        Reply(b"junk", 200, {"Content-Type": f"text/{'x' * 40}{KEY}"}),  # cut where it stands
        Reply({}, 302, {"Location": f"https://{SHOUTED}.example/"}),
        Reply({"error": {"message": SHOUTED}}, 400),
        Reply({"error": {"message": KEY.title(), SHOUTED: 1}}, 404),
        Reply({"error": SHOUTED}, 200),
        Reply({"choices": [{"message": {"content": f"{SHOUTED} {KEY.title()}"}}]}),
    ],
)
def test_the_key_is_shown_in_no_case_of_letters(endpoint: Endpoint, reply: Reply) -> None:
    endpoint.play = lambda asked, n: reply
    with pytest.raises(OutgrowError) as caught:
        label(endpoint, key_env="OUTGROW_TEST_KEY")
    assert_unsaid(caught.value)


def assert_unsaid(error: BaseException) -> None:
    """The key is in no message of an error, nor in those behind it, in whatever case of letters."""
    seen: BaseException | None = error
    while seen is not None:
        said = f"{seen} {seen.args} {seen!r}".lower()
        assert KEY not in said
        assert KEY[:12] not in said
        seen = seen.__cause__ or seen.__context__


def test_a_redirect_takes_no_key_along(endpoint: Endpoint) -> None:
    other = Endpoint()
    try:
        for status in (301, 302, 303, 307, 308):
            place = {"Location": f"http://localhost:{other.server_port}/v1/chat/completions"}
            endpoint.play = lambda asked, n, status=status, place=place: Reply({}, status, place)  # type: ignore[misc]
            with pytest.raises(ConfigError, match="this is not followed"):
                label(endpoint, key_env="OUTGROW_TEST_KEY")
        assert other.asked == []
        other.socket.settimeout(0)
        with pytest.raises(BlockingIOError):  # nobody has even knocked
            other.socket.accept()
    finally:
        other.server_close()


def test_who_wants_a_key_is_told_of(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.play = lambda asked, n: Reply({}, 401)
    with pytest.raises(ConfigError, match=r"wants a key \(401\): .* name that by key_env"):
        label(endpoint)
    for value, message in (("", "is not set"), ("  ", "is not set"), ("a b", "holds no key"), ("a\nb", "holds no key")):
        monkeypatch.setenv("OUTGROW_TEST_KEY", value)
        with pytest.raises(ConfigError, match=f"environment variable 'OUTGROW_TEST_KEY' {message}"):
            label(endpoint, key_env="OUTGROW_TEST_KEY")


def test_a_host_that_is_not_there_is_told_at_once(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", nobody)
    with pytest.raises(ConfigError, match=r"https://nowhere\.invalid/v1: no host is called 'nowhere\.invalid'"):
        label(endpoint, url="https://nowhere.invalid/v1")


def test_the_key_is_sent_and_kept_nowhere(endpoint: Endpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the endpoint repeats it, in whatever it says."""

    def play(asked: Asked, n: int) -> Reply:
        assert asked.headers["Authorization"] == f"Bearer {KEY}"
        if n % 4 == 1:
            return Reply({"error": {"message": f"{KEY} is too fast", KEY: 1}}, 500)
        return says(f"good, {KEY}" if n % 2 else KEY, {"good": 0.5, KEY: 0.5})

    endpoint.play = play
    found = label(endpoint, key_env="OUTGROW_TEST_KEY")
    assert "500" not in " ".join(found.notes)
    assert KEY not in " ".join(found.notes) + caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert answers_file() in files
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    assert any(b"[key]" in path.read_bytes() for path in files)
    endpoint.play = lambda asked, n: Reply({"error": {"message": f"who is {KEY}?"}}, 422)
    with pytest.raises(EndpointFailed, match=r"who is \[key\]\?") as caught:
        label(endpoint, key_env="OUTGROW_TEST_KEY", model="other")
    assert_unsaid(caught.value)
