"""What is asked about a row: a template with the row's text in it."""

from __future__ import annotations

import string
from collections.abc import Sequence

from outgrow.errors import ConfigError

ONE = "{text}\n\nWhich of these words fits the text above: {classes}? Answer with that word alone."
TWO = (
    "Two texts follow.\n\nThe first:\n{first}\n\nThe second:\n{second}\n\n"
    "Which of the two is better: {classes}? Answer with that word alone."
)
PLACES = ("text", "first", "second", "classes")


class Template:
    """A text with `{text}`, or with `{first}` and `{second}` for pairs, and `{classes}`; `{{` is a brace.

    Only these names may stand in braces, without formats or attributes. ConfigError for anything else.
    """

    def __init__(self, template: str, *, pairs: bool) -> None:
        needs = ("first", "second") if pairs else ("text",)
        self._parts = _parse(template or (TWO if pairs else ONE))
        named = {name for _, name in self._parts}
        if lacking := [name for name in needs if name not in named]:
            raise ConfigError(
                f"prompt = {template!r}: {{{lacking[0]}}} must be in it, where the "
                f"{'candidates of a pair stand' if pairs else 'text stands'}",
                key="prompt",
            )
        if wrong := named & {"text", "first", "second"} - {*needs}:
            what = "pairs have {first} and {second}" if pairs else "the task has one {text} in a row"
            raise ConfigError(f"prompt = {template!r}: there is no {{{min(wrong)}}}: {what}", key="prompt")

    def filled(self, texts: Sequence[str], classes: Sequence[str]) -> str:
        """The prompt for a text, or for the two of a pair."""
        values = dict(zip(("first", "second") if len(texts) > 1 else ("text",), texts, strict=True))
        values["classes"] = ", ".join(classes)
        return "".join(literal + (values[name] if name else "") for literal, name in self._parts)


def check_template(template: str) -> None:
    """ConfigError where a template cannot be read, whatever it is for."""
    _parse(template)


def _parse(template: str) -> list[tuple[str, str]]:
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(
            f"prompt = {template!r} is no template: {error}; write {{{{ for a brace", key="prompt"
        ) from None
    for _, name, form, conversion in parsed:
        if name is not None and name not in PLACES:
            known = ", ".join(f"{{{one}}}" for one in PLACES)
            raise ConfigError(
                f"prompt = {template!r}: {{{name}}} cannot stand in it, only {known}; write {{{{ for a brace",
                key="prompt",
            )
        if form or conversion:
            more = (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise ConfigError(
                f"prompt = {template!r}: {{{name}{more}}} cannot stand in it, as texts are shown as they are: write "
                f"{{{name}}}, without {more!r}",
                key="prompt",
            )
    return [(literal, name or "") for literal, name, _, _ in parsed]
