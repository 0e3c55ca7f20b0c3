"""Where a key stands: the line of a file, or a `--set`."""

from __future__ import annotations

import re

TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_+:-]+|\#[^\n]*|.''', re.DOTALL
)  # texts of every form, bare words, comments, and all else letter by letter


class Where:
    """The keys of a TOML text and their lines, for messages."""

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.set: set[str] = set()  # keys given by `--set`
        self._lines = lines_of(text)

    def at(self, key: str) -> str:
        """Who gave the dotted `key` its value: `--set`, or a line of the file; in [sweep] or a broader table too."""
        parts = key.split(".")
        names = [".".join(parts[i:]) for i in range(len(parts))]
        around = [".".join(parts[:i]) for i in range(len(parts) - 1, 0, -1)]  # tables that were given whole
        for name in (*names, *around):
            for place in (name, f"sweep.{name}"):
                if place in self.set:
                    return f"--set {place}"
            for place in (f"sweep.{name}", name):
                if place in self._lines:
                    return f"{self.name}, line {self._lines[place]}"
        return self.name

    def __str__(self) -> str:
        return self.name


def lines_of(text: str) -> dict[str, int]:
    """The first line of every table and dotted key of a TOML text, those of inline tables too; no error if it is none.

    Keys of tables in a list are told as those of the list: they are one of several.
    """
    found: dict[str, int] = {}
    table = ""  # of the last header
    opened: list[tuple[str, str]] = []  # brackets: which, and the key that its values are of
    words: list[str] = []  # of a key, dots left out
    key, line, wanted, header = "", 1, True, False  # wanted: whether a key may begin here

    def full(prefix: str) -> str:
        return ".".join(one for one in (prefix, *words) if one)

    for match in TOKEN.finditer(text):
        token = match[0]
        if header:
            if token == "]":
                table, header = full(""), False
                found.setdefault(table, line)
            elif token == "\n":
                header = False
            elif token not in "[. \t":
                words.append(token.strip("\"'"))
        elif token == "[" and wanted and not opened and not words:
            header = True
        elif token == "=" and wanted:
            key, wanted = full(opened[-1][1] if opened else table), False
            found.setdefault(key, line)
        elif token in "{[" and not wanted:
            opened.append((token, key))
            words, wanted = [], token == "{"
        elif token in "}]" and opened:
            key, words, wanted = opened.pop()[1], [], False
        elif token == "," and opened:
            words, wanted = [], opened[-1][0] == "{"
        elif token == "\n" and not opened:
            words, wanted = [], True
        elif wanted and not token.isspace() and token != "." and not token.startswith("#"):
            words.append(token.strip("\"'"))
        line += token.count("\n")
        if token == "\n" and header is False and not opened:
            words = []
    return found
