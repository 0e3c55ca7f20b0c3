"""The task `jsonl`: one JSON object a line."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.file_table import TextFileTask


@tasks.register(
    "jsonl", about="your own table: a file with one JSON object a line, by `path`", source="https://jsonlines.org"
)
@spec
class JsonlFile(TextFileTask):
    """Keys of the JSON objects, one a line; a row without a key has nothing there."""

    name: ClassVar[str] = "jsonl"
