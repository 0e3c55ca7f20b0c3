"""Where an endpoint is, and the key that opens it: what may be asked, and what is never shown."""

from __future__ import annotations

import ipaddress
import os
import re
from urllib.parse import urlsplit

from outgrow.errors import ConfigError

CHAT = "/chat/completions"
SHORT = 8  # letters; what is shorter is no secret, such as the `none` that a server of one's own may want


def check_url(url: str, *, insecure: bool) -> str:
    """The address in its plain form, as it stands in keys. ConfigError where it may not be asked.

    It never holds a secret: names, passwords and queries are refused, and not repeated in the error.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if "@" in url or parts.query or parts.fragment:
        raise ConfigError(
            "url may hold no name, password, query or fragment, as it is kept with the results; put the key into an "
            "environment variable, and name that by key_env",
            key="url",
        )
    if parts.scheme not in ("http", "https") or not host or re.search(r"[^\x21-\x7e]", url.strip()):
        raise ConfigError(f'url = {url!r}: write an address such as "https://HOST/v1"', key="url")
    if parts.scheme == "http" and not insecure and not is_loopback(host):
        raise ConfigError(
            f"url = {url!r}: texts and the key would travel unencrypted; use https, or set insecure = true if you "
            "trust the network in between",
            key="url",
        )
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/').removesuffix(CHAT)}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or number."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_key_name(name: str) -> None:
    """ConfigError unless a variable may be called so. A key that was written in its place is not repeated."""
    if name and not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", name):
        raise ConfigError(
            "key_env is the name of the environment variable that holds the key, in capitals, such as "
            '"OPENAI_API_KEY"; the key itself must not stand in an experiment',
            key="key_env",
        )


def read_key(name: str) -> str:
    """The key out of the environment; "" where none is named. ConfigError where there is none of that name."""
    if not name:
        return ""
    key = os.environ.get(name, "").strip()
    if not key:
        raise ConfigError(
            f"the environment variable {name!r} is not set, and key_env says that it holds the key; set it, or leave "
            "key_env out if the endpoint needs no key"
        )
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ConfigError(f"the environment variable {name!r} holds no key: there are blanks or line ends in it")
    return key


def without(key: str, found: object) -> object:
    """What came back, with the key blotted out wherever somebody repeats it, in capitals or small letters."""
    if len(key) < SHORT:
        return found
    if isinstance(found, str):
        return re.sub(re.escape(key), "[key]", found, flags=re.IGNORECASE)
    if isinstance(found, list):
        return [without(key, one) for one in found]
    if isinstance(found, dict):
        return {str(without(key, name)): without(key, one) for name, one in found.items()}
    return found
