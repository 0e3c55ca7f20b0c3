"""Documents keep to the facts that a program can check: links lead somewhere, versions and dates agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(TOP.glob("*.md")),
    *sorted(TOP.glob("docs/*.md")),
    *sorted(TOP.glob("src/**/*.md")),
    *sorted(TOP.glob(".github/**/*.md")),
]
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
RELEASE = re.compile(r"^## \[?([^\]\s]+)\]?(?: - (.*))?$", re.MULTILINE)


def anchors(document: str) -> set[str]:
    """What a link may name after `#`: headings in lower case, blanks as hyphens, without punctuation."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub(lambda code: code[0] if code[0][0:3] != "```" else "", document), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(path: Path) -> list[str]:
    """The links of a document, within the repository, that lead nowhere."""
    dead = []
    for link in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / place if place else path
        missing = not target.exists()
        if missing or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            dead.append(link)
    return dead


def project() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def releases() -> list[tuple[str, str]]:
    """The changelog's headings in their order: (version, date)."""
    return RELEASE.findall((TOP / "CHANGELOG.md").read_text(encoding="utf-8"))


def citation(field: str) -> str:
    found = re.findall(rf'^{field}: "?([^"\n]*)"?$', (TOP / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) == 1, f"CITATION.cff has {len(found)} fields {field!r}"
    return str(found[0])


def test_links_lead_somewhere() -> None:
    links = sum(len(LINK.findall(path.read_text(encoding="utf-8"))) for path in DOCUMENTS)
    assert len(DOCUMENTS) >= 10
    assert links >= 20
    assert {str(path.relative_to(TOP)): dead for path in DOCUMENTS if (dead := dead_links(path))} == {}


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# What is hashed?\n\n```\n# no heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text("[a](other.md#what-is-hashed) [b](other.md#no-heading) [c](gone.md) `[d](gone.md)` [e](#page)\n")
    assert dead_links(page) == ["other.md#no-heading", "gone.md", "#page"]


def test_the_changelog_begins_with_what_is_not_released() -> None:
    versions = [version for version, _ in releases()]
    assert versions[0] == "Unreleased"
    assert versions[1] == project()["version"], "a release moves what is unreleased under a heading of its own"


def test_every_release_has_a_date_and_none_is_newer_than_one_above_it() -> None:
    dates = [date for _, date in releases()[1:]]
    assert dates
    assert [date for date in dates if not re.fullmatch(r"\d{4}-\d\d-\d\d", date)] == []
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("field", ["version", "license"])
def test_the_citation_agrees_with_the_package(field: str) -> None:
    assert citation(field) == project()[field]


def test_the_citation_has_the_release_date_of_the_changelog() -> None:
    assert citation("date-released") == dict(releases())[citation("version")]
