"""Lichess's file of puzzles, plain and compressed."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged

HEADER = "PuzzleId,FEN,Moves,Rating,RatingDeviation,Popularity,NbPlays,Themes,GameUrl,OpeningTags"
ROWS = (
    "00008,r6k/pp2r2p/4Rp1Q/3p4/8/1N1P2R1/PqP2bPP/7K b - - 0 24,f2g3 e6e7 b2b1 b3c1 b1c1 h6c1,1800,76,95,7226,crushing,"
    "https://lichess.org/787zsVup/black#48,",
    "0000D,5rk1/1p3ppp/pq3b2/8/8/1P1Q1N2/P4PPP/3R2K1 w - - 2 27,d3d6 f8d8 d6d8 f6d8,1518,74,96,26129,advantage,"
    "https://lichess.org/F8M8OS71#53,",
    "0009B,r2qr1k1/b1p2ppp/pp4n1/P1P1p3/4P1n1/B2P2Pb/3NBP1P/RN1QR1K1 b - - 1 16,b6c5 e2g4 h3g4 d1g4,1112,74,87,583,"
    "advantage,https://lichess.org/4MWQCxQ6/black#32,Kings_Pawn_Game",
)
FENS = (
    "8/8/8/8/8/8/8/8 w - - 0 1", "9/8/8/8/8/8/8/8 w - - 0 1",
    "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
    "k7/8/8/8/8/8/8/7K b - - 999999999999999999999 1", "kK6/8/8/8/8/8/8/8 w - e9 0 1", "8" * 64, "k7/8/8/8/8/8/8/7K",
    "\u0661k6/8/8/8/8/8/8/7K w - - 0 1", "pppppppp/8/8/8/8/8/8/kK6 b - - 0 1", "k7/8/8/8/8/8/8/7K w KQkq a6 0 1",
)  # fmt: skip
MOVES = (
    "e2e4 e7e5",
    "a7a8q a8a1",
    "a1a1 a1a1",
    "e1g1 e8g8",
    "a7a8k b1b2",
    "z9z9 a1a2",
    "e2",
    "",
    "0000 0000",
    "e2e4e5 x",
)


def _file(rng: Rng) -> Case:
    import pyarrow as pa

    lines = [*([HEADER] if rng.random() < 0.8 else []), *rng.choices(ROWS, k=rng.randint(0, 8))]
    if rng.random() < 0.4:
        lines.append(f"00x,{rng.choice(FENS)},{rng.choice(MOVES)},{rng.choice(('1', '1e3', '', '99999'))},1,1,1,,,")
    data = "\n".join(lines).encode()
    if rng.random() < 0.75:
        data = damaged(rng, data, most=3)
    name = "p.csv"
    if rng.random() < 0.15:
        data = pa.Codec("zstd").compress(data).to_pybytes()
        data = damaged(rng, data, most=1) if rng.random() < 0.5 else data
        name = "p.csv.zst"
    return Case({name: data}, {"file": name, "max_rows": rng.choice((1, 3, 50_000))})


def _read(case: Case, folder: Path) -> None:
    from outgrow.tasks.chess_puzzles import ChessPuzzles

    task = ChessPuzzles(path=str(folder / case.options["file"]), max_rows=case.options["max_rows"])
    found = task.load()
    if len(found.ids) > case.options["max_rows"] or len(set(found.ids)) != len(found.ids):
        raise Wrong("more rows than asked for, or one twice")
    if found.inputs.shape[1:] != (64,) or found.truth is None or found.truth.max() >= found.n_classes:
        raise Wrong("a position or a move is none")


add("puzzles", _file, _read)
