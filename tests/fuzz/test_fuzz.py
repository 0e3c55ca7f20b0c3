"""Every reader under some hundred wrong inputs of a fixed seed; and that what looks for faults finds planted ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
BAD = ("foreign", "wrong", "escapes", "hangs", "memory", "crashes")
SECONDS = 600  # under which even a slow machine stays


def fuzz(*arguments: str) -> tuple[int, str]:
    """The harness in a process of its own: it forks, which a process with threads should not."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        cwd=TOP, capture_output=True, text=True, errors="replace", timeout=SECONDS,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def table(said: str) -> dict[str, dict[str, int]]:
    """The numbers of each target."""
    lines = [line.split() for line in said.splitlines()]
    names = next(line for line in lines if line[:2] == ["target", "inputs"])
    width = len(names) - 3  # "seconds", "a", "second"
    rows = [line for line in lines if len(line) == width + 2 and line[1].replace(",", "").isdigit()]
    return {
        line[0]: {name: int(cell.replace(",", "")) for name, cell in zip(names[1:width], line[1:width], strict=True)}
        for line in rows
    }


def test_readers_return_or_raise_errors_of_ours(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    pytest.importorskip("PIL")
    _, listed = fuzz("--list")
    code, said = fuzz("--n", "150", "--seed", "11", "--keep", str(tmp_path))
    found = table(said)
    assert set(found) == set(listed.split())
    assert len(found) > 20
    assert sum(row["inputs"] for row in found.values()) > 1_000
    assert sum(row["returned"] for row in found.values()) > 300, "so that more than first lines are read"
    assert code == 0, said
    assert not any(row["raw"] for row in found.values()), said


def test_planted_faults_are_found(tmp_path: Path) -> None:
    planted = ["foreign", "hangs", "wrong", "escapes", "starts", "crashes", "memory", "raw"]
    names = [f"planted-{kind}" for kind in planted]
    given = [word for name in names for word in ("--target", name)]
    code, said = fuzz("--plant", *given, "--n", "200", "--seed", "1", "--keep", str(tmp_path))
    assert code == 1
    found = table(said)
    assert set(found) == set(names)
    for kind, name in zip(planted, names, strict=True):
        column = {"starts": "escapes"}.get(kind, kind)
        assert found[name][column] > 0, f"{name} was not found:\n{said}"
        others = {one: found[name][one] for one in BAD if one != column}
        assert not any(others.values()), f"{name} was taken for another fault: {others}"


def test_a_kept_input_fails_again(tmp_path: Path) -> None:
    fuzz("--plant", "--target", "planted-foreign", "--n", "64", "--seed", "1", "--keep", str(tmp_path))
    (kept,) = tmp_path.glob("*.case")
    code, said = fuzz("--plant", "--replay", str(kept))
    assert code == 1
    assert "KeyError: 'none'" in said
