"""Texts that are alike but for blanks, case or Unicode form, and the groups that they make one."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence

UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")
SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)

POINTS = str.maketrans(dict.fromkeys(string.punctuation + "\u2026\u00bf\u00a1\u3001\u3002\u300c\u300d\u060c\u061f"))


def folded(text: str) -> str:
    """A text without blanks, case and unseen characters, in one Unicode form, with straight quotes and dashes.

    It is for comparison alone: texts with the same folded form are alike.
    """
    if text.isascii():
        return "".join(text.split()).lower().replace("`", "'")
    text = unicodedata.normalize("NFKC", UNSEEN.sub("", text.translate(SIGNS))).casefold()
    return "".join(unicodedata.normalize("NFKC", text).split())


def bare(text: str) -> str:
    """A folded text without punctuation, if anything else is in it: what shows that one text is another's twin."""
    return text.translate(POINTS) or text


def joined(groups: Sequence[str], marks: Sequence[Iterable[str]]) -> list[str]:
    """The groups, of which those that share a mark are one, under the first of their names in the alphabet.

    Args:
        groups: of each row.
        marks: of each row.
    """
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while (up := above.get(name, name)) != name:
            above[name] = above.get(up, up)
            name = up
        return name

    owner: dict[str, str] = {}
    for group, own in zip(groups, marks, strict=True):
        for mark in own:
            one, two = sorted((top(group), top(owner.setdefault(mark, group))))
            above[two] = one
    return [top(group) for group in groups]
