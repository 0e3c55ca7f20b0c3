"""Labels for new data: rows are read, answered and written some at a time, in memory that does not grow with them."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outgrow.disk import own_path
from outgrow.errors import ConfigError, DataError
from outgrow.labelling.answered import Names
from outgrow.labelling.answering import Answering
from outgrow.labelling.chunk import Chunk, Reader
from outgrow.labelling.forms import out_form, reader_of, sink_of
from outgrow.labelling.image_rows import COLUMN
from outgrow.labelling.part import Part, check_out, is_file
from outgrow.labelling.roles import Inputs, roles_of
from outgrow.labelling.sinks import Sink, packed
from outgrow.plain import plain
from outgrow.runtime import Runtime

if TYPE_CHECKING:
    from outgrow.student import Student

BATCH = 8_192  # rows that are read, answered and written at once
Watch = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """What came of it.

    Args:
        rows: of the input, each of which the output has too.
        classes: how many rows have each label.
        resumed: rows that an earlier call had done.
        notes: what reading and answering had to tell.
    """

    rows: int
    classes: Mapping[str, int]
    resumed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def labelled(self) -> int:
        """Rows with a label."""
        return sum(self.classes.values())


def label_file(
    student: Student, source: str | Path, out: str | Path, *, columns: Mapping[str, str] | None = None, form: str = "",
    encoding: str = "", delimiter: str = "", batch: int = BATCH, prefix: str = "", spreadsheet: bool = False,
    force: bool = False, runtime: Runtime | None = None, watch: Watch = lambda done, rows: None,
) -> Labelled:  # fmt: skip
    """Write the rows of an input with what a student says of them: its columns, then label and probabilities.

    A file is read to its end first, so that what is wrong with it is told before anything is computed. The output
    appears when it is whole. Until then FILE.part grows, and the same call goes on with it after a stop.

    Args:
        student: who answers.
        source: a table, compressed or not; a folder of images; or `-` for standard input.
        out: the output, whose suffix says its form: .csv, .tsv, .jsonl or .parquet, with .gz or not; by default that of
            the input. `-` is standard output.
        columns: columns or templates by role, in place of those of the model: text, or first, second and prompt, or
            image.
        form, encoding, delimiter: of the input, where they are not to be found out.
        batch: rows that are read, answered and written at once.
        prefix: what the names of the new columns begin with.
        spreadsheet: whether cells are made safe for spreadsheets, so that none is a formula.
        force: whether an output that is there is replaced.
        runtime: device and precision; float32 by default, so that answers are the same wherever they are given.
        watch: told how many rows are done, of how many; of 0 where that is not known.

    Raises:
        ConfigError, DataError: what was asked for, or the input, is wrong.
        StepFailed: the student gives no finite numbers.
    """
    if batch < 1:
        raise ConfigError(f"batch = {batch}: at least one row is needed")
    target = None if str(out) == "-" else own_path(out)
    wanted, to_file = out_form(target), target is not None and is_file(target)
    if target is not None and to_file:
        check_out(target, source=str(source), force=force)
    place = source if source == "-" else own_path(source)
    roles, names, runtime = (
        roles_of(student, columns or {}),
        Names.of(student, prefix),
        runtime or Runtime(precision="float32"),
    )
    images = isinstance(place, Path) and place.is_dir()
    if images and "image" in roles:
        roles = {"image": COLUMN}  # the only one that a folder has, whatever the model's table called it
    elif images:
        read = " and ".join(map(repr, roles.values()))
        raise ConfigError(f"{plain(source)} is a folder, and the model reads {read} of a table: give its file")
    folder = Path(place) if images else Path(place).parent
    inputs = Inputs(roles, source=plain(Path(place).name if place != "-" else "standard input"), folder=folder)
    reader, stream = reader_of(
        str(place), needed=inputs.needed, form=form, encoding=encoding, delimiter=delimiter, batch=batch
    )

    def inside() -> str:
        return getattr(reader, "inside", "")

    gc.freeze()  # to look through all that is imported for garbage, again and again, would cost a third of the time
    try:
        if stream is None or not stream.piped:
            reader.survey(inputs.look_at)
            inputs.check(reader.columns, inside=inside())
        chunks = reader.chunks()
        first = next(chunks, None)
        if first is None:
            raise DataError(f"{source} has no rows")
        inputs.check(reader.columns, inside=inside())
        names.check(reader.columns)
    except BaseException:
        gc.unfreeze()
        raise
    sink = sink_of(reader, stream, names, wanted.form, to_file=to_file, safe=spreadsheet)
    answering = Answering(student, inputs, runtime)
    work = _Work(chain([first], chunks), reader, sink, answering, wanted.packed, watch)
    if target is None or not to_file:
        with _open_stream(target) as pipe:
            for piece, _ in work.pieces(0):
                pipe.write(piece)
                pipe.flush()
        return work.found(0)
    options = {"roles": roles, "form": [form, encoding, delimiter, wanted.form, wanted.packed], "batch": batch,
               "names": names.all, "spreadsheet": spreadsheet}  # fmt: skip
    identity = {
        "model": student.fingerprint, "options": options, "device": answering.device,
        "input": getattr(reader, "identity", None) or (stream.identity if stream and not stream.piped else None),
    }  # fmt: skip
    part = Part(target, identity)
    if stream is not None and stream.piped:
        part.forget()
    with part.opened():
        resumed = part.done.rows
        if part.anew:
            work.notes.append(f"{plain(part.path.name)} was begun {part.anew}: all rows are labelled anew")
        work.counts.update(part.done.counts)
        for piece, rows in work.pieces(resumed):
            part.add(piece, rows, work.counts)
        part.finish(getattr(sink, "finish", None))
    return work.found(resumed)


class _Work:
    """The rows of an input on their way: read, answered, and as bytes."""

    def __init__(
        self, chunks: Iterator[Chunk], reader: Reader, sink: Sink, answering: Answering, packed: bool, watch: Watch
    ) -> None:
        self._chunks, self._reader, self._sink, self._answering = chunks, reader, sink, answering
        self._packed, self._watch = packed, watch
        self.counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self._done = 0

    def pieces(self, skip: int) -> Iterator[tuple[bytes, int]]:
        """What is to be written, piece by piece, and how many rows are done with it; the first `skip` rows are."""
        pack: Callable[[bytes], bytes] = packed if self._packed else bytes
        answered = False
        try:
            for chunk in self._chunks:
                self._done += len(chunk.rows)
                if self._done > skip:
                    start = self._sink.start() if self._done == len(chunk.rows) else b""
                    piece = self._sink.piece(chunk, self._answering.answer(chunk, self._reader.columns, self.counts))
                    yield pack(start + piece), self._done
                    if not answered:  # the model is there by now
                        gc.freeze()
                        answered = True
                self._watch(self._done, self._reader.rows)
        finally:
            gc.unfreeze()

    def found(self, resumed: int) -> Labelled:
        """What to tell in the end."""
        classes = {name: self.counts[f"label {name}"] for name in self._answering.classes}
        notes = [*self.notes, *self._reader.notes, *self._answering.notes(self.counts)]
        return Labelled(rows=self._done, classes=classes, resumed=resumed, notes=notes)


@contextlib.contextmanager
def _open_stream(out: Path | None) -> Iterator[Any]:
    """Where bytes go that become no file of ours: standard output, or a pipe or device by name."""
    if out is None:
        yield sys.stdout.buffer
        return
    with open(out, "wb") as pipe:
        yield pipe
