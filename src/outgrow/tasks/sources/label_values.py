"""What the labels of a file mean: names or numbers of classes, decided once for all of them, or nothing."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.classes import BITS, BOOLEANS, spelled

Values = Literal["auto", "names", "numbers"]
SILENT = ("", "-1", "abstain")  # labels that say nothing, where no class is called so
AS_BITS = {"false": "0", "true": "1"}
DIGITS = re.compile("[0-9]{1,9}")  # str.isdigit is true of others too


def names_of(output: Output) -> list[str]:
    """The classes by name, or by number where they have none."""
    return list(output.class_names) or [str(i) for i in range(output.n_classes)]


def meaning(
    used: Counter[str], others: Iterable[str], output: Output, *, values: Values, source: str
) -> dict[str, int | None]:
    """The class of each label that is used, spelled as `spelled` does; None where it says that there is none.

    Args:
        used: labels of the task's examples.
        others: labels of other examples: they help to tell names from numbers where both fit, and a class of -1 from
            no label.
        values: whether they are names or numbers of classes; `auto` finds out.

    Raises:
        DataError: some are no class, or they can be read as names and as numbers, which are different classes.
    """
    known = readings(output, source)
    silent = {one for one in SILENT if one not in known["names"]}
    said = {one for one in used if one.lower() not in silent}
    rest = {one for one in others if one.lower() not in silent}
    if said | rest == {"1"} and used["-1"] > 1 and output.n_classes == 2 and "-1" in silent:
        raise DataError(
            f"{source}: its labels are -1 ({used['-1']:,}) and 1 ({used['1']:,}), and -1 would say that there is none: "
            f"write 0 for -1 if it is the class {names_of(output)[0]!r}, or else leave these labels empty"
        )
    if not said:
        raise DataError(f"{source}: all {used.total():,} labels say that there is none, such as {min(used)!r}")
    names = {"auto": ["names", "numbers"]}.get(values, [values])
    fit = [name for name in names if said <= known[name].keys()]
    if not fit:
        raise DataError(_unknown(used, said, known, names, output, source))
    if len(fit) > 1 and any(known[fit[0]][one] != known[fit[1]][one] for one in said):
        fit = [name for name in fit if rest <= known[name].keys()] or fit
        if len(fit) > 1:
            raise DataError(
                f"{source}: its labels, such as {min(said)!r}, can be names or numbers of the classes "
                f'{_listed(names_of(output))}, and the two differ: set values = "names" or "numbers" in [weak]'
            )
    return {one: known[fit[0]].get(one) if one in said else None for one in used}


def readings(output: Output, source: str) -> dict[str, dict[str, int]]:
    """What labels can be, by `names` and by `numbers`, and the class that each is."""
    by_name = {spelled(name, where=source): i for i, name in enumerate(names_of(output))}
    if by_name.keys() in (BITS, BOOLEANS):  # true is 1, and false is 0
        by_name |= {as_bit: by_name[one] for one, as_bit in AS_BITS.items() if one in by_name} or {
            one: by_name[as_bit] for one, as_bit in AS_BITS.items()
        }
    return {"names": by_name, "numbers": {str(i): i for i in range(output.n_classes)}}


def _unknown(
    used: Mapping[str, int],
    said: set[str],
    known: Mapping[str, Mapping[str, int]],
    names: list[str],
    output: Output,
    source: str,
) -> str:
    """Which labels are no classes under the reading that fits most, and what may be meant."""
    best = max(names, key=lambda name: sum(used[one] for one in said if one in known[name]))
    wrong = sorted((one for one in said if one not in known[best]), key=lambda one: (-used[one], one))
    n, shown = sum(used[one] for one in wrong), ", ".join(f"{one[:40]!r} ({used[one]:,})" for one in wrong[:5])
    more = f" and {len(wrong) - 5:,} more" if len(wrong) > 5 else ""
    classes = names_of(output)
    near = difflib.get_close_matches(wrong[0].lower(), [one.lower() for one in classes], n=1)
    meant = [one for one in classes if near and one.lower() == near[0]]
    if len(names) > 1 and all(any(one in reading for reading in known.values()) for one in said):
        cure = "some are names and some are numbers: write all as names or all as numbers"
    elif "numbers" not in names and said <= known["numbers"].keys():
        cure = "write the names of classes, not their numbers"
    elif all(DIGITS.fullmatch(one) and int(one) <= output.n_classes for one in said):
        cure = "numbers of classes begin at 0"
    elif meant:
        cure = f"did you mean {meant[0]!r}?"
    else:
        cure = "leave a label empty where there is none"
    what = "the numbers from 0 of " if names == ["numbers"] else ""
    return (
        f"{source}: {counted(n, 'label')} {'is' if n == 1 else 'are'} none of {what}the classes {_listed(classes)}: "
        f"{shown}{more}; {cure}"
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
