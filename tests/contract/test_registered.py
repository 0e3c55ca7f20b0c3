"""Everything registered keeps its contract, whoever adds it: the registries say what there is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outgrow.registry import KINDS, Entry, every_registry
from outgrow.spec import canonical
from outgrow.testing import check
from outgrow.testing.learned import check_ladder
from outgrow.testing.specs import check_sending, check_spec

LEAST = {  # that there are to find
    "tasks": 46, "models": 53, "supervisors": 2, "methods": 5, "transforms": 3, "selections": 2, "losses": 2,
    "metrics": 8, "executors": 3, "trackers": 3,
}  # fmt: skip
WHOLE = 45  # that need nothing which has to be fetched, and are looked at whole on every machine
SPECS = ("tasks", "models", "supervisors", "methods", "transforms", "selections", "losses")
ENTRIES = [(registry.kind, entry) for registry in every_registry() for entry in registry]
Given = Callable[[str, str], dict[str, Any]]


def named(one: Any) -> str:
    return one.name if isinstance(one, Entry) else str(one)


@pytest.fixture(scope="module")
def checked() -> dict[str, bool]:
    """What has been checked so far, and whether whole."""
    return {}


@pytest.fixture
def make(given: Given) -> Callable[[str, Entry[Any]], Any]:
    """Makes a component with the options that it needs, and of a deep model its first two layers, for speed."""

    def made(kind: str, entry: Entry[Any]) -> Any:
        options = given(kind, entry.name)
        of = getattr(entry.value, "func", entry.value)
        if kind == "models" and "layers" in {field.name for field in dataclasses.fields(of)}:
            options["layers"] = 2
        return entry.value(**options) if options else entry.value

    return made


def test_what_is_registered_is_found() -> None:
    found = {kind: sum(one == kind for one, _ in ENTRIES) for kind in KINDS}
    assert {kind: found[kind] >= LEAST.get(kind, 1) for kind in KINDS} == dict.fromkeys(KINDS, True), found


@pytest.mark.parametrize(("kind", "entry"), ENTRIES, ids=named)
@pytest.mark.usefixtures("no_hub")
def test_it_keeps_its_contract(
    kind: str, entry: Entry[Any], make: Callable[[str, Entry[Any]], Any], checked: dict[str, bool]
) -> None:
    found = check(dataclasses.replace(entry, value=make(kind, entry)))
    checked[f"{kind} {entry.name}"] = not found.skipped
    if found.skipped:
        assert set(found.passed) >= {"entry"}
        pytest.skip("; ".join(f"{name}: {why}" for name, why in found.skipped.items()))


def test_enough_has_been_looked_at_whole(checked: dict[str, bool]) -> None:
    if len(checked) < len(ENTRIES):
        pytest.skip("not all were asked")
    assert sum(checked.values()) >= WHOLE, sum(checked.values())


@pytest.mark.parametrize(("kind", "entry"), [one for one in ENTRIES if one[0] in SPECS], ids=named)
@pytest.mark.usefixtures("nowhere")
def test_a_plan_needs_nothing_that_has_to_be_fetched(
    kind: str, entry: Entry[Any], given: Given, known_commits: str, tmp_path: Path
) -> None:
    """Neither packs nor the hub's files: what a dry run will compute can be seen before anything is fetched."""
    if entry.name == "imagenet":
        pytest.skip("it needs ImageNet's archives: tests/vision looks at it")
    one = entry.value(**given(kind, entry.name))
    check_spec(one)
    check_sending(one)
    if kind == "models":
        check_ladder(one)
    identity = canonical(one.identity())
    assert not re.search(r"site-packages", identity)
    assert str(tmp_path) not in identity
    assert '"path"' not in identity


CURE = r"outgrow packs get|outgrow list packs|set path to it|pip install"


@pytest.mark.parametrize(("kind", "entry"), [one for one in ENTRIES if one[0] in ("tasks", "models")], ids=named)
@pytest.mark.usefixtures("nowhere", "known_commits")
def test_what_has_to_be_fetched_is_told_with_a_cure(kind: str, entry: Entry[Any], given: Given) -> None:
    if given(kind, entry.name) or entry.name == "imagenet":
        pytest.skip("it is made of what its user names")
    for why in check(entry).skipped.values():
        assert re.search(CURE, why)


def every_option_changed(one: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a spec with another value than the default, where one can be made up."""
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        for other in (
            (value + 1, value / 2) if type(value) in (int, float) else (not value,) if value in (True, False) else ()
        ):
            try:
                dataclasses.replace(one, **{field.name: other})
            except Exception:
                continue
            yield field.name, other
            break


@pytest.mark.parametrize(
    ("kind", "entry"),
    [one for one in ENTRIES if one[0] in ("methods", "transforms", "selections", "losses")],
    ids=named,
)
def test_labels_show_what_is_not_default(kind: str, entry: Entry[Any]) -> None:
    one = entry.value()
    assert one.label == one.name == entry.name
    for name, value in every_option_changed(one):
        changed = dataclasses.replace(one, **{name: value})
        assert changed.label == f"{one.name}({name}={value})"
        assert changed.identity() != one.identity()
        check(changed)
