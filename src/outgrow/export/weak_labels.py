"""Weak labels as a Parquet file, with a card beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from outgrow.disk import write_whole
from outgrow.errors import ConfigError
from outgrow.export.card import escaped, learned_truth, method_words, yaml
from outgrow.export.source import Said
from outgrow.own_model import kept_rows
from outgrow.plain import counted, plain
from outgrow.student.folder import FACTS

ID, ELSEWHERE = "id", "choose another file with --to"


def write_weak_labels(said: Said, file: str | Path) -> tuple[Path, Path]:
    """Write the labels and their card, `FILE.md`; equal labels give equal bytes. Returns both paths.

    The columns named as classes hold the mean of the labellers who speak, so that the file is itself a file of labels.
    Those of each labeller are named `LABELLER: CLASS`. A cell is empty where nobody speaks. Truth is not in it.

    Raises:
        ConfigError: it is no .parquet or a model's own, two columns would have one name, or it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(file)
    if path.suffix.lower() != ".parquet":
        raise ConfigError(f"weak labels are written as Parquet, and {str(path)!r} does not end with .parquet")
    if path.name == kept_rows.FILE and (path.parent / FACTS).is_file():
        raise ConfigError(f"{plain(str(path))} holds the rows behind a model: {ELSEWHERE}")
    columns = {ID: pa.array(said.ids, pa.string())}
    names = _told_apart(said.names)
    blocks = [("", said.mean), *((f"{name}: ", own) for name, own in zip(names, said.votes, strict=True))]
    for before, values in blocks:
        silent = ~values.any(1)
        for i, one in enumerate(said.classes):
            if (name := f"{before}{one}") in columns:
                raise ConfigError(f"two columns would be called {name!r}: rename the class")
            columns[name] = pa.array(np.asarray(values[:, i], np.float32), mask=silent)
    table = pa.table(columns)
    write_whole(path, lambda out: pq.write_table(table, out, compression="zstd"), what="weak labels", cure=ELSEWHERE)
    note = path.with_name(f"{path.name}.md")
    write_whole(note, _card(said, names, path), what="the card of the weak labels", cure=ELSEWHERE)
    return path, note


def _told_apart(names: list[str]) -> list[str]:
    """Names of labellers; those that several have get a number."""
    return [f"{name} {names[: i + 1].count(name)}" if names.count(name) > 1 else name for i, name in enumerate(names)]


def _card(said: Said, names: list[str], path: Path) -> str:
    spoken = np.asarray(said.votes.any(-1), bool)
    lines = [
        f"* {escaped(name)}: {counted(int(own.sum()), 'row')} of {len(said.ids):,}"
        for name, own in zip(names, spoken, strict=True)
    ]
    data = said.about.get("data", {})
    known = learned_truth(said.about)
    truth = f" and the truth of {counted(known, 'row')}" if known else ""
    with open(path, "rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return "\n\n".join([
        yaml({"tags": ["weak-supervision", "outgrow"]}),
        f"# Weak labels of {escaped(data.get('name', 'a task'))}",
        f"{counted(len(said.ids), 'row')}, {len(said.classes):,} "
        f"classes: {', '.join(map(escaped, said.classes))}. The columns named as classes hold the mean over the "
        "labellers who speak; `LABELLER: CLASS` holds what one of them says. Empty cells: nobody speaks. These are "
        "guesses of models or people, not the truth, and the file holds no truth.",
        "Labellers:",
        "\n".join(lines),
        f"A student learned from them{truth} by "
        f"{escaped(method_words(said.about.get('method', 'a method')))}, seed {escaped(said.about.get('seed', '?'))}.",
        f"SHA-256 of `{escaped(path.name)}`: {digest}",
    ]) + "\n"  # fmt: skip
