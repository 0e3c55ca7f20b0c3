"""How an input is read and an output written: by what their names say, and what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from outgrow.errors import ConfigError
from outgrow.labelling.answered import Names
from outgrow.labelling.chunk import Reader
from outgrow.labelling.image_rows import ImageRows
from outgrow.labelling.json_rows import JsonRows
from outgrow.labelling.parquet_rows import ParquetRows
from outgrow.labelling.separated_rows import SeparatedRows
from outgrow.labelling.sinks import JsonLines, Parquet, Separated, Sink
from outgrow.labelling.stream import Stream

OUT = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@dataclass(frozen=True, kw_only=True)
class OutForm:
    """How the output is written.

    Args:
        form: `csv`, `tsv`, `jsonl` or `parquet`; "" for that of the input.
        packed: whether as gzip.
    """

    form: str
    packed: bool


def out_form(out: Path | None) -> OutForm:
    """As the name of the output ends; ConfigError if no such form can be written."""
    if out is None or not out.suffix:
        return OutForm(form="", packed=False)
    packed = out.suffix.lower() == ".gz"
    ending = (Path(out.stem) if packed else out).suffix.lower()
    if ending not in OUT or (packed and OUT[ending] == "parquet"):
        raise ConfigError(
            f"--out {str(out)!r}: its suffix is none of {', '.join(OUT)}, all but .parquet perhaps with .gz behind it"
        )
    return OutForm(form=OUT[ending], packed=packed)


def reader_of(
    source: str, *, needed: Sequence[str], form: str, encoding: str, delimiter: str, batch: int
) -> tuple[Reader, Stream | None]:
    """What reads the rows of an input, and its stream, which a folder of images has not."""
    place = Path(source).expanduser()
    if source != "-" and place.is_dir():
        return ImageRows(place, batch=batch), None
    stream = Stream(source, form=form, encoding=encoding)
    if stream.form == "parquet":
        return ParquetRows(stream, needed=needed, batch=batch), stream
    if stream.form == "jsonl":
        return JsonRows(stream, batch=batch), stream
    return SeparatedRows(stream, needed=needed, delimiter=delimiter, batch=batch), stream


def sink_of(reader: Reader, stream: Stream | None, names: Names, form: str, *, to_file: bool, safe: bool) -> Sink:
    """What writes the rows of a reader in a form; "" is that of the reader, with JSON lines for Parquet in a pipe."""
    delimiter = getattr(reader, "delimiter", ",")
    form = form or ("tsv" if delimiter == "\t" else reader.form)
    if form == "parquet" and not to_file:
        form = "jsonl"
    if safe and form not in ("csv", "tsv"):
        raise ConfigError("--spreadsheet is for CSV and TSV; leave it out")
    if form == "parquet":
        if stream is not None and stream.piped and reader.form == "jsonl":
            raise ConfigError(
                "JSON lines of standard input cannot become Parquet, as only their end shows the types of its columns; "
                "write .jsonl, or give the file"
            )
        return Parquet(reader, names)
    if form == "jsonl":
        return JsonLines(reader, names)
    between = "\t" if form == "tsv" else "," if delimiter == "\t" else delimiter
    marked = stream is not None and reader.form == "csv" and stream.marked
    return Separated(reader, names, delimiter=between, marked=marked, safe=safe)
