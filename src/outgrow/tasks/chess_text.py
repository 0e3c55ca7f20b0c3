"""Chess puzzles as text: the game so far is the prompt, the best move is the answer."""

from __future__ import annotations

from typing import Any, ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.puzzles import shipped_table

TABLE = "the shipped puzzles"


@tasks.register(
    "chess-text",
    about="the shipped chess puzzles as text to continue: the game's moves, then the best one",
    source="made by this project (zoo/CARD.md); setting of Burns et al. 2023, A.2",
)
@spec
class ChessText:
    """Prompts such as `1. e2e4 e7e5 2.`, answers such as `g1f3` (from-square, to-square, promotion), groups by game.

    Difficulty is the engine's nodes to find the move, as in `chess-puzzles`.
    """

    name: ClassVar[str] = "chess-text"

    @property
    def kind(self) -> Kind:
        return "generation"

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "content": fingerprint(shipped_table())}

    def load(self) -> Examples:
        import numpy as np
        import pyarrow.parquet as pq

        table = pq.read_table(shipped_table()).to_pydict()
        answers = tuple(sorted(set(table["best"])))
        number = {answer: i for i, answer in enumerate(answers)}
        return Examples(
            ids=table["id"],
            groups=table["game"],
            inputs=np.array([prompt(moves.split()) for moves in table["moves"]], dtype=object),
            truth=np.array([number[best] for best in table["best"]], np.int64),
            n_classes=len(answers),
            class_names=answers,
            difficulty=np.array(table["difficulty"], np.float32),
        )


def prompt(moves: list[str]) -> str:
    """Numbered moves up to the one that is asked for."""
    numbered = [f"{i // 2 + 1}. {move}" if i % 2 == 0 else move for i, move in enumerate(moves)]
    return " ".join([*numbered, *([f"{len(moves) // 2 + 1}."] if len(moves) % 2 == 0 else [])])
