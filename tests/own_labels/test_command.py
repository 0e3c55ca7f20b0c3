"""Options of `outgrow train`: what is given twice is joined, and a mistake names its option."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

N = 48
Cli = Callable[..., tuple[int, str, str]]
Write = Callable[..., str]


@pytest.fixture
def try_out(cli: Cli, tiny: Callable[..., Path], tmp_path: Path) -> Cli:
    """Reads tables as a training of a tiny model would, with other options."""

    def call(*arguments: str) -> tuple[int, str, str]:
        places = "--out", str(tmp_path / "model"), "--store", str(tmp_path / "store")
        model = "--model", str(tiny("bert")), "--set", "max_length=64"
        return cli("train", *arguments, *model, *places, "--dry-run")

    return call


def test_options_that_take_several_names_can_be_given_several_times(try_out: Cli, csv: Write) -> None:
    path = csv(a=["x", "y"], b=["x", "?"], c=["y", "-"])
    several = "--labels", "a,b", "--labels", "c", "--no-label", "?", "--no-label=-", "--classes", "y", "--classes=x"
    status, said, _ = try_out(path, "--text", "body", *several)
    assert status == 0
    assert "by 3 labellers; classes y, x." in " ".join(said.split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "train.epochs=-3"), "--set train.epochs: train.epochs = -3: input should be greater"),
        (("--set", "train.learning_rate=abc"), "--set train.learning_rate: train.learning_rate = 'abc'"),
        (("--set", "leyers=3"), "--set leyers: unknown key 'model.leyers'; did you mean 'layers'"),
        (("--method", "bootstrapping"), "--method bootstrapping: bootstrapping needs a weak supervisor"),
    ],
)
def test_a_mistake_names_its_option(try_out: Cli, csv: Write, options: tuple[str, ...], words: str) -> None:
    status, _, err = try_out(csv(a=["x", "y"]), "--text", "body", "--labels", "a", *options)
    assert status == 2
    assert words in err


def test_cures_of_reading_are_options(try_out: Cli, tmp_path: Path) -> None:
    options = "--text", "body", "--labels", "a,b"
    (tmp_path / "semi.csv").write_text("body;a;b\nwords;x;y\n")
    assert "set --delimiter=';'" in try_out(str(tmp_path / "semi.csv"), *options)[2]
    (tmp_path / "tabs.csv").write_text("body\ta\tb\nwords\tx\ty\n")
    assert r"set --delimiter='\t'" in try_out(str(tmp_path / "tabs.csv"), *options)[2]
    (tmp_path / "latin.csv").write_bytes("body,a,b\ncafé,x,y\n".encode("latin-1"))
    assert "set --encoding=latin-1, or what it was saved in" in try_out(str(tmp_path / "latin.csv"), *options)[2]
    (tmp_path / "utf.csv").write_text("body,a,b\ncafé,x,y\n", encoding="utf-8")
    found = try_out(str(tmp_path / "utf.csv"), *options, "--encoding", "cp1252")[2]
    assert "--encoding=cp1252 would garble them; leave --encoding out" in found


@pytest.mark.parametrize("path", ["-", "s3://bucket/mine.csv"])
def test_a_table_is_a_file(try_out: Cli, path: str) -> None:
    status, _, err = try_out(path, "--text", "body", "--labels", "a")
    assert status == 2
    assert f"a table is a file on this machine, not {path}: save it as one" in err


def test_folders_of_images_are_their_labels(try_out: Cli, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    status, _, err = try_out(str(tmp_path / "pictures"), "--labels", "a")
    assert status == 2
    assert "is a folder of images, whose folders are its labels; leave --labels out" in err


def test_notes_stand_before_an_error(try_out: Cli, csv: Write) -> None:
    status, _, err = try_out(csv(texts=["the same"] * N, a=["x", "y"]), "--text", "body", "--labels", "a")
    assert status == 2
    assert err.index(f"note: {N - 1} rows like an earlier one") < err.index("error: ")
