"""JSON objects as a stream: one a line, one after another over several lines, or in an array."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from outgrow.errors import DataError
from outgrow.labelling.chunk import LETTERS, Chunk
from outgrow.labelling.stream import LONGEST, Lines, Stream
from outgrow.plain import counted
from outgrow.tasks.sources.json_rows import BETWEEN, check_text, is_object, kind_of, loaded, unrepeated
from outgrow.tasks.sources.records import Cells

BLOCK = 1 << 20  # characters read at once where objects go over several lines
Row = tuple[int, str, Cells]


class JsonRows:
    """Objects of a text; what is no object is an error that says how many there are, and names the first.

    Args:
        batch: rows of a chunk.
    """

    form = "jsonl"

    def __init__(self, stream: Stream, *, batch: int) -> None:
        self._stream, self._batch = stream, batch
        self.columns: list[str] = []
        self.kinds: dict[str, set[str]] = {}
        self.notes: list[str] = []
        self.rows = 0
        self.inside = ""  # where the only object seems to hold the rows
        start = stream.head.decode(stream.encoding, "ignore").lstrip("\ufeff \t\r\n")
        line, end, _ = start.partition("\n")
        self._by_line = start.startswith("{") and (is_object(line) or (not end and '"' in line))
        self._bad: list[str] = []

    def survey(self, look_at: Callable[[Chunk], None]) -> None:
        """Read all of it: which columns there are, of which kinds, and what is no object."""
        self._bad = []
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        for chunk in self.chunks(strict=False):
            self.rows += len(chunk.rows)
            look_at(chunk)
            for _, record in chunk.rows:
                for name, value in record.items():
                    kinds[name].add(_kind(value))
        self.columns, self.kinds = list(kinds), kinds
        if self._bad:
            raise DataError(
                f"{self._stream.file}: {counted(len(self._bad), 'line')} of {self.rows + len(self._bad):,} hold no "
                f"JSON object, such as {self._bad[0]}; mend or remove them, so that each row can have its label"
            )
        if not self.rows:
            raise DataError(f"{self._stream.file} has no rows")

    def chunks(self, *, strict: bool = True) -> Iterator[Chunk]:
        """Its rows; DataError at the first line without an object, but in a survey."""
        with self._stream.lines() as lines:
            rows = self._lines(lines, strict) if self._by_line else self._objects(lines)
            found, letters = Chunk(rows=[], texts=[]), 0
            for number, text, record in rows:
                assert found.texts is not None
                found.rows.append((number, record))
                found.texts.append(text)
                letters += len(text)
                if len(found.texts) == self._batch or letters > LETTERS:
                    yield self._seen(found)
                    found, letters = Chunk(rows=[], texts=[]), 0
            if found.rows:
                yield self._seen(found)

    def _seen(self, chunk: Chunk) -> Chunk:
        if not self.rows and not self.columns:  # piped: the first rows tell
            self.columns = list(dict.fromkeys(name for _, record in chunk.rows for name in record))
            if len(chunk.rows) == 1:
                lists = [name for name, value in chunk.rows[0][1].items() if isinstance(value, list) and value]
                self.inside = next((name for name in lists if isinstance(chunk.rows[0][1][name][0], (dict, list))), "")
        return chunk

    def _lines(self, lines: Lines, strict: bool) -> Iterator[Row]:
        """One object a line. A line ends with a line feed alone, as JSON may hold any other end of a line."""
        for number, line in enumerate(_by_line_feed(lines), start=1):
            lines.row = lines.fed
            text = line.strip("\ufeff \t\r\n").removesuffix(",")
            if not text or text in "[]":
                continue
            try:
                record = loaded(text)
                if not isinstance(record, dict):
                    raise ValueError(f"{kind_of(record)}, not an object")
            except (ValueError, RecursionError) as error:
                if strict:
                    raise DataError(f"{self._stream.file}, line {number:,} holds no JSON object: {error}") from None
                self._bad.append(f"line {number:,}: {error}")
                continue
            yield number, text, record

    def _objects(self, lines: Lines) -> Iterator[Row]:
        """Objects one after another, with or without commas and the brackets of an array."""
        decoder = json.JSONDecoder(object_pairs_hook=unrepeated)
        text, line, place, more = lines.read(BLOCK), 1, 0, True
        at = len(text) - len(text.lstrip("\ufeff \t\r\n"))
        opened = text.startswith("[", at)
        at += opened
        while True:
            gap = BETWEEN.match(text, at)
            at = gap.end() if gap else at
            if at == len(text):
                line, text, at = line + text.count("\n"), lines.read(BLOCK), 0
                if not text:
                    return
                continue
            if opened and text[at] == "]":
                if (text[at + 1 :] + lines.read(BLOCK)).strip():
                    raise DataError(f"{self._stream.file}: something stands behind the end of its array")
                return
            number = line + text.count("\n", 0, at)
            try:
                record, end = decoder.raw_decode(text, at)
                if not isinstance(record, dict):
                    raise ValueError(f"{kind_of(record)}, not an object")
                check_text(record)
            except (ValueError, RecursionError) as error:
                if isinstance(error, json.JSONDecodeError) and more and len(text) - at <= LONGEST:
                    block = lines.read(max(BLOCK, len(text) - at))
                    more, line = bool(block), line + text.count("\n", 0, at)
                    text, at = text[at:] + block, 0
                    continue
                raise DataError(
                    f"{self._stream.file}: the object that begins in line {number:,} is none: {error}; expected one "
                    "object a line, or an array of objects"
                ) from None
            place += 1
            yield place if opened else number, re.sub(r"[\r\n]+", " ", text[at:end]), record
            at = end


def _kind(value: object) -> str:
    """What a value is to a column of one type: `int`, `wide` (no float holds it), `float`, `str`, ..."""
    if type(value) is not int or -1 << 53 <= value <= 1 << 53:
        return type(value).__name__
    return "wide" if -1 << 63 <= value < 1 << 63 else "endless"


def _by_line_feed(lines: Lines) -> Iterator[str]:
    """Lines put together again that ended with a carriage return alone."""
    parts: list[str] = []
    for line in lines:
        if not parts and line.endswith("\n"):
            yield line
            continue
        parts.append(line)
        if line.endswith("\n"):
            yield "".join(parts)
            parts = []
    if parts:
        yield "".join(parts)
