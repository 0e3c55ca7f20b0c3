"""Comparisons: paired by seed and row, told in a sentence, and honest about what is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from outgrow.errors import DataError
from outgrow.results.compare import Scores, difference, file_scores, holm, sentence
from outgrow.results.records import read_records
from outgrow.store import Store

Cli = Callable[..., tuple[int, str, str]]


def scores(name: str, values: np.ndarray, *, sign: int = 1, share: bool = True, ids: list[str] | None = None) -> Scores:
    ids = ids or [f"row {i}" for i in range(values.shape[1])]
    return Scores(name=name, values=values, ids=ids, groups=ids, seeds=list(range(len(values))), sign=sign, share=share)


def both(seeds: int = 5, n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Two students, the second a little better on the same rows."""
    rng = np.random.default_rng(0)
    luck = rng.standard_normal(n) + 0.5 * rng.standard_normal((seeds, n))
    return (luck < 0.6).astype(float), (luck < 0.75).astype(float)


def test_a_paired_difference_sees_what_overlapping_intervals_hide() -> None:
    worse, better = both()
    found = difference(scores("a", worse), scores("b", better))
    assert found.estimate.value == pytest.approx(better.mean() - worse.mean())
    assert found.p is not None
    assert found.p < 0.01
    text = sentence(found)
    assert text.startswith(f"b minus a: {100 * (better.mean() - worse.mean()):+.2f} points, 95 % interval +")
    assert "b is better." in text
    assert "(5 seeds, 800 rows)" in text
    rng = np.random.default_rng(1)
    apart = difference(scores("a", worse), scores("b", better[:, rng.permutation(800)]))
    assert apart.estimate.error > 2 * found.estimate.error


def test_where_smaller_is_better_a_smaller_score_is_better() -> None:
    worse, better = both()
    found = difference(scores("a", better, sign=-1, share=False), scores("b", worse, sign=-1, share=False))
    assert found.estimate.value > 0
    assert "points" not in sentence(found)
    assert "b is better." in sentence(found)


def test_one_seed_and_few_groups_are_said() -> None:
    worse, better = (one[:1] for one in both())
    assert "the spread between seeds is unknown" in sentence(difference(scores("a", worse), scores("b", better)))
    ids = [f"row {i}" for i in range(800)]
    alike = [Scores(name="x", values=one, ids=ids, groups=["one"] * 800, seeds=[0]) for one in (worse, better)]
    assert "in so few groups nothing is certain" in sentence(difference(*alike))


def test_rows_and_seeds_that_only_one_has_are_counted_and_none_in_common_is_an_error() -> None:
    worse, better = both(3, 100)
    ids = [f"row {i}" for i in range(100)]
    found = difference(scores("a", worse, ids=ids), scores("b", better[:2, :80], ids=ids[20:]))
    assert (found.n, found.n_seeds) == (80, 2)
    assert found.notes == [
        "20 of 100 rows of a are not among the other's and are left out",
        "1 of 3 seeds of a are not among the other's and are left out",
    ]
    assert found.estimate.value == pytest.approx((better[:2, :80] - worse[:2, 20:]).mean())
    with pytest.raises(DataError, match="have no ids in common"):
        difference(scores("a", worse, ids=ids), scores("b", better, ids=[f"other {i}" for i in range(100)]))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, None]) == pytest.approx([0.03, 0.06, 0.06, None])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,points\na,1\n", "has no column 'score'; its columns are id, points"),
        ("id,score\na,x\n", "the score of id 'a' is 'x', and a number is needed"),
        ("id,score\na,1\na,2\n", "id 'a' stands there twice for seed 0"),
        ("id,score,seed\na,1,\nb,1,2\n", "the seed None is no whole number"),
        ("id,score,seed\na,1,0\nb,1,1\n", "no id has a score of every seed"),
        ("id,score\n", "has no rows"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        file_scores(path)


def test_files_on_the_command_line(cli: Cli, tmp_path: Path) -> None:
    worse, better = both(2, 60)
    for name, values in {"a": worse, "b": better}.items():
        lines = [f"row {i},{values[seed, i]},{seed},{i // 3}" for seed in (0, 1) for i in range(60)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,score,seed,group", *lines[:-1]]))
    status, out, err = cli("compare", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), str(tmp_path / "b.csv"))
    assert (status, err) == (0, "")
    assert "note: 1 of 60 ids of a.csv lack the score of a seed and are left out" in out
    assert out.count("corrected for 2 comparisons") == 2
    assert "59 rows in 20 groups" in out
    status, _, err = cli("compare", str(tmp_path / "a.csv"))
    assert (status, "needs two: A and B" in err) == (2, True)
    status, _, err = cli("compare", "c.csv", str(tmp_path / "b.csv"))
    assert (status, "there is no file 'c.csv'" in err) == (2, True)


def test_rows_of_a_store(cli: Cli, toml: Callable[..., str], store: Store) -> None:
    root = str(store.root)
    assert cli("run", toml(), "--seeds", "0,1,2", "--store", root)[0] == 0
    status, out, _ = cli("compare", "method=naive", "method=confidence", "--store", root)
    assert status == 0
    assert out.startswith("method=confidence minus method=naive: ")
    status, _, err = cli("compare", "method=naive", "seed=1", "--store", root)
    assert status == 2
    assert "seed=1 fits rows of several studies, which differ in method (confidence, naive); add conditions" in err
    status, _, err = cli("compare", "method=naive", "zzz", "--store", root)
    assert (status, "is no file, no condition such as method=naive, and no key" in err) == (2, True)
    first = ""
    status, _, err = cli("compare", "method=naive", first, "--store", root)
    assert (status, "6 keys begin with" in err) == (2, True)


def test_a_key_that_is_shown_can_be_compared(cli: Cli, toml: Callable[..., str], store: Store) -> None:
    """Also where two experiments share it; and so can methods whose names have commas."""
    root = str(store.root)
    options = (
        '"method.name" = ["naive", "confidence"]',
        'method = ["naive", {name = "confidence", alpha = 0.7, ramp = 0.1}]',
    )
    for name in ("tiny", "again"):
        assert cli("run", toml(options, name=name), "--store", root)[0] == 0
    first, second = (one.row for one in read_records(store, where=["experiment=tiny"]))
    status, out, err = cli("compare", first.key[:12], second.key[:12], "--store", root)
    assert (status, err) == (0, "")
    conditions = [f"experiment=tiny,method={one.method},seed=0" for one in (first, second)]
    assert ", " in first.method + second.method
    named = cli("compare", *conditions, "--store", root)[1]
    assert named.split(": ", 1)[1].split("(")[0] == out.split(": ", 1)[1].split("(")[0]
