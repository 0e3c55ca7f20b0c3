"""What labellers say of two candidates, in the words first and second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from outgrow.errors import DataError
from outgrow.own_labels.said import Said
from outgrow.plain import counted

PAIR = ("first", "second")  # the classes of two candidates
TIES = ("tie", "tied", "both", "neither", "equal", "same", "draw")  # what people write where neither is better


def plain_pairs(said: Sequence[Said], source: str, notes: list[str]) -> list[Said]:
    """`first` and `second` for whatever words or numbers say so, alike for all labellers; nothing for ties."""
    low = {one.name: [word.lower() for word in one.words] for one in said if one.words is not None}
    words = Counter(word for own in low.values() for word in own)
    if ties := sum(words[tie] for tie in TIES):
        told = " or ".join(repr(tie) for tie in TIES if words[tie])
        notes.append(f"{counted(ties, 'label')} of {told}: counted as no label, as neither candidate is better")
    meant = dict.fromkeys(TIES, "") | {"a": "first", "b": "second"}
    numbers = {word for word in words if word in ("0", "1", "2")}
    by = {number: next((name for name, own in low.items() if number in own), "") for number in "012"}
    if numbers == {"1"}:
        raise DataError(
            f"{source}: {by['1']!r} says 1 and never 0 or 2, "
            "so nobody knows whether that is the first candidate or the second: write first and second"
        )
    if numbers >= {"0", "2"}:
        raise DataError(
            f"{source}: {by['0']!r} says 0 and {by['2']!r} says 2: candidates are counted from 0 or from 1, alike by "
            "all labellers: write first and second, or set --no-label=0 if 0 is a tie"
        )
    meant |= {"1": "first", "2": "second"} if "2" in numbers else {"0": "first", "1": "second"}
    return [
        one
        if one.words is None
        else replace(
            one, words=[meant.get(word.lower(), word.lower() if word.lower() in PAIR else word) for word in one.words]
        )
        for one in said
    ]
