"""The chess puzzles: Lichess's file with all that can be wrong with it, and the shipped one."""

from __future__ import annotations

import bz2
import csv
import dataclasses
import gzip
import json
import lzma
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from truths import truth_of

from outgrow.chess.board import Board
from outgrow.chess.moves import N_MOVES, move_class_of_uci
from outgrow.errors import ConfigError, DataError
from outgrow.spec import canonical
from outgrow.tasks.base import tasks
from outgrow.tasks.chess_puzzles import ChessPuzzles
from outgrow.tasks.sources import files, puzzles

HEADER = "PuzzleId,FEN,Moves,Rating,RatingDeviation,Popularity,NbPlays,Themes,GameUrl,OpeningTags"
START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"
# The scholar's mate: black's slip as the set-up move, mate as the solution.
SCHOLAR = "r1bqkbnr/pppp1ppp/2n5/4p2Q/2B1P3/8/PPPP1PPP/RNB1K1NR b KQkq - 3 3"
GOOD = [
    f"00aaa,{SCHOLAR},g8f6 h5f7,1100,80,90,500,mate mateIn1,https://lichess.org/abcd1234/black#6,Italian_Game",
    f"00bbb,{START},e2e4 e7e5,900,80,90,500,opening,https://lichess.org/efgh5678#1,",
    f"00ccc,{START},d2d4 g8f6,1500,80,90,500,opening,https://lichess.org/efgh5678#1,",
]


def write(folder: Path, *lines: str, name: str = "puzzles.csv") -> str:
    path = folder / name
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def row(name: str, fen: str = START, moves: str = "e2e4 e7e5", rating: str = "1000") -> str:
    return f"{name},{fen},{moves},{rating},80,90,500,x,https://lichess.org/{name}xyz#1,"


def test_a_good_file_gives_positions_after_the_set_up_move(tmp_path: Path) -> None:
    examples = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD)).load()
    board = Board.from_fen(SCHOLAR)
    board.push("g8f6")
    assert (examples.inputs[0] == board.encode()).all()
    assert examples.inputs.dtype == np.uint8
    assert examples.inputs.shape == (3, 64)
    assert truth_of(examples).dtype == np.int64
    assert truth_of(examples).tolist() == [
        move_class_of_uci("h5f7", white=True),
        move_class_of_uci("e7e5", white=False),
        move_class_of_uci("g8f6", white=False),
    ]
    assert examples.groups == ["abcd1234", "efgh5678", "efgh5678"]
    assert examples.difficulty is not None
    assert examples.difficulty.dtype == np.float32
    assert examples.difficulty.tolist() == [1100, 900, 1500]
    assert examples.n_classes == N_MOVES
    assert examples.notes == []
    assert len(set(examples.ids)) == 3
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in examples.ids)


def same_examples(a: ChessPuzzles, b: ChessPuzzles) -> bool:
    one, two = a.load(), b.load()
    same = one.ids == two.ids and one.groups == two.groups and one.notes == two.notes
    return same and (one.inputs == two.inputs).all() and (truth_of(one) == truth_of(two)).all()


def test_header_order_case_and_extra_columns_do_not_matter(tmp_path: Path) -> None:
    usual = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    shuffled = ["moves,Comment,GAMEURL,Rating,fen"]
    for line in GOOD:
        cells = line.split(",")
        shuffled.append(f'"{cells[2]}","a, quoted remark",{cells[8]},{cells[3]},"{cells[1]}"')
    assert same_examples(usual, ChessPuzzles(path=write(tmp_path, *shuffled, name="shuffled.csv")))


@pytest.mark.parametrize("width", [9, 10])
def test_without_a_header_columns_stand_in_lichess_order(tmp_path: Path, width: int) -> None:
    usual = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    older = [",".join(line.split(",")[:width]) for line in GOOD]
    assert same_examples(usual, ChessPuzzles(path=write(tmp_path, *older, name="older.csv")))


def test_windows_line_ends_byte_order_mark_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    usual = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    path = tmp_path / "windows.csv"
    without_names = [line.split(",", 1)[1] for line in [HEADER, *GOOD]]  # so that the mark stands before FEN
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join([*without_names, ""]).encode())
    assert same_examples(usual, ChessPuzzles(path=str(path)))


def test_without_a_game_address_the_group_is_the_puzzle_and_without_a_rating_there_is_no_difficulty(
    tmp_path: Path,
) -> None:
    lines = [",".join(line.split(",")[:3]) for line in GOOD]
    examples = ChessPuzzles(path=write(tmp_path, "PuzzleId,FEN,Moves", *lines)).load()
    assert examples.groups == ["00aaa", "00bbb", "00ccc"]
    assert examples.difficulty is None
    bare = [",".join(line.split(",")[1:3]) for line in GOOD]
    examples = ChessPuzzles(path=write(tmp_path, "FEN,Moves", *bare)).load()
    assert examples.groups == examples.ids
    assert examples.notes == [
        "puzzles.csv has no column GameUrl or GameId: puzzles of one game cannot be kept together, and may stand on "
        "both sides of a split"
    ]


# The same puzzles after a pass through other programs

CELLS = [line.split(",") for line in GOOD]
TITLES = HEADER.split(",")
FORMS: dict[str, tuple[list[str], list[list[str]], dict[str, Any]]] = {
    "index of a data frame": (["", *TITLES], [[str(i), *one] for i, one in enumerate(CELLS)], {}),
    "index with a name": (["Unnamed: 0", *TITLES], [[str(i), *one] for i, one in enumerate(CELLS)], {}),
    "ratings as decimals": (TITLES, [[*one[:3], f"{one[3]}.0", *one[4:]] for one in CELLS], {}),
    "ratings in quotes": (TITLES, [[*one[:3], f'"{one[3]}"', *one[4:]] for one in CELLS], {}),
    "decimal commas": (TITLES, [[*one[:3], f"{one[3]},0", *one[4:]] for one in CELLS], {"delimiter": ";"}),
    "semicolons": (TITLES, CELLS, {"delimiter": ";"}),
    "tabs": (TITLES, CELLS, {"delimiter": "\t"}),
    "bars": (TITLES, CELLS, {"delimiter": "|"}),
    "semicolons, no header": ([], CELLS, {"delimiter": ";"}),
    "tabs, no header": ([], CELLS, {"delimiter": "\t"}),
    "quotes and CRLF": (TITLES, CELLS, {"quoting": csv.QUOTE_ALL, "lineterminator": "\r\n"}),
    "CR": (TITLES, CELLS, {"lineterminator": "\r"}),
    "no header, ragged": ([], [one[: 9 + i % 2] for i, one in enumerate(CELLS)], {}),
    "no header, an index": ([], [[str(i), *one] for i, one in enumerate(CELLS)], {}),
    "snake case": (["puzzle_id", "fen", "moves", "rating", *"abcd", "game_url", "e"], CELLS, {}),
    "camel case": (["puzzleId", "fen", "moves", "rating", *"abcd", "gameUrl", "e"], CELLS, {}),
    "capitals": ([one.upper() for one in TITLES], CELLS, {}),
    "blanks": (["Puzzle Id", " FEN ", "Moves", "Rating", *"abcd", "Game URL", "e"], CELLS, {}),
    "a game's id": (
        ["GameId", "Solution", "Elo", "Fen", "Id"],
        [[one[8].split("/")[3].split("#")[0][:8], one[2], one[3], one[1], one[0]] for one in CELLS], {},
    ),
    "lists of Python": (TITLES, [[*one[:2], str(one[2].split()), *one[3:]] for one in CELLS], {}),
    "lists of JSON": (TITLES, [[*one[:2], json.dumps(one[2].split()), *one[3:]] for one in CELLS], {}),
    "lists of numpy": (TITLES, [[*one[:2], str(np.array(one[2].split())), *one[3:]] for one in CELLS], {}),
    "moves with commas": (TITLES, [[*one[:2], one[2].replace(" ", ","), *one[3:]] for one in CELLS], {}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_same_puzzles_in_another_form_are_the_same(tmp_path: Path, form: str) -> None:
    header, rows, options = FORMS[form]
    with open(tmp_path / "other.csv", "w", newline="") as file:
        csv.writer(file, **{"lineterminator": "\n"} | options).writerows([header, *rows] if header else rows)
    usual = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    other = ChessPuzzles(path=str(tmp_path / "other.csv"))
    assert same_examples(usual, other)
    found = other.load().difficulty
    assert found is not None
    assert found.tolist() == [1_100, 900, 1_500]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_other_compressions_are_seen_by_the_first_bytes(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    usual = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    packed = compress(Path(usual.path or "").read_bytes())
    (tmp_path / "packed.csv").write_bytes(packed)
    assert same_examples(usual, ChessPuzzles(path=str(tmp_path / "packed.csv")))
    for broken in (packed[:-9], packed[:60], packed[:40] + bytes(20) + packed[60:]):
        (tmp_path / "packed.csv").write_bytes(broken)
        assert "cannot be read" in refusal(tmp_path / "packed.csv")


@pytest.mark.parametrize(("begin", "why"), [(b"PK\3\4", "is a zip archive: unpack"), (b"PAR1", "save it as CSV")])
def test_files_of_other_kinds_are_named(tmp_path: Path, begin: bytes, why: str) -> None:
    (tmp_path / "puzzles.csv").write_bytes(begin + bytes(99))
    assert why in refusal(tmp_path / "puzzles.csv")


def test_a_column_alone_is_a_header_too(tmp_path: Path) -> None:
    assert "has no column Moves; it has fen, best; expected" in refusal(write(tmp_path, "fen,best", f"{START},e2e4"))
    bare = [",".join(line.split(",")[1:3]) for line in GOOD]
    found = ChessPuzzles(path=write(tmp_path, "fen,solution", *bare)).load()
    assert len(found.ids) == 3
    assert found.notes[0].startswith("puzzles.csv has no column GameUrl or GameId")
    twice = write(tmp_path, "fen,Moves,moves", f"{START},e2e4 e7e5,x")
    assert "its header names 'moves' twice" in refusal(twice)


def test_a_solution_that_begins_with_the_solvers_move_is_not_taken_for_one_with_a_set_up_move(tmp_path: Path) -> None:
    rows = [f"{START},e2e4 e7e5 g1f3", f"{START},d2d4 g8f6 c2c4"]
    assert "(row 2: 3 moves; after the opponent's set-up move" in refusal(write(tmp_path, "fen,solution", *rows))


def test_the_game_is_found_under_other_names_and_what_has_none_is_counted(tmp_path: Path) -> None:
    games = ["https://lichess.org/efgh5678/black#3", "efgh5678", "", "https://lichess.org/training/00abc", "67"]
    firsts = ["e7e5", "c7c5", "g8f6", "d7d5", "b8c6"]
    rows = [f"{i},{START},e2e4 {first},{game}" for i, (first, game) in enumerate(zip(firsts, games, strict=True))]
    found = ChessPuzzles(path=write(tmp_path, "PuzzleId,FEN,Moves,game_link", *rows)).load()
    assert found.groups == ["efgh5678", "efgh5678", "2", "3", "67"]
    assert found.notes == [
        "2 of 5 rows of puzzles.csv name no game: puzzles of one game cannot be kept together, and may stand on both "
        "sides of a split"
    ]
    chess_com = [f"{i},{START},e2e4 {first},https://www.chess.com/game/live/12#{i}" for i, first in enumerate(firsts)]
    found = ChessPuzzles(path=write(tmp_path, "PuzzleId,FEN,Moves,GameUrl", *chess_com)).load()
    assert set(found.groups) == {"https://www.chess.com/game/live/12"}


def test_rows_without_a_rating_go_where_few_have_none_and_else_the_difficulty_goes(tmp_path: Path) -> None:
    firsts = ["e7e5", "c7c5", "g8f6", "d7d5"]
    rows = [row(f"x{i}", moves=f"e2e4 {first}", rating="" if i % 2 else "900") for i, first in enumerate(firsts)]
    found = ChessPuzzles(path=write(tmp_path, HEADER, *rows)).load()
    assert len(found.ids) == 2
    assert found.notes[0] == ("skipped 2 of 4 rows of puzzles.csv: row 3: it has no rating; row 5: it has no rating")
    rows[0] = row("x0", moves="e2e4 e7e5", rating="nan")
    found = ChessPuzzles(path=write(tmp_path, HEADER, *rows)).load()
    assert len(found.ids) == 4
    assert found.difficulty is None
    assert found.notes[0] == (
        "no difficulty, since 3 of 4 rows of puzzles.csv have no rating: row 2: it has no rating; row 3: it has no "
        "rating; and 1 more"
    )


@pytest.mark.parametrize("name", ["puzzles.csv.zst", "puzzles.csv"])
def test_zstd_is_seen_by_its_first_bytes_even_in_several_frames(tmp_path: Path, name: str) -> None:
    usual = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD, name="plain.csv"))
    data = Path(usual.path or "").read_bytes()
    codec = pa.Codec("zstd")
    frames = [codec.compress(part, asbytes=True) for part in (data[:200], data[200:])]
    path = tmp_path / name
    path.write_bytes(struct.pack("<II", 0x184D2A50, 4) + b"skip" + frames[0] + frames[1])
    assert same_examples(usual, ChessPuzzles(path=str(path)))


def test_bad_rows_are_skipped_counted_and_named(tmp_path: Path) -> None:
    bad = [
        row("b1", moves="e2e5 e7e5"),
        row("b2", fen="8/8/8/8/8/8/8/8 w - - 0 1"),
        row("b3", moves="e2e4"),
    ]
    examples = ChessPuzzles(path=write(tmp_path, HEADER, GOOD[0], *bad[:2], GOOD[1], bad[2], GOOD[2])).load()
    assert len(examples.ids) == 3
    reasons = "row 3: illegal move 'e2e5' with white to move; row 4: bad FEN: white has 0 kings instead of one"
    assert examples.notes == [f"skipped 3 of 6 rows of puzzles.csv: {reasons}; and 1 more"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (row("x", moves="e2e5 e7e5"), "illegal move 'e2e5' with white to move"),
        (row("x", moves="e2e4 e2e4"), "illegal solution 'e2e4' after e2e4"),
        (row("x", moves="e2e4 e7e8q"), "illegal solution 'e7e8q' after e2e4"),
        (row("x", moves="e2e4 nonsense"), "illegal solution 'nonsense' after e2e4"),
        (row("x", moves="e2e4"), "1 moves; a set-up move and a solution are needed"),
        (row("x", moves=""), "0 moves; a set-up move and a solution are needed"),
        (row("x", fen=""), "bad FEN: 0 fields"),
        (row("x", fen="rnbqkbnr/pppppppp/8/8 w KQkq - 0 1"), "bad FEN: 4 ranks"),
        (row("x", rating="high"), "rating 'high' is no number"),
        (row("x", rating=""), "it has no rating"),
        (f"x,{START}", "2 columns, at least 4 needed"),
        ("x", "1 columns, at least 4 needed"),
        ("x\ry", "not CSV: "),
        (row("x", moves="\0"), "illegal|moves"),
    ],
)
def test_each_kind_of_bad_row_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "puzzles.csv"
    path.write_bytes("\n".join([HEADER, line, *GOOD]).encode())
    examples = ChessPuzzles(path=str(path)).load()
    assert len(examples.ids) == 3
    (note,) = examples.notes
    assert note.startswith("skipped 1 of 4 rows of puzzles.csv: row 2: ")
    assert any(part in note for part in why.split("|"))


def test_a_row_that_is_not_utf8_and_a_stray_quote_cost_one_row_each(tmp_path: Path) -> None:
    path = tmp_path / "puzzles.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), b"\xff\xfe,x", b'"x,y', *(line.encode() for line in GOOD)]))
    examples = ChessPuzzles(path=str(path)).load()
    assert len(examples.ids) == 3
    assert examples.notes == [
        "skipped 2 of 5 rows of puzzles.csv: row 2: not UTF-8 text; row 3: 1 columns, at least 4 needed"
    ]


def test_repeated_positions_are_kept_once_whatever_the_colours(tmp_path: Path) -> None:
    mirrored = "rnb1k1nr/pppp1ppp/8/2b1p3/4P2q/2N5/PPPP1PPP/R1BQKBNR w KQkq - 3 4"
    again = row("again", fen=mirrored, moves="g1f3 h4f2")  # SCHOLAR with the colours swapped
    examples = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD, GOOD[0], again)).load()
    assert len(examples.ids) == len(set(examples.ids)) == 3
    assert examples.notes == ["skipped 2 of 5 rows of puzzles.csv: an earlier row has the same position and move"]


def test_the_same_position_with_another_solution_is_another_example(tmp_path: Path) -> None:
    lines = [row("one"), row("two", moves="e2e4 c7c5")]
    assert len(set(ChessPuzzles(path=write(tmp_path, HEADER, *lines)).load().ids)) == 2


def test_reading_stops_after_max_rows_good_ones(tmp_path: Path) -> None:
    lines = [row("x", moves="e2e5 e7e5"), GOOD[0], GOOD[1], row("y", moves="e2e5 e7e5"), GOOD[2]]
    examples = ChessPuzzles(path=write(tmp_path, HEADER, *lines), max_rows=2).load()
    assert examples.groups == ["abcd1234", "efgh5678"]
    assert examples.notes[0].startswith("skipped 1 of 3 rows")


def refusal(path: Path | str) -> str:
    with pytest.raises(DataError) as caught:
        ChessPuzzles(path=str(path)).load()
    assert str(path).replace("\0", "\\x00") in str(caught.value)
    return str(caught.value)


def test_all_bad_names_the_first_reasons_and_the_format(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, HEADER, *(row(f"x{i}", moves="e2e5 e7e5") for i in range(5))))
    assert "no usable row (row 2: illegal move 'e2e5'" in message
    assert "row 3: illegal move" in message
    assert "and 3 more" in message
    assert HEADER in message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (HEADER.encode() + b"\n", "no usable row;"),
        (b"text,label\ngood film,1\n", "no usable row (row 1: 2 columns"),
        (b"PuzzleId,Position,Moves,Rating\n", "header has no column FEN;"),
        (b"PuzzleId,Rating\n", "header has no column FEN and no Moves;"),
        (";".join(HEADER.split(",")).encode() + b"\n1;2;3\n", "3 columns, at least 4"),
        ("\n".join([HEADER, *GOOD]).encode("utf-16"), "not UTF-8 text"),
        (random.Random(0).randbytes(200_000), "no usable row"),
        (bytes(300_000), "no usable row"),
        (b"\x28\xb5\x2f\xfd" + b"not really zstd" * 9, "cannot be read: ZSTD"),
        (pa.Codec("zstd").compress("\n".join([HEADER, *GOOD]).encode(), asbytes=True)[:-9], "cannot be read: Trunc"),
    ],
)
def test_what_is_no_puzzle_file_is_refused_by_name(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "puzzles.csv"
    path.write_bytes(content)
    assert why in refusal(path)


def test_a_long_file_of_something_else_is_given_up_early(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, *(["nonsense"] * 3_000), *GOOD)
    assert "and 998 more" in refusal(path)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.csv", "does not exist"),
        ("", "is no regular file"),
        ("a" * 300, "does not exist"),
        ("a\0b", "does not exist"),
    ],
)
def test_a_missing_file_or_a_folder_is_named(tmp_path: Path, name: str, why: str) -> None:
    assert why in refusal(tmp_path / name)
    with pytest.raises(DataError, match=why):
        ChessPuzzles(path=str(tmp_path / name)).identity()


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(file: Path, mode: str) -> None:
        raise PermissionError(f"no access to {file} with {mode}")  # raised by hand, since root may read everything

    path = write(tmp_path, HEADER, *GOOD)
    monkeypatch.setattr(Path, "open", forbidden)
    assert "cannot be read: no access" in refusal(path)


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, HEADER, *GOOD)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(ChessPuzzles(path="~/puzzles.csv").load().ids) == 3


def test_identity_is_the_content_and_not_the_path(tmp_path: Path) -> None:
    one = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    two = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD, name="copy.csv"))
    assert canonical(one) == canonical(two)
    assert str(tmp_path) not in canonical(one)
    identity = one.identity()
    assert sorted(identity) == ["fingerprint", "max_rows", "name", "reading"]
    assert (identity["name"], identity["max_rows"], len(identity["fingerprint"])) == ("chess-puzzles", 50_000, 64)
    assert canonical(dataclasses.replace(one, max_rows=2)) != canonical(one)
    write(tmp_path, HEADER, *GOOD[:2], name="copy.csv")
    assert two.identity()["fingerprint"] != identity["fingerprint"]


def test_an_unchanged_file_is_hashed_once(tmp_path: Path) -> None:
    task = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD))
    before = files.content_hash.cache_info().misses
    assert task.identity() == task.identity()
    assert files.content_hash.cache_info().misses == before + 1


def test_the_task_is_registered_and_its_fields_are_strict() -> None:
    registered: object = tasks["chess-puzzles"]
    assert registered is ChessPuzzles
    assert ChessPuzzles().kind == "classification"
    for wrong in ({"max_rows": 0}, {"max_rows": "9"}, {"path": 3}, {"min_rating": 1}):
        with pytest.raises(ConfigError):
            ChessPuzzles(**wrong)


def test_importing_the_task_imports_neither_torch_nor_pyarrow() -> None:
    code = (
        "import sys, outgrow.tasks.chess_puzzles; print([m for m in ('torch', 'pyarrow', 'chess') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def shipped(folder: Path, n: int) -> Path:
    """A file like the shipped one, with `n` rows, white and black to move by turns."""
    rows = [
        {"id": f"{i:016x}", "game": f"g{i // 3}", "moves": "", "fen": START, "best": "e2e4", "difficulty": 1}
        | ({"fen": SCHOLAR, "best": "g7g6", "difficulty": 50 + i} if i % 2 else {})
        for i in range(n)
    ]
    path = folder / "puzzles.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_shipped_puzzles_are_read_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shipped(tmp_path, 8)
    monkeypatch.setattr(puzzles, "shipped_table", lambda: path)
    examples = ChessPuzzles(max_rows=7).load()
    assert examples.ids == [f"{i:016x}" for i in range(7)]
    assert examples.groups == ["g0"] * 3 + ["g1"] * 3 + ["g2"]
    assert (examples.inputs[0] == Board.start().encode()).all()
    assert (examples.inputs[1] == Board.from_fen(SCHOLAR).encode()).all()
    assert truth_of(examples)[0] == move_class_of_uci("e2e4", white=True)
    assert truth_of(examples)[1] == move_class_of_uci("g7g6", white=False)
    assert examples.difficulty is not None
    assert examples.difficulty.tolist() == [1, 51, 1, 53, 1, 55, 1]
    assert len(ChessPuzzles().identity()["fingerprint"]) == 64


@pytest.mark.parametrize("content", [None, b"not parquet", b""])
def test_without_usable_shipped_puzzles_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "puzzles.parquet"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(puzzles, "shipped_table", lambda: path)
    with pytest.raises(DataError, match="outgrow zoo build chess"):
        ChessPuzzles().load()


def test_a_shipped_file_of_another_form_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "puzzles.parquet"
    pq.write_table(pa.table({"id": ["a"]}), path)
    monkeypatch.setattr(puzzles, "shipped_table", lambda: path)
    with pytest.raises(DataError, match=r"no column 'best'.*outgrow zoo build chess"):
        ChessPuzzles().load()


def test_the_shipped_file_lies_in_the_zoo() -> None:
    assert puzzles.shipped_table().parts[-4:] == ("outgrow", "zoo", "chess", "puzzles.parquet")


def test_a_rating_with_a_comma_for_thousands_is_read(tmp_path: Path) -> None:
    rows = [line.replace(",1100,", ',"1,100",').replace(",900,", ',"900,5",') for line in GOOD]
    found = ChessPuzzles(path=write(tmp_path, HEADER, *rows)).load()
    assert found.difficulty is not None
    assert found.difficulty.tolist() == [1100, 900.5, 1500]


def test_a_header_below_a_title_is_found(tmp_path: Path) -> None:
    order = [8, 2, 1, 0, 3]
    lines = [",".join(line.split(",")[i] for i in order) for line in (HEADER, *GOOD)]
    found = ChessPuzzles(path=write(tmp_path, "My puzzles", "of May", *lines)).load()
    plain = ChessPuzzles(path=write(tmp_path, HEADER, *GOOD, name="plain.csv")).load()
    assert found.ids == plain.ids
    assert found.groups == plain.groups
    assert found.notes[0].startswith("skipped 2 of 5 rows")
    sep = ["sep=;", *(line.replace(",", ";") for line in lines)]
    assert ChessPuzzles(path=write(tmp_path, *sep)).load().ids == plain.ids


def test_positions_and_moves_need_no_header(tmp_path: Path) -> None:
    lines = [",".join(line.split(",")[1:3]) for line in GOOD]
    for above in ([], ["position,best_move"]):
        found = ChessPuzzles(path=write(tmp_path, *above, *lines)).load()
        assert len(found.ids) == 3
        assert found.difficulty is None
    turned = [",".join(reversed(line.split(","))) for line in lines]
    with pytest.raises(DataError, match="no usable row"):
        ChessPuzzles(path=write(tmp_path, *turned)).load()
