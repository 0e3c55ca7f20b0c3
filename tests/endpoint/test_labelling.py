"""Texts to labels by an endpoint: probabilities, votes, both orders of pairs, and what is kept of answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from endpoints import HOW, TEXTS, TRUTH, Asked, Endpoint, Reply, label, plain, right, says, wrong

from outgrow.endpoint.answers import Answers, answers_file
from outgrow.endpoint.labelling import foretell, label_texts
from outgrow.endpoint.question import Endpoint as Where
from outgrow.endpoint.question import Question
from outgrow.errors import ConfigError, DataError, StoreError


def test_probabilities_are_those_of_tokens(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: says(right(asked), {right(asked): 0.6, wrong(asked): 0.2})
    far: list[float] = []
    found = label_texts(
        TEXTS, question=HOW, report=far.append,
        endpoint=Where(url=endpoint.url, model="small", price_in=1_000, price_out=500_000),
    )  # fmt: skip
    np.testing.assert_allclose(found.probabilities[np.arange(40), TRUTH], 0.75, rtol=1e-4)
    assert found.probabilities.dtype == np.float32
    assert found.cost == pytest.approx(40 * (20 * 1e-3 + 0.5))
    assert found.notes == [
        "small: 40 prompts, 40 answers asked for now and 0 kept from before; 800 tokens in and 40 out, which cost 20.8",
        "small: the labels of 40 prompts are log-probabilities of tokens; on average 20.0% of the probability lay "
        "outside the classes",
    ]
    assert len(far) == 40
    assert far == sorted(far)
    assert far[-1] == 1
    one = endpoint.asked[0]
    assert one.path == "/v1/chat/completions"
    assert one.body == {
        "model": "small", "messages": [{"role": "user", "content": one.prompt}], "temperature": 1.0, "max_tokens": 16,
        "seed": one.body["seed"], "logprobs": True, "top_logprobs": 20,
    }  # fmt: skip
    assert {asked.prompt for asked in endpoint.asked} == {f"{text}?" for text in TEXTS}
    assert "Authorization" not in one.headers


def test_answers_vote_where_there_are_no_probabilities(endpoint: Endpoint) -> None:
    def play(asked: Asked, n: int) -> Reply:
        if asked.turn == 2 and "text 7 " in asked.prompt:
            return says("who knows")
        return says("Bad." if asked.turn == 1 else "GOOD, I think", usage=asked.turn > 0)

    endpoint.play = play
    found = label(endpoint)
    np.testing.assert_allclose(found.probabilities[:, 1], [0.5 if i == 7 else 2 / 3 for i in range(40)], rtol=1e-4)
    assert Counter(asked.prompt for asked in endpoint.asked) == {f"{text}?": 3 for text in TEXTS}
    assert len({asked.body["seed"] for asked in endpoint.asked}) == 120, "answers that err together are no votes"
    assert found.notes == [
        "small: 40 prompts, 120 answers asked for now and 0 kept from before; 1,600 tokens in and 80 out; 40 answers "
        "came without a count of tokens",
        "small: the labels of 40 prompts are votes of answers, as they came without log-probabilities",
        "small: 1 of 120 answers fit no class, such as 'who knows'; 0 prompts have no label for that reason",
    ]
    endpoint.asked.clear()
    label(endpoint, how=replace(HOW, top_logprobs=0, seed=10, answers=1))
    assert len(endpoint.asked) == 40
    assert not any("logprobs" in asked.body for asked in endpoint.asked)


def test_nothing_is_asked_twice_but_what_is_another_question(endpoint: Endpoint) -> None:
    endpoint.play = plain
    first = label(endpoint)
    again = label(endpoint, concurrency=1, timeout=3.0, requests_per_minute=10_000, key_env="OUTGROW_TEST_KEY")
    assert len(endpoint.asked) == 40
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert again.notes[0] == "small: 40 prompts, 0 answers asked for now and 40 kept from before"
    assert again.cost == 0
    changes: list[dict[str, Any]] = [
        {"how": replace(HOW, prompt="{text}!")}, {"how": replace(HOW, temperature=0.5)}, {"model": "other"},
        {"how": replace(HOW, max_tokens=2)}, {"how": replace(HOW, seed=1)}, {"url": endpoint.url + "/eu"},
    ]  # fmt: skip
    for i, change in enumerate(changes, start=2):
        label(endpoint, **change)
        assert len(endpoint.asked) == 40 * i, change
    label(endpoint, texts=np.append(TEXTS[:3], "new text, good"))
    assert endpoint.asked[-1].prompt == "new text, good?"


def test_what_was_answered_before_a_run_ended_is_not_asked_again(endpoint: Endpoint) -> None:
    def play(asked: Asked, n: int) -> Reply:
        return plain(asked, n) if n < 25 else Reply({}, status=401)

    endpoint.play = play
    with pytest.raises(ConfigError):
        label(endpoint, concurrency=3)
    endpoint.asked.clear()
    endpoint.play = plain
    found = label(endpoint)
    assert len(endpoint.asked) == 40 - 25
    np.testing.assert_array_equal(found.probabilities.argmax(1), TRUTH)


def test_a_damaged_file_of_answers_is_told(endpoint: Endpoint) -> None:
    label(endpoint, how=replace(HOW, classes=("no", "yes")))
    answers_file().write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match=r"answers\.sqlite.*delete the file if it is damaged"):
        label(endpoint)


def test_both_orders_of_a_pair_are_asked_about(endpoint: Endpoint) -> None:
    """A judge who sees the quality, and likes what stands first."""
    both = [(f"good {i}", f"bad {i}") for i in range(10)]
    pairs = np.array([one if i % 2 else one[::-1] for i, one in enumerate(both)], dtype=object)
    pairs[4] = ("same", "same")

    def play(asked: Asked, n: int) -> Reply:
        first = asked.prompt.split("|")[0]
        chance = 0.9 if "good" in first else 0.6 if "same" in first else 0.3
        return says("first", {"first": chance, "second": 1 - chance})

    endpoint.play = play
    how = Question(classes=("first", "second"), prompt="{first}|{second}")
    found = label(endpoint, texts=pairs, how=how, concurrency=1)
    assert len(endpoint.asked) == 20 - 1  # where both are the same, one answer is enough
    better = [0.5 if i == 4 else 0.2 if i % 2 else 0.8 for i in range(10)]
    np.testing.assert_allclose(found.probabilities[:, 1], better, rtol=1e-4)
    assert found.notes[-1] == (
        "small: 1 of 10 pairs are answered otherwise when the candidates change places; a label is the mean of both "
        "orders"
    )


def test_nonsense_is_an_error_that_shows_it(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: says("I cannot judge\x1b[2J films.", {"I": 0.9, "good": 0.05})
    with pytest.raises(DataError, match=r"20 of 20 prompts fit no class, such as 'I cannot judge.*'; change") as caught:
        label(endpoint)
    assert "\x1b" not in str(caught.value)
    endpoint.play = lambda asked, n: says("hm" if n % 3 else right(asked))
    with pytest.raises(DataError, match=r"prompts fit no class, such as 'hm'"):
        label(endpoint, how=replace(HOW, answers=1, top_logprobs=0), concurrency=1)


def test_some_nonsense_is_counted(endpoint: Endpoint) -> None:
    hm = says("hm", {"hm": 0.95, "bad": 0.05})
    endpoint.play = lambda asked, n: hm if "text 1" in asked.prompt else plain(asked, n)
    found = label(endpoint)
    silent = [i for i in range(40) if str(i).startswith("1")]
    assert np.flatnonzero(found.probabilities.sum(1) == 0).tolist() == silent
    assert found.notes[-1].startswith("small: 11 of 40 answers fit no class, such as 'hm'; 11 prompts have no label")


def test_a_forecast_asks_nothing(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    where = Where(url=endpoint.url, model="small", price_in=1.0, price_out=2.0, key_env="OUTGROW_TEST_KEY")
    told = foretell([TEXTS, TEXTS[:10]], endpoint=where, question=HOW)
    into = sum(len(f"{text}?") for text in TEXTS) / 4 + 10 * 40
    assert told == (
        f"{endpoint.url} would be asked 40 prompts for 'small', about {into:,.0f} tokens in and at most 640 out, "
        f"which cost about {(into + 2 * 640) / 1e6:.3g}; 3 times that where it gives no log-probabilities; it is "
        "sent the key of the environment variable 'OUTGROW_TEST_KEY'"
    )
    assert endpoint.asked == []
    assert not answers_file().exists()
    endpoint.play = plain
    label(endpoint, texts=TEXTS[:30])
    monkeypatch.delenv("OUTGROW_TEST_KEY")
    told = foretell([TEXTS], endpoint=where, question=HOW)
    assert "asked 10 prompts" in told
    assert "; 30 prompts are answered already; " in told
    assert told.endswith("'OUTGROW_TEST_KEY', which is not set")


def test_no_request_is_lost_or_doubled_among_many_threads(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: Reply({}, 500) if n % 7 == 3 else plain(asked, n)
    many = np.array([f"text {i} is good" for i in range(300)], dtype=object)
    found = label(endpoint, texts=many, concurrency=32)
    assert (found.probabilities[:, 1] == 1).all()
    assert len({asked.prompt for asked in endpoint.asked}) == 300
    assert len(endpoint.asked) == 300 + len([n for n in range(len(endpoint.asked)) if n % 7 == 3])


@pytest.mark.parametrize(("logprobs", "answers"), [(True, 1), (False, 3)])
def test_equal_texts_at_the_same_time_are_asked_about_once(endpoint: Endpoint, logprobs: bool, answers: int) -> None:
    """Also if the first try comes to nothing, while others wait for it."""

    def play(asked: Asked, n: int) -> Reply:
        endpoint.free.wait(0.05)  # others would come meanwhile
        return Reply({}, 500) if asked.turn == 0 else plain(asked, n) if logprobs else says(right(asked))

    endpoint.play = play
    same = np.array(["a good text", *["another good text", "a bad text"] * 50], dtype=object)
    found = label(endpoint, texts=same, concurrency=32)
    np.testing.assert_array_equal(found.probabilities.argmax(1), [1, *[1, 0] * 50])
    assert len(endpoint.asked) == 3 * (answers + 1)
    assert (
        f"101 prompts, {3 * answers} answers asked for now and {(101 - 3) * answers} kept from before" in found.notes[0]
    )


@pytest.mark.parametrize("shape", [(0,), (0, 2)])
def test_no_texts_have_no_labels(endpoint: Endpoint, shape: tuple[int, ...]) -> None:
    found = label(endpoint, texts=np.zeros(shape, dtype=object), how=replace(HOW, prompt=""))
    assert found.probabilities.shape == (0, 2)
    assert found.notes[0] == "small: 0 prompts, 0 answers asked for now and 0 kept from before"
    assert endpoint.asked == []


DAMAGED = [
    "x", "[]", "null", "{}", '{"text": 1}', '{"text":1,"tokens":null,"in":1,"out":1}',
    '{"text":"good","tokens":null,"in":"a","out":1}', '{"text":"good","tokens":null,"in":true,"out":1}',
    '{"text":"good","tokens":null,"in":1,"out":-1}', '{"text":"good","tokens":[],"in":1,"out":1}',
    '{"text":"good","tokens":[1],"in":1,"out":1}', '{"text":"good","tokens":[[]],"in":1,"out":1}',
    '{"text":"good","tokens":{"a":1},"in":1,"out":1}', '{"text":"good","tokens":[[["good",-0.1,1]]],"in":1,"out":1}',
    '{"text":"good","tokens":[[["good","x"],["bad",1]]],"in":1,"out":1}',
    '{"text":"good","tokens":[[["good",0.9],["bad",0.1]]],"in":1,"out":1}',
    '{"text":"good","tokens":[[["good",NaN],["bad",-1.0]]],"in":1,"out":1}',
    '{"text":"good","tokens":[[["good",0.0],["bad",0.0]]],"in":1,"out":1}',
    '{"text":"good","tokens":[[[1,-0.1],["bad",-9.0]]],"in":1,"out":1}',
]  # fmt: skip


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_kept_answer_that_is_none_is_asked_for_anew_and_counted(endpoint: Endpoint, damaged: str) -> None:
    endpoint.play = plain
    first = label(endpoint, texts=TEXTS[:4])
    with Answers() as answers:
        answers._run("update answers set answer = ?", damaged)
    found = label(endpoint, texts=TEXTS[:4])
    np.testing.assert_array_equal(found.probabilities, first.probabilities)
    assert len(endpoint.asked) == 8
    assert "small: 4 answers kept from before could not be read: asked for anew" in found.notes
    again = label(endpoint, texts=TEXTS[:4])
    assert len(endpoint.asked) == 8
    assert not any("could not be read" in note for note in again.notes)


def test_of_two_answers_to_one_question_the_first_is_kept(tmp_path: Path) -> None:
    def answer(text: str) -> dict[str, Any]:
        return {"text": text, "tokens": None, "in": 1, "out": None}

    with Answers(tmp_path / "deep" / "answers.sqlite") as one, Answers(tmp_path / "deep" / "answers.sqlite") as other:
        assert one.get("k") is None
        assert one.put("k", answer("yes")) == answer("yes")
        assert other.put("k", answer("no")) == answer("yes") == other.get("k")
        other._run("update answers set answer = ?", '{"text": 1}')
        assert one.get("k") is None, "what is no answer is asked for again"
