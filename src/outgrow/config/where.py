"""Where a key stands: the line of a file, or a `--set`."""

from __future__ import annotations

import re


class Where:
    """The keys of a TOML text and their lines, for messages."""

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.set: set[str] = set()  # keys given by `--set`
        self._lines: dict[str, int] = {}
        table = ""
        for number, line in enumerate(text.splitlines(), 1):
            if header := re.match(r"\s*\[([\w.-]+)\]", line):
                table = header[1] + "."
                self._lines.setdefault(header[1], number)
            elif "=" in line:
                self._lines.setdefault(table + line.split("=", 1)[0].strip().strip("\"'"), number)

    def at(self, key: str) -> str:
        """Who gave the dotted `key` its value: `--set`, or a line of the file; in [sweep] or a broader table too."""
        parts = key.split(".")
        for name in (".".join(parts[i:]) for i in range(len(parts))):
            if name in self.set:
                return f"--set {name}"
            for place in (f"sweep.{name}", name):
                if place in self._lines:
                    return f"{self.name}, line {self._lines[place]}"
        for name in (".".join(parts[:i]) for i in range(len(parts) - 1, 0, -1)):  # an inline table
            if name in self._lines:
                return f"{self.name}, line {self._lines[name]}"
        return self.name

    def __str__(self) -> str:
        return self.name
