"""Stockfish as an outside program, spoken to over UCI."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import dataclass
from types import TracebackType

from outgrow.errors import MissingDependency

MATE = 32_000  # a mate in n is scored MATE - n


@dataclass(frozen=True, kw_only=True)
class Line:
    """One principal variation: its first move in UCI and its score in centipawns for the side to move."""

    move: str
    score: int


def find_engine() -> str:
    """Path of the Stockfish binary."""
    path = shutil.which("stockfish") or shutil.which("stockfish", path="/usr/games")
    if path is None:
        raise MissingDependency("no `stockfish` program found; install it (Debian: apt-get install stockfish)")
    return path


class Engine:
    """A single-threaded engine process. Node-limited searches after `new_game` depend on their input alone."""

    def __init__(self, *, hash_mb: int = 4, lines: int = 1) -> None:
        self._process = subprocess.Popen(
            [find_engine()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 16
        )
        self._lines = lines
        self._send(f"setoption name Hash value {hash_mb}")
        self._send(f"setoption name MultiPV value {lines}")
        self._send("isready")
        while not self._read().startswith("readyok"):
            pass

    def new_game(self) -> None:
        """Forget everything: hash and history tables are cleared."""
        self._send("ucinewgame")

    def search(self, fen: str, *, nodes: int) -> list[Line]:
        """The best lines, best first, after about `nodes` nodes; empty when the game is over."""
        self._send(f"position fen {fen}")
        self._send(f"go nodes {nodes}")
        found: dict[int, Line] = {}
        while True:
            words = self._read().split()
            if not words:
                continue
            if words[0] == "bestmove":
                if words[1] == "(none)":
                    return []
                lines = [found[i] for i in sorted(found)]
                if self._lines == 1:  # with few nodes the last line can be older than the move chosen
                    return [Line(move=words[1], score=lines[0].score if lines else 0)]
                return lines
            if words[0] == "info" and "pv" in words and "score" in words:
                at = words.index("score")
                value = int(words[at + 2])
                score = value if words[at + 1] == "cp" else int(math.copysign(MATE - abs(value), value or -1))
                number = int(words[words.index("multipv") + 1]) if "multipv" in words else 1
                found[number] = Line(move=words[words.index("pv") + 1], score=score)

    def close(self) -> None:
        """End the engine process."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")

    def _read(self) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the engine stopped unexpectedly")
        return line
