"""What an endpoint takes is settled once, by the first request that it takes; a row that it rejects changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from endpoints import HOW, TEXTS, TRUTH, Asked, Endpoint, Reply, label, plain, right, says

from outgrow.endpoint.refusal import refused_fields
from outgrow.errors import EndpointFailed

VLLM = (
    "'max_tokens' or 'max_completion_tokens' is too large: 16. This model's maximum context length is 2048 tokens and "
    "your request has 3000 input tokens"
)


def openai(param: str, code: str, message: str = "no") -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (openai("max_tokens", "unsupported_parameter", "'max_tokens' is not supported. Use 'max_completion_tokens'."),
         ["max_tokens"]),
        ({"error": {"message": "use 'max_completion_tokens', not 'max_tokens'", "param": None}}, ["max_tokens"]),
        (openai("logprobs", "unsupported_value", "seed and logprobs do not go together"), ["logprobs"]),
        (openai("body.top_logprobs", "unsupported_parameter"), ["logprobs"]),
        ({"error": "Logprobs is not enabled for this model"}, ["logprobs"]),
        ([{"error": {"code": 400, "message": "Unknown name \"seed\": Cannot find field."}}], ["seed"]),
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "no extra", "input": 5}]}, ["seed"]),
        ({"message": {"detail": [{"loc": ["body", "logprobs"]}, {"loc": ["body", "seed"]}]}}, ["logprobs", "seed"]),
        ({"object": "error", "message": "This server gives no logprobs, and no seed", "param": None, "code": 400},
         ["logprobs", "seed"]),
        (openai("messages", "content_filter", "refused: a seed of logprobs"), []),  # it points at something else
        (openai("top_logprobs", "integer_above_max_value"), []),
        ({"error": {"message": "top_logprobs must be at most 5"}}, []),
        ({"error": {"message": "Cannot request more than 5 logprobs"}}, []),
        (openai("logprobs", "", "5 is greater than the maximum of 1 - 'logprobs'"), []),
        (openai("max_tokens", "", "max_tokens is too large: 16. This model supports at most 8"), []),
        ({"message": VLLM, "param": None, "code": 400}, []),
        ({"error": "seeds, reseed, top_logprobs_2, max_completion_tokens"}, []),
        (None, []),
        ({"error": {"param": 3, "loc": [], "message": None}}, []),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_what_an_error_points_at_or_names(said: Any, fields: list[str]) -> None:
    assert list(dict.fromkeys(refused_fields(said))) == fields


@pytest.mark.parametrize("row", [0, 4, 39])
@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize(
    "message",
    ["flagged: how to read logprobs", "flagged: a seed of doubt", "no more max_tokens", VLLM],
)
def test_a_row_that_is_rejected_is_its_own_failure(
    endpoint: Endpoint, row: int, concurrency: int, message: str
) -> None:
    """Wherever it stands, whatever its error says: nobody else is asked otherwise, and it is told."""

    def play(asked: Asked, n: int) -> Reply:
        if asked.prompt == f"{TEXTS[row]}?":
            return Reply({"error": {"message": message}}, 400)
        if asked.body.keys() != {"model", "messages", "temperature", "max_tokens", "seed", "logprobs", "top_logprobs"}:
            return Reply({"error": {"message": "that is another request"}}, 400)
        return plain(asked, n)

    endpoint.play = play
    found = label(endpoint, concurrency=concurrency)
    others = np.arange(40) != row
    np.testing.assert_array_equal(found.probabilities.argmax(1)[others], TRUTH[others])
    assert not found.probabilities[row].any()
    assert f"1 prompt came to nothing, such as this: {endpoint.url} answers 400: {message[:60]}" in found.notes[-1]
    assert not any("requests go without" in note for note in found.notes)
    assert len(endpoint.asked) <= 40 + (row == 0)
    endpoint.asked.clear()
    again = label(endpoint, concurrency=concurrency)
    np.testing.assert_array_equal(again.probabilities, found.probabilities)
    assert {asked.prompt for asked in endpoint.asked} == {f"{TEXTS[row]}?"}


@pytest.mark.parametrize(
    ("fields", "status", "answers"),
    [(["logprobs"], 400, 120), (["seed"], 422, 40), (["max_tokens"], 400, 40), (["logprobs"], 403, 120),
     (["max_tokens", "seed", "logprobs"], 400, 120)],
)  # fmt: skip
def test_what_an_endpoint_does_not_take_is_left_out_and_told(
    endpoint: Endpoint, fields: list[str], status: int, answers: int
) -> None:
    def play(asked: Asked, n: int) -> Reply:
        if asked.prompt == f"{TEXTS[0]}?":
            return Reply({"error": {"message": "logprobs, seed: I will not read this"}}, 400)
        for field in fields:
            if field in asked.body:
                return Reply({"error": {"message": f"this model has no {field}"}}, status)
        return plain(asked, n) if "logprobs" in asked.body else says(right(asked))

    endpoint.play = play
    found = label(endpoint, concurrency=8)
    np.testing.assert_array_equal(found.probabilities.argmax(1)[1:], TRUTH[1:])
    notes = [note for note in found.notes if "requests go without" in note]
    assert len(notes) == len(fields)
    for field, note in zip(fields, notes, strict=True):
        words = {
            "logprobs": "logprobs and top_logprobs",
            "max_tokens": "max_tokens, with max_completion_tokens in its place",
        }.get(field, field)
        why = f"{endpoint.url} answers {status}: this model has no {field}"
        assert note == f"small: requests go without {words}, as {why}"
    voted = "small: the labels of 39 prompts are votes of answers, as they came without log-probabilities"
    assert (voted in found.notes) == ("logprobs" in fields)
    tried = [asked for asked in endpoint.asked if any(field in asked.body for field in fields)]
    assert {asked.prompt for asked in tried} == {f"{TEXTS[0]}?", f"{TEXTS[1]}?"}, "who is asked alone finds it out"
    assert len(endpoint.asked) - answers <= 3 + len(fields)
    endpoint.asked.clear()
    again = label(endpoint, texts=TEXTS[1:])
    np.testing.assert_array_equal(again.probabilities, found.probabilities[1:])
    assert endpoint.asked == [], "the answers are to the question as it was meant"
    assert not any("requests go without" in note for note in again.notes), "there were none"
    assert any("are votes of answers" in note for note in again.notes) == ("logprobs" in fields)


def test_votes_that_are_missing_settle_nothing_about_log_probabilities(endpoint: Endpoint) -> None:
    """Rows that were never asked about come first, as their first request holds all that is to be settled."""

    def play(asked: Asked, n: int) -> Reply:
        refused = Reply({"error": {"message": "logprobs is not supported"}}, 400)
        return refused if "logprobs" in asked.body else says(right(asked))

    endpoint.play = play
    label(endpoint, texts=TEXTS[:10], how=replace(HOW, answers=2))
    endpoint.asked.clear()
    found = label(endpoint)
    np.testing.assert_array_equal(found.probabilities.argmax(1), TRUTH)
    assert len(endpoint.asked) == 10 * 1 + 30 * 3 + 1


def test_what_is_rejected_whatever_is_left_out_is_an_error(endpoint: Endpoint) -> None:
    endpoint.play = lambda asked, n: Reply({"error": {"message": "temperature, seed: no"}}, 400)
    with pytest.raises(EndpointFailed, match=r"3 of 3 prompts so far came to nothing.* answers 400: temperature, seed"):
        label(endpoint)
    assert len(endpoint.asked) == 6


def test_probabilities_in_the_place_of_their_logarithms_are_told_at_once(endpoint: Endpoint) -> None:
    def play(asked: Asked, n: int) -> Reply:
        found = says(right(asked), {right(asked): 0.9, "x": 0.1})
        for one in found.body["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
            one["logprob"] = np.exp(one["logprob"])
        return found

    endpoint.play = play
    with pytest.raises(EndpointFailed, match=r"it gives 0\.\d+ as the log-probability of '\w+'; set top_logprobs = 0"):
        label(endpoint)
    assert len(endpoint.asked) == 3, "asking again does not help"
    found = label(endpoint, how=replace(HOW, top_logprobs=0))
    np.testing.assert_array_equal(found.probabilities.argmax(1), TRUTH)
    assert len(endpoint.asked) == 3 + 120, "what was not asked for is not looked at"


@pytest.mark.parametrize("number", [float("nan"), 0.5, float("inf")])
def test_a_row_with_other_numbers_is_its_own_failure(endpoint: Endpoint, number: float) -> None:
    def play(asked: Asked, n: int) -> Reply:
        found = plain(asked, n)
        if "text 3 " in asked.prompt:
            found.body["choices"][0]["logprobs"]["content"][0]["top_logprobs"][1]["logprob"] = number
        return found

    endpoint.play = play
    found = label(endpoint)
    assert np.flatnonzero(found.probabilities.sum(1) == 0).tolist() == [3]
    assert len(endpoint.asked) == 40
    told = (
        f"1 prompt came to nothing, such as this: {endpoint.url}: it gives {number} as the log-probability of 'x'; set"
    )
    assert told in found.notes[-1]
