"""What comes from outside cannot steer the terminal that shows it."""

from __future__ import annotations

import pytest

from outgrow.errors import DataError
from outgrow.executors.base import reason
from outgrow.plain import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("an \x1b[31mid\x1b[0m", "an \\x1b[31mid\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J \x7f", "\\x9b2J \\x7f"),
        ("over\rwritten\nline\tx\u2028y", "over\\rwritten\\nline\\tx\\u2028y"),
        ("user\u202egpj.exe \u2066a", "user\\u202egpj.exe \\u2066a"),
        ("r\udce9sum\udce9", "r\\xe9sum\\xe9"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_could_steer_a_terminal_is_spelt(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert str(DataError(text)) == shown
    assert reason(ValueError(text)) == f"ValueError: {shown}"


@pytest.mark.parametrize("text", ["[a/b] \\[x", "d'accord, naïve", "日本語", "👩\u200d👧", "한국어", "a\xa0b", ""])
def test_other_scripts_and_pictures_stay(text: str) -> None:
    assert plain(text) == text
