"""Datasets of offline packs: Parquet files with text and label, and BIG-bench's task files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from outgrow.errors import DataError
from outgrow.spec import spec
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.records import Cells, parquet_records
from outgrow.tasks.sources.rows import TextRow
from outgrow.tasks.sources.text import TextTask

BIG_BENCH = "bigbench"


def pack_records(pack: str, name: str, columns: tuple[str, ...]) -> Iterator[Cells]:
    """Columns of a Parquet file of a pack. Raises PackMissing."""
    return (record for _, record in parquet_records([pack_file(pack, name)], columns, source=f"pack {pack!r}"))


def pack_file(pack: str, name: str) -> Path:
    """A ready file of a pack. Raises PackMissing."""
    from outgrow import packs

    return packs.folder(pack) / name


def pack_fingerprint(pack: str) -> str:
    """What determines a pack's files; it need not be there."""
    from outgrow import packs

    return packs.fingerprint(pack)


@spec
class PackTask(TextTask):
    """A Parquet file of a pack as texts with a class each."""

    pack: ClassVar[str]
    file: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    @property
    def source(self) -> str:
        return f"pack {self.pack!r}"

    def fingerprint(self) -> str:
        """That of the pack."""
        return pack_fingerprint(self.pack)

    def records(self) -> Iterator[Cells]:
        """The columns `columns`; PackMissing says how to fetch the pack."""
        return pack_records(self.pack, self.file, self.columns)


def big_bench_examples(file: str) -> list[Cells]:
    """The examples of a task of BIG-bench as they are, with `input` and `target_scores`. Raises PackMissing."""
    path = pack_file(BIG_BENCH, file)
    with errors_name(path):
        examples: list[Cells] = json.loads(path.read_bytes())["examples"]
    return examples


@spec
class BigBenchTask(TextTask):
    """A task of BIG-bench with the same answers for every example: `input` is the text, the best answer its class.

    `answers` are the answers as they stand in the file, in the order of `classes`.
    """

    file: ClassVar[str]
    answers: ClassVar[tuple[str, ...]]

    @property
    def source(self) -> str:
        return f"pack {BIG_BENCH!r}, {self.file}"

    def fingerprint(self) -> str:
        """That of the pack."""
        return pack_fingerprint(BIG_BENCH)

    def records(self) -> Iterator[Cells]:
        """The task's examples; PackMissing says how to fetch the pack."""
        return iter(big_bench_examples(self.file))

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            scores = record["target_scores"]
            if set(scores) != set(self.answers):
                raise DataError(f"{self.source}: answers {sorted(scores)} instead of {sorted(self.answers)}")
            text = record["input"].strip()
            label = max(range(len(self.answers)), key=lambda i: scores[self.answers[i]])
            yield TextRow(text=text, label=label, group=self.group(text))

    def group(self, text: str) -> str:
        """Which rows belong together."""
        raise NotImplementedError
