"""What the values of a label column look like together: words for nothing, one class in two spellings, scores."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from outgrow.errors import DataError
from outgrow.tasks.sources.alike import folded
from outgrow.tasks.sources.cures import Spell, as_toml

NOTHING = {  # what people and programs may write where there is no label, in small letters and without blanks
    "none", "na", "n.a.", "?", "??", "-", "--", ".", "\\n", "abstain", "unlabeled", "unlabelled", "nolabel", "unknown",
    "unsure", "notsure", "undecided", "undefined", "missing", "notavailable", "skip", "skipped", "tbd", "todo", "inf",
    "-inf", "infinity", "error", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#error!",
}  # fmt: skip
NINES = re.compile(r"9{2,}|8{2,}|7{2,}|9+[87]")  # what surveys put where there is no answer
SURVEY = 5  # classes up to which a single 9 is one of these too
YES_NO = (
    ("1", "0"), ("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("ja", "nein"), ("j", "n"), ("oui", "non"),
    ("si", "no"), ("sí", "no"), ("sim", "não"), ("on", "off"), ("positive", "negative"), ("pos", "neg"), ("+", "-"),
)  # fmt: skip
BETWEEN = re.compile(r"(?<=[^\W\d_])[-_](?=[^\W\d_])")  # letters
SEVERAL = re.compile(r"\s*[|;,/+&]\s*")
DATE = re.compile(r"\d{4}-\d\d(-\d\d)?([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}", re.ASCII)
LOOKALIKES = str.maketrans("аеорсухікѕјԁһαορυνικ", "aeopcyxiksjdhaopyvik")  # Cyrillic and Greek: seen as Latin


def check_forms(counts: Counter[str], *, source: str, column: str, spell: Spell = as_toml) -> None:
    """DataError where labels, as `classes.spelled` gives them, say one thing in two ways, say nothing, or are none."""
    where = f"{source}: {column!r}"
    _no_label(counts, where, spell)
    _yes_and_no(counts, where, spell)
    check_alike(counts, where, spell)
    _numbers(counts, where, spell)
    _mixed(counts, where, spell)


def ordered(labels: Iterable[str]) -> list[str]:
    """In numeric order if all are numbers."""
    every = list(labels)
    try:
        return sorted(every, key=float)
    except ValueError:
        return sorted(every)


def listed(labels: Sequence[str]) -> str:
    """The first few, in quotes."""
    shown = ", ".join(repr(label[:40]) for label in labels[:5])
    return shown + (f" and {len(labels) - 5:,} more" if len(labels) > 5 else "")


def _no_label(counts: Counter[str], where: str, spell: Spell) -> None:
    """Values below zero among others, numbers of nines, or words for nothing, that stand there more than once."""
    whole = [label for label in counts if re.fullmatch(r"-?\d+", label, re.ASCII)]
    below = [label for label in whole if label[0] == "-"]
    if len(below) > 1 and sorted(map(int, below)) == list(range(-len(below), 0)):  # -2, -1, 0, 1, 2 are a scale
        below = []
    above = sorted(int(label) for label in whole if label[0] != "-" and not NINES.fullmatch(label) and label != "9")
    nines = [label for label in whole if NINES.fullmatch(label) and above and int(label) > 2 * above[-1] + 1]
    if "9" in whole and len(above) > 1 and above[-1] <= SURVEY:
        nines.append("9")
    words = [label for label in counts if "".join(label.lower().split()) in NOTHING or label[0] == "\u2212"]
    odd = [label for label in (*below, *nines, *words) if counts[label] > 1]
    rest = ordered(label for label in counts.keys() - set(odd) if counts[label] > 1)
    if not odd or len(rest) < 2:
        return
    said = " or ".join(odd[:5])
    n = sum(counts[label] for label in odd)
    raise DataError(
        f"{where} is {said} in {n:,} rows, and otherwise {listed(rest)}: if {said} says that there is no label, set "
        f"{spell('no_label', odd)}; if it is a class, set {spell('labels', ordered({*odd, *rest}))}"
    )


def _yes_and_no(counts: Counter[str], where: str, spell: Spell) -> None:
    """Yes and no in two ways, where nothing else stands in the column."""
    low: dict[str, list[str]] = {}
    for label in counts:
        low.setdefault(label.lower(), []).append(label)
    if not low.keys() <= {one for pair in YES_NO for one in pair} or any(low.keys() <= set(pair) for pair in YES_NO):
        return
    pairs = [pair for pair in YES_NO if low.keys() & set(pair)]
    used = next((pair for pair in pairs if low.keys() >= set(pair)), pairs[0])
    other = next(one for one in low if one not in used)
    beside = next(pair for pair in pairs if other in pair)
    raise DataError(
        f"{where} says both {' or '.join(used)} and {' or '.join(beside)}: write one of them in the file, or each "
        f"would be a class of its own; if they are classes, name all in {spell('labels', ())}"
    )


def check_alike(counts: Counter[str], where: str, spell: Spell = as_toml) -> None:
    """DataError for two spellings of one label, each more than once."""
    forms: dict[str, str] = {}
    for label in ordered(counts):
        if counts[label] < 2:
            continue
        if (other := forms.setdefault(_form(label), label)) != label:
            raise DataError(
                f"{where} says both {other[:40]!r} ({counts[other]:,} rows) and {label[:40]!r} ({counts[label]:,}), "
                "which are alike but for blanks, case, signs, zeros in front or Unicode form: write one of them "
                f"everywhere, or name all classes in {spell('labels', ())} if these are two"
            )


def _form(label: str) -> str:
    """Equal for labels that a reader takes for one."""
    form = folded(label).strip("\"'") or label
    if found := re.fullmatch(r"([+-]?\d{1,100})(?:[.,](\d*?)0*)?", form, re.ASCII):  # 01, +1, 1,0
        return f"{int(found[1])}.{found[2] or ''}"
    if len(form) > 2:  # B and B- are two grades
        form = BETWEEN.sub("", form.translate(LOOKALIKES)).rstrip(".,;:!") or form
    return form


def _numbers(counts: Counter[str], where: str, spell: Spell) -> None:
    """Scores and dates, of which each would be a class."""
    many = [label for label in counts if counts[label] > 1]
    if len(many) < 3:
        return
    if all(DATE.fullmatch(label) for label in many):
        raise DataError(_no_class(many, where, "dates", spell))
    try:
        broken = [label for label in many if not float(label).is_integer()]
    except (ValueError, OverflowError):
        return
    if broken:
        raise DataError(_no_class(many, where, "numbers with decimals, as scores are", spell))


def _no_class(labels: Sequence[str], where: str, what: str, spell: Spell) -> str:
    return (
        f"{where} holds {what}: {listed(ordered(labels))}; a label is one of a few classes: choose another column, or "
        f"make classes of them in the file, or set {spell('labels', ordered(labels))} if each is a class"
    )


def _mixed(counts: Counter[str], where: str, spell: Spell) -> None:
    """Names beside numbers, and several classes in one label."""
    many = [label for label in counts if counts[label] > 1]
    numbers = ordered(label for label in many if re.fullmatch(r"-?\d+", label, re.ASCII))
    names = ordered(set(many) - set(numbers))
    if len(numbers) > 1 and len(names) > 1:
        raise DataError(
            f"{where} holds numbers, {listed(numbers)}, and names, {listed(names)}: if they mean the same, write one "
            f"of both in the file; if all are classes, name them in {spell('labels', ())}"
        )
    for label in names:
        parts = SEVERAL.split(label)
        if len(parts) > 1 and all(parts) and (single := [part for part in parts if part in counts]):
            raise DataError(
                f"{where} says {label[:60]!r}, and {single[0][:40]!r} in other rows: are these several labels of one "
                "row? A label is one class: choose another column, or name all classes in "
                f"{spell('labels', ())} if this is one"
            )
