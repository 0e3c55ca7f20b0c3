"""Results made up for tests of reports, and what a page holds as a browser would see it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from outgrow.results.table import CurvePoint, Group, Interval

COSTS = {"chess-xs": 3e4, "chess-s": 2e5, "chess-xl": 3e7}
VOID = {"meta", "br", "link", "img", "hr", "input"}


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.02, high=value + 0.02, n=6_000)


def group(*, weak: str = "chess-xs", strong: str = "chess-xl", method: str = "naive", **changes: Any) -> Group:
    points = [CurvePoint(progress=p / 4, accuracy=0.3 + p / 20, agreement=0.4 + p / 30, n=300) for p in range(5)]
    fields: dict[str, Any] = {
        "experiment": "ladder",
        "task": "chess-puzzles",
        "kind": "classification",
        "weak": weak,
        "strong": strong,
        "method": method,
        "metric": "accuracy",
        "seeds": [0, 1],
        "n_supervisor": 100,
        "n_transfer": 100,
        "n_test": 3_000,
        "weak_cost": COSTS.get(weak, 1e5),
        "strong_cost": COSTS.get(strong, 1e7),
        "zero_shot": interval(0.30),
        "weak_score": interval(0.12),
        "student": interval(0.37),
        "ceiling": interval(0.55),
        "weak_label_accuracy": 0.13,
        "agreement": interval(0.40),
        "agreement_when_right": interval(0.61),
        "agreement_when_wrong": interval(0.22),
        "pgr": interval(0.58),
        "n_groups": 3_000,
        "design_effect": 1.0,
        "gain": None,
        "detectable": 0.02,
        "verdict": "ok",
        "curves": {"student": points, "ceiling": points, "weak": points},
        "settings": {"task": {"name": "chess-puzzles"}, "split": {"test": 3_000}},
        "provenance": {"python": "3.11", "command": "outgrow report --store here"},
        "keys": ["ab" * 32, "cd" * 32],
    }
    fields |= changes
    student, untrained = fields["student"], fields["zero_shot"]
    if isinstance(student, Interval) and isinstance(untrained, Interval):
        fields["gain"] = interval(student.value - untrained.value)
    return Group(**fields)


def one_pair() -> list[Group]:
    return [group(method="naive"), group(method="confidence")]


def ladder() -> list[Group]:
    pairs = [(a, b) for a in COSTS for b in COSTS if COSTS[a] <= COSTS[b]]
    return [
        group(weak=a, strong=b, method=m, **({"pgr": None, "verdict": "no-gap", "why": "no gap"} if a == b else {}))
        for a, b in pairs
        for m in ("naive", "bootstrapping")
    ]


class Tags(HTMLParser):
    """Checks that tags nest, and collects what a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.scripts = 0
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parse(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return tags
