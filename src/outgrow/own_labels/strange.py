"""Words that are no class: what to say of them, and what may be meant."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.alike import folded
from outgrow.tasks.sources.class_forms import NOTHING, ordered
from outgrow.tasks.sources.classes import NUMBER
from outgrow.tasks.sources.cures import as_options
from outgrow.tasks.sources.label_values import DIGITS, SILENT, names_of, readings

SHOWN = 5


def says_nothing(word: str) -> bool:
    """Whether a word is one that people or programs write where nobody knows."""
    return word.lower() in SILENT or "".join(word.lower().split()) in NOTHING


def near(word: str, names: Mapping[str, object] | list[str]) -> str:
    """The name that is most like a word, "" if none is; numbers are like nothing."""
    low = {name.lower(): name for name in names if not NUMBER.fullmatch(name)}
    found = difflib.get_close_matches(word.lower().strip(" .,;:!"), low, n=1)
    return low[found[0]] if found else ""


def with_counts(words: Counter[str]) -> str:
    """`'a' (3), 'b' (1)`: the first few, most frequent first."""
    most = sorted(words, key=lambda word: (-words[word], word))
    more = f" and {len(most) - SHOWN:,} more" if len(most) > SHOWN else ""
    return ", ".join(f"{word[:40]!r} ({words[word]:,})" for word in most[:SHOWN]) + more


def check_known(name: str, words: Counter[str], output: Output, *, source: str, numbers: bool = True) -> None:
    """DataError unless words, of which none says that there is no label, are all names or all numbers of classes.

    Args:
        numbers: whether they may be numbers of classes that have names.
    """
    known, names = readings(output, source), names_of(output)
    fit = [known["names"], known["numbers"]] if numbers else [known["names"]]
    if any(words.keys() <= reading.keys() for reading in fit):
        return
    best = max(fit, key=lambda reading: sum(words[one] for one in reading))
    wrong = Counter({one: n for one, n in words.items() if one not in best})
    n, worst = wrong.total(), max(wrong, key=lambda one: (wrong[one], one))
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
    what = (
        f": {counted(n, 'label')} {'is' if n == 1 else 'are'} none of the classes {shown}: {with_counts(wrong)}"
        if numbers
        else f" holds {with_counts(wrong)}, and no label is one of these but {shown}"
    )
    raise DataError(
        f"{source}: {name!r}{what}; {_cure(words, wrong, known, output, numbers)}; where {worst[:40]!r} says that "
        f"there is no label, set {as_options('no_label', [worst])}"
    )


def _cure(
    words: Counter[str], wrong: Counter[str], known: Mapping[str, Mapping[str, int]], output: Output, numbers: bool
) -> str:
    names = names_of(output)
    numbered = all(NUMBER.fullmatch(one) for one in names)
    if output.kind == "preference":
        return "write first or second, A or B, 0 or 1, or 1 or 2, of which the former is the first candidate"
    if not numbers and words.keys() <= known["numbers"].keys():
        return f"if these are their numbers from 0, set {as_options('labels', names)} in their order"
    if numbered and not any(NUMBER.fullmatch(one) for one in words) and 1 < len(words) <= len(names):
        option = as_options("labels", ordered(words))
        return f"others number them: say which number is which, in their order from 0, with {option}"
    if not numbered and all(any(one in reading for reading in known.values()) for one in words):
        return "some are names and some are numbers: write all as names or all as numbers"
    if not numbered and all(DIGITS.fullmatch(one) and int(one) <= len(names) for one in words):
        return "numbers of classes begin at 0"
    worst = max(wrong, key=lambda one: (wrong[one], one))
    like = near(worst, names)
    if folded(worst) == folded(like):
        return f"did you mean {like!r}?"
    meant = f"did you mean {like!r}? If not, and " if like else "if "
    given = numbers and not numbered  # in an order that may count
    every = [*names, *sorted(wrong)] if given else ordered({*names, *wrong})
    these = "this is a class" if len(wrong) == 1 else "these are classes"
    return f"{meant}{these}, set {as_options('labels', every)}"
