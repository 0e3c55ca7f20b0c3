"""Commands and experiment files in the documents are such that this version takes."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from outgrow.cli import _imports_first, app
from outgrow.config import expand, read_experiments, seeds_from, shipped_experiments
from outgrow.errors import ConfigError

TOP = Path(__file__).parents[1]
PAGES = [
    TOP / "README.md",
    *(TOP / "docs" / f"{name}.md" for name in ("guide", "text", "vision", "extending", "cluster")),
]


def blocks(language: str) -> list[str]:
    """The code blocks of one language in all pages."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [found for page in PAGES for found in pattern.findall(page.read_text(encoding="utf-8"))]


def commands() -> list[list[str]]:
    """The arguments of every `outgrow` in a block for the shell."""
    found = []
    for line in (line for block in blocks("sh") for line in block.replace("\\\n", " ").splitlines()):
        words = shlex.split(line, comments=True)
        while "outgrow" in words:
            words = words[words.index("outgrow") + 1 :]
            found.append(words[: words.index("&&") if "&&" in words else len(words)])
    return found


def parsed(arguments: list[str]) -> dict[str, Any]:
    """The parameters of a command, without running it; raises where it does not take them."""
    found: dict[str, Any] = {}

    def take(command: Any) -> Any:
        command.callback = lambda **given: found.update(given)
        for below in getattr(command, "commands", {}).values():
            take(below)
        return command

    take(typer.main.get_command(app)).main(_imports_first(arguments), standalone_mode=False)
    return found


def test_commands_of_the_documents_are_taken() -> None:
    found = commands()
    assert len(found) >= 40
    read = 0
    for arguments in found:
        given = parsed(arguments)
        if arguments[0] == "run":
            seeds = seeds_from(given["seeds"]) if given["seeds"] else None
            for name in set(given["experiments"]) & set(shipped_experiments()):
                assert read_experiments(name, settings=given["settings"] or [], seeds=seeds)
                read += 1
    assert read >= 20


def test_a_wrong_command_is_not_taken() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["run", "toy", "--sed", "1"])
    with pytest.raises(ConfigError, match="unknown key"):
        read_experiments("toy", settings=["train.epoch=1"])


def test_experiment_files_of_the_documents_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rest = {
        "split": {"supervisor": 1, "transfer": 1, "test": 1},
        "weak": {"model": "toy-xs"},
        "strong": {"model": "toy-l"},
    }
    texts = {"weak": {"model": "glove-50d"}, "strong": {"model": "glove-50d"}}
    images = {"weak": {"model": "pixels"}, "strong": {"model": "pixels"}}
    read = 0
    for block in blocks("toml"):
        table = tomllib.loads(block)
        if "task" not in table:
            continue
        more = images if table["task"]["name"] == "image-folder" else texts
        assert expand({**rest, **more, **table}, name="page")
        read += 1
    assert read >= 5
