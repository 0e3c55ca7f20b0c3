"""Damage to bytes: what disks, editors, spreadsheets and people who mean harm do to a file."""

from __future__ import annotations

from tests.fuzz.case import Rng

LARGEST = 1 << 18  # bytes of a damaged file, so that thousands can be tried a second

TOKENS: tuple[bytes, ...] = (
    b"\0", b"\n", b"\r", b"\r\n", b"\n\n", b"\t", b",", b";", b"|", b'"', b'""', b"'", b"`", b"\\", b"\\n", b"\\u0000",
    b"\\ud800", b"\\udc00\\ud800", b"{", b"}", b"[", b"]", b"[[", b"{}", b"[]", b":", b"=", b"#", b"&", b"<", b">",
    b"<script>", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff", b"\x80", b"\xc0\x80", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"\xc2\x85", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xc2\xa0", b"\x1a",
    b"\x1b[2J", b"\x1b]0;title\x07", b"\x1b[31m", b"\x08\x08", b"\x7f", b"\x9b", b"\xc2\x9b31m", b"\x0b\x0c",
    b"0", b"-1", b"1e999", b"-1e-999", b"1E400", b"nan", b"NaN", b"-Infinity", b"inf", b"null", b"true", b"True",
    b"None", b"0x10", b"1_000", b"1,000", b"0.1e1", b"00", b"-0", b"\xd9\xa1", b"\xc2\xb2", b"9" * 20, b"9" * 400,
    b"9" * 5_000, b"1" + b"0" * 4_400, b"../../x", b"/etc/passwd", b"~", b"$HOME", b"%s", b"{0}", b"{x!r}", b"[/b]",
    b"[red]", b"=1+1", b"@SUM(1)", b"+1", b"\xf0\x9f\x98\x80", b"e\xcc\x81", b"A" * 3_000, b"[" * 2_000,
    b'{"a":' * 2_000, b"(" * 500,
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7", "cp037")


def damaged(rng: Rng, data: bytes, *, other: bytes = b"", most: int = 4) -> bytes:
    """The bytes after one to `most` kinds of damage."""
    for _ in range(rng.randint(1, most)):
        data = rng.choices(WAYS, WEIGHTS)[0](rng, data, other)[:LARGEST]
    return data


def _place(rng: Rng, data: bytes) -> int:
    return rng.randint(0, len(data))


def _flip(rng: Rng, data: bytes, other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _byte(rng: Rng, data: bytes, other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 4))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice((0, 1, 10, 13, 34, 44, 127, 128, 255, rng.randrange(256)))
    return bytes(changed)


def _token(rng: Rng, data: bytes, other: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + rng.choice(TOKENS) + data[place:]


def _instead(rng: Rng, data: bytes, other: bytes) -> bytes:
    """A token in place of a word: what stands between separators."""
    ends = [i for i, byte in enumerate(data[:4_096]) if byte in b',\t\n":;={}[] ']
    if len(ends) < 2:
        return _token(rng, data, other)
    i = rng.randrange(len(ends) - 1)
    return data[: ends[i] + 1] + rng.choice(TOKENS) + data[ends[i + 1] :]


def _cut(rng: Rng, data: bytes, other: bytes) -> bytes:
    return data[: _place(rng, data)]


def _head(rng: Rng, data: bytes, other: bytes) -> bytes:
    return data[_place(rng, data) :]


def _drop(rng: Rng, data: bytes, other: bytes) -> bytes:
    a, b = sorted((_place(rng, data), _place(rng, data)))
    return data[:a] + data[min(b, a + rng.choice((1, 4, 64, 4_096))) :]


def _again(rng: Rng, data: bytes, other: bytes) -> bytes:
    a, b = sorted((_place(rng, data), _place(rng, data)))
    piece = data[a : min(b, a + 256)]
    return data[:b] + piece * rng.choice((1, 2, 10, 60)) + data[b:]


def _line(rng: Rng, data: bytes, other: bytes) -> bytes:
    """A line again, away, or moved."""
    lines = data.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(3)
    if kind == 0:
        lines.insert(j, lines[i])
    elif kind == 1:
        del lines[i]
    else:
        lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


def _ends(rng: Rng, data: bytes, other: bytes) -> bytes:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\xe2\x80\xa8", b"\0")))


def _encode(rng: Rng, data: bytes, other: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(rng.choice(ENCODINGS), "replace")


def _long(rng: Rng, data: bytes, other: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + rng.choice((b"a", b" ", b"\xc3\xa9", b'"', b"0", b"\n")) * 140_000 + data[place:]


def _splice(rng: Rng, data: bytes, other: bytes) -> bytes:
    return data[: _place(rng, data)] + other[_place(rng, other) :]


def _nothing(rng: Rng, data: bytes, other: bytes) -> bytes:
    return rng.choice((b"", b"", b"\n", b" ", b"\xef\xbb\xbf", b"\0" * 64))


def _number(rng: Rng, data: bytes, other: bytes) -> bytes:
    """A length or an offset, little-endian, in place of what stands there."""
    width = rng.choice((1, 2, 4, 8))
    value = rng.choice((0, 1, 2**7, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1, rng.getrandbits(64)))
    at = rng.choice((0, max(0, len(data) - 8), _place(rng, data)))
    return data[:at] + (value % (1 << (8 * width))).to_bytes(width, rng.choice(("little", "big"))) + data[at + width :]


WAYS = (
    _flip, _byte, _token, _instead, _cut, _head, _drop, _again, _line, _ends, _encode, _long, _splice, _nothing,
    _number,
)  # fmt: skip
WEIGHTS = (6, 5, 10, 10, 3, 1, 4, 4, 5, 2, 2, 0.1, 2, 0.5, 4)
