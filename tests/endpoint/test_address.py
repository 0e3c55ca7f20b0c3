"""Which addresses may be asked, and that what is wrong with one is told without what is secret in it."""

from __future__ import annotations

import pytest

from outgrow.endpoint.address import check_key_name, check_url, is_loopback, without
from outgrow.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Host.example/v1/", "https://host.example/v1"),
        (" https://host.example/v1/chat/completions ", "https://host.example/v1"),
        ("https://host.example", "https://host.example"),
        ("https://host.example:8443/a/b", "https://host.example:8443/a/b"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://127.0.0.2/v1", "http://127.0.0.2/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_an_address_has_one_form(url: str, expected: str) -> None:
    assert check_url(url, insecure=False) == check_url(expected, insecure=False) == expected


@pytest.mark.parametrize(
    "url",
    ["", "host.example/v1", "ftp://host/v1", "file:///etc/passwd", "https://", "https:///v1", "https://host:port/v1",
     "https://a b/v1", "https://host/v1\nX: y", "https://h\u00f6st/v1", "https://[::1/v1", "https://host:99999/v1"],
)  # fmt: skip
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(ConfigError, match=r'write an address such as "https://HOST/v1"'):
        check_url(url, insecure=True)


@pytest.mark.parametrize(
    "url", ["https://me:secret@host/v1", "https://host/v1?key=secret", "https://host/v1#secret", "secret@host"]
)
def test_secrets_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="may hold no name, password, query or fragment") as caught:
        check_url(url, insecure=False)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["host.example", "10.0.0.1", "192.168.0.4", "localhost.example", "127.0.0.1.example"])
def test_only_this_machine_is_asked_unencrypted(host: str) -> None:
    with pytest.raises(ConfigError, match="would travel unencrypted; use https, or set insecure = true"):
        check_url(f"http://{host}/v1", insecure=False)
    assert check_url(f"http://{host}/v1", insecure=True) == f"http://{host}/v1"
    assert not is_loopback(host)


@pytest.mark.parametrize("name", ["sk-proj-abc", "gsk_abcDEF", "a b", "1KEY", "K" * 65, "KEY\n"])
def test_a_key_in_the_place_of_its_name_is_not_repeated(name: str) -> None:
    with pytest.raises(ConfigError, match="the key itself must not stand in an experiment") as caught:
        check_key_name(name)
    assert name not in str(caught.value)
    check_key_name("OPENAI_API_KEY")
    check_key_name("")


def test_a_key_is_blotted_out_wherever_it_stands() -> None:
    found = {"a": ["x KEY-123456 y", {"KEY-123456": 1}], "n": 3, "none": None}
    assert without("KEY-123456", found) == {"a": ["x [key] y", {"[key]": 1}], "n": 3, "none": None}
    assert without("sk-A.b+12", "x SK-a.B+12 y sk-a-b+12") == "x [key] y sk-a-b+12", "letters may change their case"
    assert without("none", {"a": "none"}) == {"a": "none"}, "what is so short is no secret, and may be a word"
