"""Tasks of the offline packs: on rows of our own, and on the packs themselves where they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from truths import truth_of

from outgrow import packs
from outgrow.errors import DataError, PackMissing
from outgrow.tasks.base import tasks
from outgrow.tasks.rotten_tomatoes_told import RottenTomatoesTold
from outgrow.tasks.sources.pack import BigBenchTask, PackTask
from outgrow.tasks.sources.reviews import paired

Pack = Callable[..., Path]
PACK_OF = {entry.name: entry.value.pack for entry in tasks if issubclass(entry.value, PackTask)}
PACK_OF |= {entry.name: "bigbench" for entry in tasks if issubclass(entry.value, BigBenchTask)}
PACK_OF |= {"rotten-tomatoes-pairs": "rotten-tomatoes", "hhh": "bigbench"}
SIZES = {  # examples of the real packs
    "rotten-tomatoes": 10_768,
    "rotten-tomatoes-pairs": 5_384,
    "rotten-tomatoes-told": 10_768,
    "tweets": 37_197,
    "tweets-binary": 13_668,
    "spam": 3_428,
    "strategyqa": 2_289,
    "vitaminc": 54_668,
    "fever": 6_525,
    "winowhy": 2_530,
    "hhh": 221,
}
REVIEWS = [
    {"text": f"{label} {film} {i}", "label": label, "film": film}
    for film, fresh, rotten in (("fog", 3, 1), ("kelp", 1, 2), ("ash", 0, 2))
    for label, n in (("fresh", fresh), ("rotten", rotten))
    for i in range(n)
]


def put(file: Path, rows: list[dict[str, Any]]) -> None:
    if file.suffix == ".json":
        file.write_text(json.dumps({"examples": rows}))
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)


def test_all_tasks_of_packs_are_tested_here() -> None:
    assert set(PACK_OF) == set(SIZES)
    assert len(SIZES) == 11


@pytest.mark.parametrize("name", SIZES)
def test_the_real_pack(name: str) -> None:
    if not packs.present(PACK_OF[name]):
        pytest.skip(f"the pack {PACK_OF[name]} has not been fetched (outgrow packs get {PACK_OF[name]})")
    task = tasks[name]()
    found = task.load()
    n = len(found.ids)
    assert n == len(set(found.ids)) == len(found.groups) == SIZES[name]
    assert found.inputs.shape == ((n, 2) if task.kind == "preference" else (n,))
    assert len(found.class_names) == found.n_classes == len(np.bincount(truth_of(found)))
    assert max(Counter(found.groups).values()) < n / 2
    if name not in ("tweets", "vitaminc"):
        assert abs(truth_of(found).mean() - 0.5) < 0.08


@pytest.mark.parametrize("name", SIZES)
def test_a_missing_pack_is_named_but_not_needed_for_the_identity(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path))
    task = tasks[name]()
    assert task.identity()["fingerprint"] == packs.fingerprint(PACK_OF[name])
    with pytest.raises(PackMissing, match=f"outgrow packs get {PACK_OF[name]}"):
        task.load()


def test_reviews_are_fresh_or_rotten_and_grouped_by_film(pack: Pack) -> None:
    put(pack("rotten-tomatoes") / "reviews.parquet", REVIEWS)
    found = tasks["rotten-tomatoes"]().load()
    assert found.class_names == ("rotten", "fresh")
    written = dict(zip(found.inputs.tolist(), zip(truth_of(found).tolist(), found.groups, strict=True), strict=True))
    assert written["fresh fog 0"] == (1, "fog")
    assert written["rotten kelp 1"] == (0, "kelp")
    assert np.bincount(truth_of(found)).tolist() == [4, 4]  # 5 to 4 is above 55 %


@pytest.mark.parametrize("wrong", [0.0, 0.3])
def test_opinions_below_reviews_are_wrong_at_their_rate(wrong: float, pack: Pack) -> None:
    rows = [
        {"text": f"{label} {i}", "label": label, "film": str(i)} for label in ("fresh", "rotten") for i in range(900)
    ]
    put(pack("rotten-tomatoes") / "reviews.parquet", rows)
    task = RottenTomatoesTold(wrong=wrong)
    found = task.load()
    assert found.groups == tasks["rotten-tomatoes"]().load().groups
    said = np.array([int("\nI think this is fresh. What do you think?" in text) for text in found.inputs])
    assert all("\nI think this is rotten. What do you think?" in text for text in found.inputs[said == 0])
    assert (said != truth_of(found)).mean() == pytest.approx(wrong, abs=0.04)
    assert (task.load().inputs == found.inputs).all()
    assert task.identity() != RottenTomatoesTold(wrong=0.1).identity()


def test_reviews_are_paired_within_films_first_and_used_once(pack: Pack) -> None:
    put(pack("rotten-tomatoes") / "reviews.parquet", REVIEWS)
    found = tasks["rotten-tomatoes-pairs"]().load()
    better = [both[label] for both, label in zip(found.inputs, truth_of(found), strict=True)]
    worse = [both[1 - label] for both, label in zip(found.inputs, truth_of(found), strict=True)]
    assert len(found.ids) == 4
    assert len({*better, *worse}) == 8
    assert all(text.startswith("fresh") for text in better)
    assert all(text.startswith("rotten") for text in worse)
    films = [(one.split()[1], two.split()[1]) for one, two in zip(better, worse, strict=True)]
    assert Counter(films)["fog", "fog"] == Counter(films)["kelp", "kelp"] == 1
    assert found.groups == [film for film, _ in films]


def test_which_reviews_meet_does_not_depend_on_the_order() -> None:
    assert set(paired(REVIEWS)) == set(paired(reversed(REVIEWS)))


def test_tweets_that_differ_in_links_and_names_are_a_group(pack: Pack) -> None:
    texts = ["RT @ann: so it rains! http://t.co/1a", "@bob so it rains http://t.co/2b", "no rain", "dry"]
    labels = ["negative", "negative", "neutral", "positive"]
    rows = [{"text": text, "label": label, "confidence": None} for text, label in zip(texts, labels, strict=True)]
    put(pack("tweets") / "tweets.parquet", rows)
    found = tasks["tweets"]().load()
    assert found.inputs.tolist() == texts
    assert found.class_names == ("negative", "neutral", "positive")
    assert truth_of(found).tolist() == [0, 0, 1, 2]
    assert found.groups[0] == found.groups[1]
    assert len(set(found.groups)) == 3
    assert found.notes == []


def test_mails_that_begin_alike_are_a_group(pack: Pack) -> None:
    rows = [
        {"id": "1", "text": "Win 100 coins!", "label": "spam", "group": "spam-1"},
        {"id": "2", "text": "WIN 250 coins", "label": "spam", "group": "spam-1"},
        {"id": "3", "text": "Lunch at noon?", "label": "ham", "group": "easy-ham-1"},
        {"id": "4", "text": "The minutes.", "label": "ham", "group": "easy-ham-1"},
    ]
    put(pack("spam") / "mails.parquet", rows)
    found = tasks["spam"]().load()
    assert found.class_names == ("ham", "spam")
    assert truth_of(found).tolist() == [1, 1, 0, 0]
    assert found.groups[0] == found.groups[1]
    assert len(set(found.groups)) == 3


@pytest.mark.parametrize(
    ("name", "inputs", "answers", "labels", "groups"),
    [
        ("strategyqa", ["Can a kite be heavier than a bee?", "Do fish vote?"], ["Yes", "No"], [1, 0], 2),
        (
            "fever",
            ["Q: true or false? Tea is a drink.", "Q: true or false? Tea is a bird."],
            ["true", "false"],
            [1, 0],
            2,
        ),
        (
            "vitaminc",
            ["Tea: Tea is hot.\nClaim: Tea is hot.", "Tea: Tea is hot.\nClaim: Tea is ice.", "Bo: Bo.\nClaim: Bo."],
            ["True", "False", "Neither"],
            [2, 0, 1],
            2,
        ),
        (
            "winowhy",
            [
                "It fell. The 'it' refers to the cup because it fell.",
                "It fell. The 'it' refers to the cup because red.",
            ],
            ["correct", "incorrect"],
            [1, 0],
            1,
        ),
    ],
)
def test_big_bench_tasks(
    pack: Pack, name: str, inputs: list[str], answers: list[str], labels: list[int], groups: int
) -> None:
    rows = [
        {"input": text + " ", "target_scores": {answer: int(answer == right) for answer in answers}}
        for text, right in zip(inputs, answers, strict=True)
    ]
    folder = pack("bigbench")
    put(folder / f"{name}.json", rows)
    found = tasks[name]().load()
    assert found.inputs.tolist() == inputs
    assert truth_of(found).tolist() == labels
    assert [found.class_names[label] for label in labels] == [answer.lower() for answer in answers]
    assert len(set(found.groups)) == groups
    put(folder / f"{name}.json", [{"input": "x", "target_scores": {"maybe": 1}}])
    with pytest.raises(DataError, match=r"answers \['maybe'\] instead of"):
        tasks[name]().load()
    (folder / f"{name}.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        tasks[name]().load()


def test_hhh_pairs_hold_the_request_and_an_answer(pack: Pack) -> None:
    folder = pack("bigbench")
    for part in ("helpful", "honest", "harmless", "other"):
        rows = [
            {"input": f"{part}?", "target_scores": {" So.": 1, "No.": 0}},
            {"input": "Hm?", "target_scores": {part: 0, "Ah.": 1}},
        ]
        put(folder / f"hhh_{part}.json", rows)
    found = tasks["hhh"]().load()
    assert found.inputs.shape == (8, 2)
    better = {both[label] for both, label in zip(found.inputs, truth_of(found), strict=True)}
    assert "Human: helpful?\n\nAssistant: So." in better
    assert "Human: Hm?\n\nAssistant: Ah." in better
    assert len(set(found.groups)) == 5
