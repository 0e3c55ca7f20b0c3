"""Answers as labels: which tokens and which words mean a class, and which mean none."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.endpoint.prompts import Template, check_template
from outgrow.endpoint.reading import (
    Improbable,
    answer_of,
    class_mass,
    class_said,
    fold_classes,
    folded,
    is_answer,
)
from outgrow.errors import ConfigError


def places(*tokens: dict[str, float]) -> list[list[tuple[str, float]]]:
    """Alternatives with their chances; what is said stands first."""
    return [[(token, math.log(chance)) for token, chance in one.items()] for one in tokens]


@pytest.mark.parametrize(
    ("tokens", "words", "expected"),
    [
        ([{"positive": 0.7, "negative": 0.2}], ["negative", "positive"], [0.2, 0.7]),
        ([{" Pos": 0.6, "pos": 0.1, " NEG": 0.2, "The": 0.1}], ["negative", "positive"], [0.2, 0.7]),  # of one class
        ([{"**": 0.9, "no": 0.1}, {"yes": 0.5, "no": 0.5}], ["no", "yes"], [0.1 + 0.45, 0.45]),  # after a mark
        ([{"not": 1.0}, {" sure": 0.4, " spam": 0.6}], ["not sure", "not spam"], [0.4, 0.6]),  # two begin so
        ([{"not": 0.5, "spam": 0.5}], ["not sure", "not spam", "spam"], [0, 0, 0.5]),  # and nobody says which
        ([{"no": 0.8, "yes": 0.2}, {" one": 0.5, ".": 0.5}], ["no", "no one", "yes"], [0.4, 0.4, 0.2]),
        ([{"1": 0.6, "2": 0.4}, {"0": 0.5, "</s>": 0.5}], ["1", "2", "10"], [0.3, 0.4, 0.3]),
        ([{"1": 1.0}], ["1", "2", "10"], [1, 0, 0]),  # that is all it said
        ([{"yes.": 0.5, "yes, since": 0.3, "yesterday": 0.2}], ["yes", "no"], [0.8, 0]),
        ([{"maybe": 1.0}], ["yes", "no"], [0, 0]),
        ([{" ": 1.0}] * 3, ["yes", "no"], [0, 0]),
        ([{"ja": 0.5, "\uff2a\uff41": 0.25, "nein": 0.25}], ["ja", "nein"], [0.75, 0.25]),
    ],
)
def test_tokens_count_for_the_class_that_they_begin(
    tokens: list[dict[str, float]], words: list[str], expected: list[float]
) -> None:
    np.testing.assert_allclose(class_mass(places(*tokens), words), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("positive", 1), (" Positive.\n", 1), ("**NEGATIVE**", 0), ("negative: the plot is thin", 0),
        ("very positive", 2), ("positively", None), ("It is positive", None), ("", None), ("posit", None),
        ("'very positive!'", 2), ("nega-tive", None), ("\uff30\uff2f\uff33itive", 1),
    ],
)  # fmt: skip
def test_an_answer_begins_with_its_class(text: str, expected: int | None) -> None:
    assert class_said(text, ["negative", "positive", "very positive"]) == expected


def test_the_longest_class_is_meant() -> None:
    assert class_said("not spam at all", ["not", "not spam"]) == 1


@pytest.mark.parametrize("classes", [("A+", "A-"), ("yes", "Yes!"), ("good", ""), ("+", "-")])
def test_classes_that_no_answer_can_tell_apart_are_refused(classes: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"set classes = \[\.\.\.\] to words that differ"):
        fold_classes(classes)
    assert folded("  A--b_c\t") == "a b c"


def response(choice: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [choice], **more}


def test_what_is_kept_of_an_answer() -> None:
    top = [{"token": "yes", "logprob": -0.1}, {"token": "no", "logprob": -3}]
    choice = {"message": {"content": "yes" * 1_000}, "logprobs": {"content": [{**top[0], "top_logprobs": top}] * 50}}
    found = answer_of(response(choice, usage={"prompt_tokens": 7, "completion_tokens": 2}))
    assert len(found["text"]) == 200
    assert found["tokens"] == [[("yes", -0.1), ("no", -3.0)]] * 5
    assert (found["in"], found["out"]) == (7, 2)
    assert answer_of(response({"message": {"content": None}}))["text"] == ""


@pytest.mark.parametrize(
    "logprobs",
    [
        None, {}, {"content": None}, {"content": []}, {"content": ["yes"]}, [], "x",
        {"content": [{"token": "yes", "logprob": -1.0}]},  # of what was said alone
        {"content": [{"token": "yes", "logprob": -1.0, "top_logprobs": [{"token": "no", "logprob": None}]}]},
    ],
)  # fmt: skip
def test_probabilities_that_are_none_are_none(logprobs: Any) -> None:
    assert answer_of(response({"message": {"content": "yes"}, "logprobs": logprobs}))["tokens"] is None


def told(*numbers: Any) -> dict[str, Any]:
    """An answer with these as log-probabilities, of what it said first and of what it did not say."""
    tops = [{"token": token, "logprob": n} for token, n in zip(("yes", "no", "x"), numbers, strict=False)]
    place = {**tops[0], "top_logprobs": tops}
    return response({"message": {"content": "yes"}, "logprobs": {"content": [place, place]}})


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0.9, 0.1), "gives 0.9 as the log-probability of 'yes'"),  # probabilities
        ((-0.1, 0.1), "gives 0.1 as the log-probability of 'no'"),
        ((5.0, 3.0), "gives 5.0 as"),  # logits
        ((float("nan"), -1.0), "gives nan as"),
        ((-1.0, float("inf")), "gives inf as"),
        ((True, -1.0), "gives True as"),
        ((10**400, -1.0), "as the log-probability of 'yes'"),
        ((0.0, 0.0), "they make 200% in all"),
        ((-0.1, -0.1, -9.0), "they make 181% in all"),
    ],
)
def test_numbers_that_are_no_log_probabilities_are_an_error(numbers: tuple[Any, ...], message: str) -> None:
    with pytest.raises(Improbable, match=rf"{message}.*; set top_logprobs = 0 to have its answers vote"):
        answer_of(told(*numbers))


@pytest.mark.parametrize("numbers", [(1e-6, -20.0), (0, -9999.0), (-0.7, -0.7), (-0.1, float("-inf")), (-0.0, -1e300)])
def test_what_is_rounded_or_impossible_is_no_error(numbers: tuple[float, float]) -> None:
    found = answer_of(told(*numbers))
    assert is_answer(json.loads(json.dumps(found, allow_nan=False)))
    first, second = class_mass(found["tokens"], ["yes", "no"])
    assert 0 <= second <= first <= 1


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"message": {"content": 3}}]},
        {"error": "x"},
    ],
)
def test_what_is_no_chat_completion_is_told(found: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"its answer"):
        answer_of(found)


def test_prompts_hold_texts_as_they_are() -> None:
    template = Template("{{Is}} {text} {classes}?", pairs=False)
    assert template.filled(["a {classes} film"], ["bad", "good"]) == "{Is} a {classes} film bad, good?"
    assert Template("", pairs=True).filled(["one", "two"], ["first", "second"]).index("one") < 60
    assert "two" in Template("{second} then {first}", pairs=True).filled(["one", "two"], [])[:3]


@pytest.mark.parametrize(
    ("template", "pairs", "message"),
    [
        ("what?", False, r"\{text\} must be in it"),
        ("{first}", True, r"\{second\} must be in it"),
        ("{text} {first}", False, r"there is no \{first\}: the task has one"),
        ("{first} {second} {text}", True, r"there is no \{text\}: pairs have"),
        ("{texts}", False, r"\{texts\} cannot stand in it, only \{text\}"),
        ("{text.__class__}", False, r"cannot stand in it"),
        (
            "{text!r}",
            False,
            r"\{text!r\} cannot .*, as texts are shown as they are: write \{text\}, without '!r'",
        ),
        ("{text:>9}", False, r"\{text:>9\} cannot stand in it, .* without ':>9'"),
        ("{text} {classes!s:.3}", False, r"\{classes!s:\.3\} cannot .* write \{classes\}, without '!s:\.3'"),
        ("{texts!r}", False, r"\{texts\} cannot stand in it, only \{text\}"),
        ("{}", False, r"cannot stand in it"),
        ("{text", False, r"is no template: .*; write \{\{ for a brace"),
    ],
)
def test_templates_name_what_there_is(template: str, pairs: bool, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Template(template, pairs=pairs)
    if "cannot" in message:
        with pytest.raises(ConfigError):
            check_template(template)


NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), -9999.0, True])
ANYTHING = st.recursive(
    st.none() | NUMBERS | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["token", "logprob", "top_logprobs", "content", "message", "logprobs", "x"]), inner, max_size=3
    ), max_leaves=8,
)  # fmt: skip
PLACE = st.fixed_dictionaries(
    {}, optional={
        "token": st.sampled_from(["yes", " y", "no", "", "\ud800", "\u2581n"]) | ANYTHING,
        "logprob": NUMBERS | ANYTHING,
        "top_logprobs": st.lists(st.fixed_dictionaries({"token": st.text(max_size=3), "logprob": NUMBERS}), max_size=3),
    }
)  # fmt: skip
CHOICE = st.fixed_dictionaries(
    {"message": st.fixed_dictionaries({"content": st.text(max_size=300) | ANYTHING})},
    optional={"logprobs": ANYTHING | st.fixed_dictionaries({"content": st.lists(PLACE, max_size=7)})},
)


@given(
    st.fixed_dictionaries(
        {}, optional={"choices": ANYTHING | st.lists(CHOICE, max_size=2), "usage": ANYTHING, "error": ANYTHING}
    )
)
@settings(max_examples=400, deadline=None)
def test_whatever_an_endpoint_says_is_an_answer_or_none(found: dict[str, Any]) -> None:
    try:
        answer = answer_of(found)
    except ValueError:
        return
    assert is_answer(json.loads(json.dumps(answer)))
    assert json.loads(json.dumps(answer, allow_nan=False)) == json.loads(json.dumps(answer))
    class_said(answer["text"], ["yes", "no"])
    if answer["tokens"]:
        mass = class_mass(answer["tokens"], ["yes", "no"])
        assert np.isfinite(mass).all()
        assert (mass >= 0).all()
    assert {type(answer["in"]), type(answer["out"])} <= {int, type(None)}
