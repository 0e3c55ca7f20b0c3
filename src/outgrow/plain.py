"""Words to show: text from outside made safe (names of files, columns, classes, errors of libraries), and counts."""

from __future__ import annotations

import unicodedata

UNSAFE = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of surrogate pairs, ends of lines and paragraphs
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text that begins so for a formula
TURNING = frozenset(map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))  # text around


def plain(text: object) -> str:
    r"""A text on one line, in which whatever could steer a terminal or fool its reader is spelt: ESC becomes `\x1b`.

    Line ends and tabs are spelt too (`\n`, `\t`), so are marks that turn the direction of writing and bytes of a file
    name that are no UTF-8 (`\xe9`). Everything else, other scripts and pictures included, stays as it is.
    """
    text = str(text)
    if text.isprintable() and text.isascii():
        return text
    return "".join(map(_spelt, text))


def spreadsheet_safe(text: str) -> str:
    """A cell that no spreadsheet computes: an apostrophe before what looks like a formula, control characters spelt."""
    return ("'" if text.startswith(FORMULA) else "") + plain(text)


def counted(n: int, noun: str) -> str:
    """`1 step`, or `2,000 steps`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _spelt(letter: str) -> str:
    if letter not in TURNING and unicodedata.category(letter) not in UNSAFE:
        return letter
    if "\udc80" <= letter <= "\udcff":  # a byte that Python could not decode
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()
