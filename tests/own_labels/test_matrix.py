"""Label matrices, as labelling tools make them: what they can hold, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import WeakTable, read

N = 48
Write = Callable[..., str]


def table(path: str, **columns: object) -> WeakTable:
    """Read with `body` as the text."""
    return read([path], Columns(text="body", **columns))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "votes"),
    [
        (np.tile([0, 1], (N // 2, 1)).reshape(-1), 1),
        (np.stack([np.arange(N) % 3 - 1, np.arange(N) % 2], 1), 2),
        (np.stack([np.arange(N) % 2, np.arange(N) % 2], 1).astype(float), 2),
        (np.tile([0.25, 0.75], (N, 1)), 1),
        (np.tile([0.25, 0.75], N // 2), 1),
        (np.tile([True, False], N // 2), 1),
        (np.tile([0.25, 0.75], (N, 3, 1)), 3),
    ],
)  # fmt: skip
def test_a_label_matrix_stands_beside_the_table(csv: Write, tmp_path: Path, values: np.ndarray, votes: int) -> None:
    np.save(tmp_path / "L.npy", values)
    found = table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),), classes=("neg", "pos"))
    assert found.votes.shape == (votes, N, 2)
    assert found.classes == ["neg", "pos"]


def test_a_matrix_of_another_height_or_of_objects_is_refused(csv: Write, tmp_path: Path) -> None:
    path = csv(other=["x"])
    np.save(tmp_path / "L.npy", np.zeros((N + 1, 2), int))
    with pytest.raises(DataError, match=r"a row for each of the 48 rows"):
        table(path, labels=(str(tmp_path / "L.npy"),), classes=("a", "b"))
    np.save(tmp_path / "P.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"no \.npy file of numbers"):
        table(path, labels=(str(tmp_path / "P.npy"),), classes=("a", "b"))
    np.save(tmp_path / "B.npy", np.full((N, 2), 2**62))
    with pytest.raises(DataError, match="holds whole numbers from"):
        table(path, labels=(str(tmp_path / "B.npy"),))
    whole = (tmp_path / "L.npy").read_bytes()
    (tmp_path / "C.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"no \.npy file of numbers"):
        table(path, labels=(str(tmp_path / "C.npy"),), classes=("a", "b"))
    np.save(tmp_path / "M.npy", np.full((N, 2), 5))
    with pytest.raises(DataError, match="whole numbers from 5 to 5; classes are numbered from 0 to 1"):
        table(path, labels=(str(tmp_path / "M.npy"),), classes=("a", "b"))


@pytest.mark.parametrize(
    "values",
    [
        np.stack([np.arange(N) % 3 - 1, np.arange(N) % 2], 1),
        np.where(np.arange(N)[:, None] % 3 == 0, np.nan, np.stack([np.arange(N) % 3 - 1, np.arange(N) % 2], 1)),
        np.where(np.arange(N)[:, None] % 3 == 0, np.nan, np.tile([0.25, 0.75], (N, 1))),
        np.where(np.arange(N)[:, None] % 3 == 0, 0.0, np.tile([0.25, 0.75], (N, 1))),
    ],
)  # fmt: skip
def test_nothing_is_said_by_minus_one_and_by_what_is_no_number(csv: Write, tmp_path: Path, values: np.ndarray) -> None:
    np.save(tmp_path / "L.npy", values)
    found = table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),), classes=("neg", "pos"))
    np.testing.assert_array_equal(found.votes[0].any(-1), np.arange(N) % 3 != 0)


def test_a_single_probability_is_of_the_second_class(csv: Write, tmp_path: Path) -> None:
    np.save(tmp_path / "L.npy", np.linspace(0.1, 0.9, N))
    found = table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),), classes=("neg", "pos"))
    np.testing.assert_allclose(found.votes[0, 0], [0.9, 0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.eye(2)[np.arange(N) % 2], "a single 1 and otherwise 0 in each row"),
        (np.eye(3, dtype=int)[np.arange(N) % 3], "a single 1 and otherwise 0 in each row"),
        (np.arange(N)[:, None] % 2 == np.arange(2), "a single 1 and otherwise 0 in each row"),
        ((np.arange(N) % 3 - 1).astype(np.uint8), "255, which is -1 in numbers without a sign"),
        (np.where(np.arange(N) % 2, np.inf, 0.0), "infinite numbers"),
        (np.full((N, 3), 0.5), "not probabilities of at least two classes"),
        (np.full((N, 3), 0.5), r"\[0.5, 0.5, 0.5\] in row 1; .* which is \[rows, labellers, 2\]"),
        (np.where(np.arange(N)[:, None] == 5, 0.7, 0.5) * np.ones(2), r"1 of 48 rows, such as \[0.7, 0.7\] in row 6$"),
        (np.zeros((3, N), int), r"its second side is as long: save L.swapaxes\(0, 1\)"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused(csv: Write, tmp_path: Path, values: np.ndarray, words: str) -> None:
    np.save(tmp_path / "L.npy", values)
    with pytest.raises(DataError, match=words):
        table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),))


def test_a_matrix_of_several_labellers_has_no_annotators(csv: Write, tmp_path: Path) -> None:
    path = csv(who=["ann", "bob"])
    np.save(tmp_path / "L.npy", np.stack([np.arange(N) % 2] * 2, 1))
    with pytest.raises(ConfigError, match="there are 2 labellers: L 1, L 2; leave it out"):
        table(path, labels=(str(tmp_path / "L.npy"),), annotator="who")
    np.save(tmp_path / "L.npy", np.arange(N) // 2 % 2)
    found = table(path, labels=(str(tmp_path / "L.npy"),), annotator="who")
    assert found.labellers == ["ann", "bob"]
    np.testing.assert_array_equal(found.votes[0].any(-1), np.arange(N) % 2 == 0)


def test_minus_ones_of_a_matrix_are_counted(csv: Write, tmp_path: Path) -> None:
    np.save(tmp_path / "L.npy", np.arange(N) % 3 - 1)
    found = table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),))
    assert any("L.npy: -1 is read as no label, 16 times; if it is a class, save L + 1" in note for note in found.notes)
    np.save(tmp_path / "L.npy", np.arange(N) % 2 * 2 - 1)
    with pytest.raises(DataError, match="every weak label is '1'") as error:
        table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),))
    assert "24 times; if it is a class, save 0 in its place" in error.value.__notes__[0]


def test_names_beside_a_matrix_of_numbers_need_the_classes(csv: Write, tmp_path: Path) -> None:
    np.save(tmp_path / "L.npy", np.arange(N) % 2)
    path, labels = csv(a=["pos", "neg"]), (str(tmp_path / "L.npy"), "a")
    with pytest.raises(DataError, match=r"others number them: say which number is which.* with --classes=neg,pos;"):
        table(path, labels=labels)
    assert table(path, labels=labels, classes=("neg", "pos")).classes == ["neg", "pos"]


def test_columns_of_a_matrix_that_count_from_0_and_from_1_are_refused(csv: Write, tmp_path: Path) -> None:
    np.save(tmp_path / "L.npy", np.stack([np.arange(N) % 2, np.arange(N) % 2 + 1], 1))
    with pytest.raises(DataError, match="'L 1' says 0 and never 2, and 'L 2' 2 and never 0"):
        table(csv(other=["x"]), labels=(str(tmp_path / "L.npy"),))


def test_what_is_no_matrix_comes_with_a_cure(csv: Write, tmp_path: Path) -> None:
    path = csv(other=["x"])
    np.save(tmp_path / "O.npy", np.array(["x"] * N, object))
    np.save(tmp_path / "L.npy", np.zeros(N, int))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "L.npy").read_bytes()[:200])
    (tmp_path / "no.npy").write_text("0,1\n")
    for name, words in (
        ("O", "save numbers of classes"),
        ("cut", "save or copy it anew"),
        ("no", r"np\.save\('L.npy'"),
    ):
        with pytest.raises(DataError, match=words):
            table(path, labels=(str(tmp_path / f"{name}.npy"),))
    with pytest.raises(ConfigError, match="may hold several arrays"):
        table(path, labels=("L.npz",))
