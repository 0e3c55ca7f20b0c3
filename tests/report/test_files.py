"""Figures and values as files: SVG without any library, PNG and PDF by matplotlib."""

from __future__ import annotations

import builtins
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import pytest
from pages import group, ladder, one_pair

from outgrow.analyses.base import Panel, Study, analyses, studies
from outgrow.disk import write_whole
from outgrow.errors import ConfigError, MissingDependency
from outgrow.experiment import Experiment
from outgrow.figures.palette import LIGHT
from outgrow.report.files import FIGURES, VALUES, save
from outgrow.results.table import Group
from outgrow.store import Store
from outgrow.sweep import run_experiments

NAMES = ("scores", "recovered", "agreement", "training")
SVG = "{http://www.w3.org/2000/svg}"


def found(name: str, groups: list[Group]) -> list[tuple[str, Panel]]:
    return [(study.title, panel) for study in studies(groups) if (panel := analyses[name](study))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("groups", [one_pair(), ladder()], ids=["one pair", "ladder"])
def test_an_svg_file_stands_alone(name: str, groups: list[Group], tmp_path: Path) -> None:
    path = save(found(name, groups), tmp_path / "figure.svg")
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title") is not None
    for one in root.iter():
        assert "class" not in one.attrib
        assert not any("href" in name or "url(" in value for name, value in one.attrib.items())
    texts = [one.text or "" for one in root.iter(f"{SVG}text")]
    panel = analyses[name](Study(groups=groups))
    assert panel is not None
    assert panel.title in " ".join(texts)
    colours = {one.attrib["color"] for one in root.iter() if "color" in one.attrib}
    assert colours <= set(LIGHT.values())
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for one in root.iter(f"{SVG}text"):
        assert 0 <= float(one.attrib["x"]) <= width
        assert 0 <= float(one.attrib["y"]) <= height


def test_names_in_a_figure_are_escaped_and_dollars_are_dollars(tmp_path: Path) -> None:
    evil = "<b>$x^2$ & \x07]]>"
    groups = [group(method=evil, weak=evil), group(method="naive", weak=evil)]
    text = save(found("scores", groups), tmp_path / "figure.svg").read_text()
    root = ElementTree.fromstring(text)
    assert any("<b>$x^2$" in (one.text or "") for one in root.iter(f"{SVG}text"))
    pytest.importorskip("matplotlib")
    save(found("scores", [group(method="costs $\\notacommand{5$")]), tmp_path / "figure.png")


@pytest.mark.parametrize("name", NAMES)
def test_png_and_pdf_are_what_they_say(name: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    png = save(found(name, ladder()), tmp_path / "figure.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") > 2_000  # pixels across
    pdf = save(found(name, ladder()), tmp_path / "figure.PDF").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert save(found(name, ladder()), tmp_path / "again.pdf").read_bytes() == pdf


def test_without_matplotlib_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency, match=r"outgrow\[figures\].*\.svg"):
        save(found("scores", one_pair()), tmp_path / "figure.png")
    assert list(tmp_path.iterdir()) == []
    save(found("scores", one_pair()), tmp_path / "figure.svg")


def test_values_are_those_of_the_panel(tmp_path: Path) -> None:
    some = found("agreement", one_pair())
    panel = some[0][1]
    rows = list(csv.DictReader(io.StringIO(save(some, tmp_path / "v.csv").read_text())))
    (known,) = json.loads(save(some, tmp_path / "v.json").read_text())
    assert len(rows) == len(known["rows"]) == len(panel.rows)
    assert [float(row["value"]) for row in rows] == [row["value"] for row in known["rows"]]


@pytest.mark.parametrize("name", ["figure", "figure.txt", "figure.eps", "figure.html", ".svg"])
def test_other_endings_are_refused_with_what_there_is(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the ending says what to write") as raised:
        save(found("scores", one_pair()), tmp_path / name)
    assert all(ending in str(raised.value) for ending in (*FIGURES, *VALUES))
    assert list(tmp_path.iterdir()) == []


def test_one_file_is_one_figure(tmp_path: Path) -> None:
    both = found("scores", [group(experiment="first"), group(experiment="second")])
    with pytest.raises(ConfigError, match=r"2 studies .*--where experiment=NAME"):
        save(both, tmp_path / "figure.svg")
    assert len(json.loads(save(both, tmp_path / "v.json").read_text())) == 2


@pytest.mark.parametrize("name", ["x.svg", "x.csv"])
def test_a_place_that_cannot_be_written_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    for path in (tmp_path / name, tmp_path / "missing" / name):
        with pytest.raises(ConfigError, match="cannot write"):
            save(found("scores", one_pair()), path)
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_the_commands_write_what_the_name_says(
    store: Store, toy: Callable[..., list[Experiment]], cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    run_experiments(toy(), store)
    place = ("--store", str(store.root))
    status, out, _ = cli("analyse", "scores", *place, "--out", str(tmp_path / "figure.svg"))
    assert (status, out.strip()) == (0, str(tmp_path / "figure.svg"))
    assert (tmp_path / "figure.svg").read_text().startswith("<?xml")
    for name in ("report.pdf", "report.png", "report.svg", "report.csv", "report"):
        status, out, err = cli("report", *place, "--out", str(tmp_path / name))
        assert (status, out) == (2, "")
        assert "has to end in .html" in err
        assert "outgrow analyse NAME --out FILE" in err
        assert not (tmp_path / name).exists()
    assert cli("report", *place, "--out", str(tmp_path / "page.HTM"))[0] == 0


def test_what_fails_midway_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    def half(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "page.html").write_text("whole")
    with pytest.raises(ConfigError, match=r"cannot write the page to .*page.html.*No space left"):
        write_whole(tmp_path / "page.html", half, what="the page")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("page.html", "whole")]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here.svg").symlink_to(tmp_path / "there" / "figure.svg")
    save(found("scores", one_pair()), tmp_path / "here.svg")
    assert (tmp_path / "here.svg").is_symlink()
    assert (tmp_path / "there" / "figure.svg").is_file()
