"""One thing in a store is damaged: whoever reads it heals it, names it, or was never concerned; no number is wrong.

    python tests/faults/damage.py --trials 300 --seed 0

Each trial takes a whole store, damages one thing of one kind in one way, and lets commands at it: first one that reads,
then the run again. A command may print the right numbers, or end with one error of the project's own; nothing else.
After the run the store must hold what it held, or the error must have named what is to be deleted, and after that it
must. What the run need not read, `store verify` has to find, and the next run to mend.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import arguments, compared, copied, references, table

from outgrow.cli import main as outgrow
from outgrow.config import to_toml
from outgrow.store import Store

ODD: list[Any] = [None, 1, -1, 1.5, True, "x", "../../x", "", [], [1], {}, {"a": 1}, float("nan"), 10**30, "ab" * 32]


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def cut(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])


def scribble(path: Path, rng: random.Random) -> None:
    path.write_bytes(rng.randbytes(rng.randrange(1, 2_000)))


def remove(path: Path, rng: random.Random) -> None:
    path.unlink()


def folder_instead(path: Path, rng: random.Random) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").touch()


def link_to_nowhere(path: Path, rng: random.Random) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def another_of_its_kind(path: Path, rng: random.Random) -> None:
    """The file of another artefact, or another row."""
    of_rows = path.parent.name == "results"
    alike = [*path.parents[0 if of_rows else 2].rglob("*.json" if of_rows else path.name)]
    others = [one for one in alike if one != path and one.is_file() and one.read_bytes() != path.read_bytes()]
    shutil.copy(rng.choice(others or alike), path.with_name("copy"))
    os.replace(path.with_name("copy"), path)


def field_of_another_type(path: Path, rng: random.Random) -> None:
    """JSON in which one value, anywhere, is another."""
    fields = json.loads(path.read_bytes())
    path.write_text(json.dumps(_changed(fields, rng)))


def _changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice([*value])
        if rng.random() < 0.15:
            return {name: one for name, one in value.items() if name != key}
        return value | {key: _changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    return rng.choice([one for one in ODD if one != value])


def row_of_the_index(path: Path, rng: random.Random) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        key, text = rng.choice(database.execute("SELECT key, manifest FROM artefacts").fetchall())
        what = rng.randrange(4)
        if what == 0:
            database.execute("DELETE FROM artefacts WHERE key = ?", (key,))
        elif what == 1:
            database.execute("UPDATE artefacts SET key = ? WHERE key = ?", (str(rng.choice(ODD)), key))
        else:
            new = json.dumps(_changed(json.loads(text), rng)) if what == 2 else str(rng.choice(ODD))
            database.execute("UPDATE artefacts SET manifest = ? WHERE key = ?", (new, key))


FILES = [flip, cut, scribble, remove, folder_instead, link_to_nowhere, another_of_its_kind]
WAYS: dict[str, list[Callable[[Path, random.Random], None]]] = {
    "row": [*FILES, field_of_another_type],
    "manifest": [*FILES, field_of_another_type],
    "index": [flip, cut, scribble, remove, folder_instead, link_to_nowhere, row_of_the_index, row_of_the_index],
}


def target(store: Store, kind: str, rng: random.Random) -> Path:
    """The file to damage."""
    if kind == "row":
        return rng.choice(sorted((store.root / "results").iterdir()))
    if kind == "index":
        return store.root / "index.sqlite"
    if kind == "manifest":
        return rng.choice(sorted((store.root / "artefacts").rglob("manifest.json")))
    one = rng.choice([one for one in store.manifests() if one.step == kind])
    return store.folder(one.key) / rng.choice(sorted(one.files))


def command(*words: str) -> tuple[str, str]:
    """How a command ended: `ok`, `named` or what it should not have said; and all that it printed."""
    out, argv = io.StringIO(), sys.argv
    sys.argv = ["outgrow", *words]
    status: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            outgrow()
    except SystemExit as end:
        status = end.code or 0
    except BaseException as error:
        return f"TRACEBACK {type(error).__name__} of {words[0]} {words[1] if words[0] == 'store' else ''}", str(error)
    finally:
        sys.argv = argv
    text = out.getvalue()
    if "Traceback" in text:
        return f"TRACEBACK of {words[0]}", text
    return ("ok" if status == 0 else "named" if status in (1, 2) else f"STATUS {status}"), text


def trial(store: Store, toml: str, expected: dict[str, Any], shown: str, reader: list[str]) -> str:
    """What comes of a damaged store."""
    where = ["--store", str(store.root)]
    how, said = command(*reader, *where)
    if how not in ("ok", "named"):
        return how
    if shown and how == "ok" and said != shown:
        return "WRONG ROWS SHOWN"
    named = how == "named"
    again, said = command("run", toml, *where)
    if again not in ("ok", "named"):
        return again
    if again == "named":  # do what it says, which may take a second time
        for path in re.findall(r"(/\S+?)(?: is | was | cannot )", said.replace("'", "")):
            if "delete" in said and Path(path).is_relative_to(store.root):
                (shutil.rmtree if Path(path).is_dir() and not Path(path).is_symlink() else os.unlink)(path)
        again, said = command("run", toml, *where)
        if again != "ok":
            return f"NOT MENDED {said.splitlines()[-1][:150]}"
        named = True
    try:
        if compared(store, expected) == "DIFFERENT":
            return "WRONG AFTER THE RUN"
    except Exception as error:
        return f"AFTER THE RUN {type(error).__name__} {str(error)[:100]}"
    if problems := store.verify():  # of what this run did not need to read
        again, said = command("run", toml, *where)
        if again != "ok" or (left := store.verify()):
            return f"NOT MENDED after {problems}: {left if again == 'ok' else said}"
        if compared(store, expected) == "DIFFERENT":
            return f"DIFFERENT after {problems}"
        return "found by verify, and healed"
    return "named, and healed" if named else "healed, or not concerned"


def main(trials: int, seed: int) -> dict[str, Counter[str]]:
    rng, counts = random.Random(seed), dict[str, Counter[str]]()
    with references() as known, tempfile.TemporaryDirectory() as folder:
        tomls = {}
        for name, (experiments, _, _) in known.items():
            text = to_toml(experiments[0]).split("[sweep]")[0]
            tomls[name] = str(Path(folder) / f"{name}-study.toml")
            seeds = sorted({one.seed for one in experiments})
            text = re.sub(r"(?ms)^\[method\]\n.*?(?=^\[|\Z)", "", text)
            Path(tomls[name]).write_text(f'{text}\n[sweep]\n"method.name" = ["naive", "confidence"]\nseeds = {seeds}\n')
        for number in range(trials):
            name = rng.choice([*known])
            experiments, root, expected = known[name]
            store = copied(root, Path(folder) / "store")
            kinds = ["row", "manifest", "index"] * 3 + sorted({one.step for one in store.manifests()})
            kind = rng.choice(kinds)
            way = rng.choice(WAYS.get(kind, FILES))
            path = target(store, kind, rng)
            way(path, rng)
            readers = [
                ["results", "--format", "csv"], ["results", "--group", "--format", "csv"], ["store", "verify"],
                ["store", "ls"], ["store", "gc", "--dry-run"], ["store", "why", tomls[name]], ["store", "rebuild"],
                ["store", "gc"], ["report", "--out", str(Path(folder) / "r.html")],
            ]  # fmt: skip
            reader = rng.choice(readers)
            forgotten = kind == "row" and way is remove  # which one may do: then fewer rows are right
            shown = command(*reader, "--store", str(root))[1] if reader[0] == "results" and not forgotten else ""
            end = trial(store, tomls[name], expected, shown, reader)
            if end.split()[0].isupper():
                what = f"{name}, {kind}, {way.__name__} of {path.name}, then {' '.join(reader)}"
                print(f"trial {number}: {what}: {end}", file=sys.stderr)
                end = "FAILED"
            counts.setdefault(kind, Counter())[end] += 1
    return counts


if __name__ == "__main__":
    asked = arguments(300)
    table("one thing damaged, and what came of it", main(asked.trials, asked.seed))
