"""The page's own checker: landmarks, headings, names, tables, contrast; a browser is asked by benchmarks/axe.mjs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from pages import group, ladder, one_pair

from outgrow.figures.palette import DARK, LIGHT, TONES
from outgrow.report import render
from outgrow.report.style import CSS

MANY = [
    group(method=m, settings={"split": {"transfer": n}, "train": {"learning_rate": rate}})
    for m in ("naive", "confidence")
    for n in range(100, 600, 100)
    for rate in (0.1, 0.2, 0.3, 0.4, 0.5)
]
PAGES = {
    "one pair": one_pair(),
    "ladder": ladder(),
    "many settings": MANY,
    "two experiments": [group(experiment="first"), group(experiment="second")],
    "nothing": [],
}
pages = pytest.mark.parametrize("page", [render(some, title="A study") for some in PAGES.values()], ids=list(PAGES))


class Element:
    """A tag, what is in it, and what it says."""

    def __init__(self, tag: str, attrs: dict[str, str], above: Element | None) -> None:
        self.tag, self.attrs, self.above = tag, attrs, above
        self.children: list[Element] = []
        self.text = ""

    def all(self, *tags: str) -> list[Element]:
        found = [self] if not tags or self.tag in tags else []
        return found + [one for child in self.children for one in child.all(*tags)]

    @property
    def says(self) -> str:
        return self.text + "".join(child.says for child in self.children)

    @property
    def inside(self) -> list[str]:
        return [] if self.above is None else [self.above.tag, *self.above.inside]


class Tree(HTMLParser):
    """A page as elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.root = self.at = Element("", {}, None)
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        assert len(attrs) == len(made.attrs), f"an attribute twice in <{tag}>"
        self.at.children.append(made)
        if tag not in ("meta", "br"):
            self.at = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag
        assert self.at.above is not None
        self.at = self.at.above

    def handle_data(self, data: str) -> None:
        self.at.text += data


@pages
def test_everything_stands_in_a_landmark(page: str) -> None:
    root = Tree(page).root
    assert [len(root.all(tag)) for tag in ("main", "header", "h1")] == [1, 1, 1]
    assert [title.says for title in root.all("title") if "svg" not in title.inside] == ["A study"]
    (html,) = root.all("html")
    assert html.attrs["lang"] == "en"
    (body,) = root.all("body")
    assert {child.tag for child in body.children} == {"header", "main"}
    assert not body.text.strip()


@pages
def test_headings_are_in_order_and_say_something(page: str) -> None:
    headings = Tree(page).root.all("h1", "h2", "h3", "h4", "h5", "h6")
    levels = [int(one.tag[1]) for one in headings]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(one.says.strip() for one in headings)


@pages
def test_ids_are_unique_and_what_refers_to_them_finds_them(page: str) -> None:
    root = Tree(page).root
    ids = [one.attrs["id"] for one in root.all() if "id" in one.attrs]
    assert len(ids) == len(set(ids))
    wanted = [one.attrs["aria-labelledby"] for one in root.all() if "aria-labelledby" in one.attrs]
    wanted += [one.attrs["href"].removeprefix("#") for one in root.all("a")]
    assert set(wanted) <= set(ids)
    assert all(one.says.strip() for one in root.all("a", "summary"))


@pages
def test_regions_have_names_of_their_own(page: str) -> None:
    root = Tree(page).root
    names = [one.attrs["aria-label"] for one in root.all() if one.attrs.get("role") == "region" or one.tag == "nav"]
    assert all(names)
    assert len(names) == len(set(names))
    assert all(one.attrs.get("tabindex") == "0" for one in root.all() if one.attrs.get("role") == "region")


@pages
def test_tables_have_captions_and_headers(page: str) -> None:
    for table in Tree(page).root.all("table"):
        (caption,) = table.all("caption")
        assert table.children[0] is caption
        assert caption.says.strip()
        for head in table.all("th"):
            assert head.attrs["scope"] in ("col", "row", "rowgroup")
            assert head.says.strip()
        wide = [
            sum(int(cell.attrs.get("colspan", 1)) for cell in row.children if cell.tag in ("th", "td"))
            for row in table.all("tr")
        ]
        assert len(set(wide)) == 1


@pages
def test_every_figure_has_words_and_its_values_in_a_table(page: str) -> None:
    root = Tree(page).root
    for figure in root.all("figure"):
        assert len(figure.all("figcaption")) == 1
        assert figure.all("table"), "a figure without its values"
    for svg in root.all("svg"):
        if svg.attrs.get("aria-hidden") == "true":
            assert "li" in svg.inside, "only samples in a legend are hidden"
        else:
            assert svg.attrs["role"] == "img"
            assert svg.attrs["aria-label"].strip()


@pages
def test_nothing_is_said_by_pointing_alone(page: str) -> None:
    root = Tree(page).root
    assert [one.tag for one in root.all() if "title" in one.attrs] == []
    assert "point at" not in page
    for why in set(re.findall(r"<title>[^<]*no PGR, [^<(]*\(([^<]*)\)</title>", page)):
        assert any(cell.says == why for cell in root.all("td"))


def test_curves_have_a_table_of_their_values() -> None:
    tables = Tree(render(one_pair(), title="A study")).root.all("table")
    (table,) = [one for one in tables if "Along training" in one.says]
    assert {"progress", "accuracy", "agreement"} <= {head.says for head in table.all("th")}
    assert len(table.all("tr")) == 1 + 2 * 2 * 5  # methods, roles, checks


def test_a_contents_list_leads_to_each_of_several_experiments() -> None:
    nav = Tree(render(PAGES["two experiments"], title="Both")).root.all("nav")
    assert len(nav) == 1
    assert len(nav[0].all("a")) == 3
    assert not Tree(render(one_pair(), title="One")).root.all("nav")


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_stand_out_from_the_paper(colours: dict[str, str]) -> None:
    assert all(f"--{name}: {value};" in CSS for name, value in colours.items())
    for text in ("ink", "grey", "s0", "s1"):  # s0 is of links too, s1 of labels at lines
        assert contrast(colours[text], colours["paper"]) >= 4.5
    assert contrast(colours["ink"], colours["soft"]) >= 4.5
    for tone in TONES:
        assert contrast(colours[tone], colours["paper"]) >= 4.5  # 3 would do for marks; any may become a label
    shades = {one: luminance(colours[one]) for one in TONES}
    assert len(set(shades.values())) == len(TONES)


def test_focus_can_be_seen_and_nothing_moves() -> None:
    assert re.search(r":focus-visible \{ outline: 2px solid var\(--s0\)", CSS)
    assert "outline: none" not in CSS
    assert not re.search(r"animation|transition|scroll-behavior", CSS)


@pages
def test_text_in_figures_has_eleven_pixels_on_a_narrow_telephone(page: str) -> None:
    smallest = 299  # of .panels svg: min-width
    assert f"min-width: {smallest}px" in CSS
    assert "svg text { font: 12px" in CSS
    for svg in Tree(page).root.all("svg"):
        if svg.attrs.get("aria-hidden") != "true":
            width = float(svg.attrs["viewbox"].split()[2])
            assert 12 * smallest / width >= 11 - 0.01


@pages
def test_the_page_is_short(page: str) -> None:
    """However many results: figures show some of them, and the lead speaks of what they have in common."""
    for figure in Tree(page).root.all("figure"):
        heights = [float(svg.attrs["viewbox"].split()[3]) for svg in figure.all("svg")]
        assert len([height for height in heights if height > 50]) <= 12
        assert sum(heights) < 3_500
    lead = page[page.find("<h2") : page.find("<figure")]
    assert len(re.findall(r"[.?] ", re.sub(r"<[^>]*>", " ", lead))) <= 16
