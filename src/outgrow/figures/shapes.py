"""What a drawn figure is made of: strokes, fills, discs and words at their places in pixels, whoever paints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from outgrow.figures.words import CHARACTER, shorten

Point = tuple[float, float]
SIZE = 12  # of text, in pixels at the size that a figure is drawn for
LEADING = 14  # from one line of text to the next


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line through points. `dash` is an SVG dash array."""

    points: tuple[Point, ...]
    tone: str
    width: float = 1
    dash: str = ""


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A filled polygon."""

    points: tuple[Point, ...]
    tone: str
    opacity: float = 1


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A circle, filled or as a ring."""

    x: float
    y: float
    radius: float
    tone: str
    ring: bool = False


@dataclass(frozen=True, kw_only=True)
class Words:
    """One line of text on its base line; `anchor` is `start`, `middle` or `end`; `turned` reads upwards."""

    x: float
    y: float
    text: str
    tone: str = "grey"
    anchor: str = "start"
    bold: bool = False
    turned: bool = False


@dataclass(frozen=True, kw_only=True)
class Told:
    """Shapes of one mark, with what it says in words."""

    title: str
    shapes: tuple[Stroke | Fill | Disc, ...]


Shape = Stroke | Fill | Disc | Words | Told


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Shapes on a sheet of so many pixels; `label` says in words what is to be seen."""

    width: float
    height: float
    label: str
    shapes: Sequence[Shape]


MARKERS: dict[str, tuple[Point, ...]] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0, -1.25), (1.15, 0.85), (-1.15, 0.85)),
    "down": ((0, 1.25), (1.15, -0.85), (-1.15, -0.85)),
    "diamond": ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    "plus": (
        (-0.4, -1.3), (0.4, -1.3), (0.4, -0.4), (1.3, -0.4), (1.3, 0.4), (0.4, 0.4), (0.4, 1.3), (-0.4, 1.3),
        (-0.4, 0.4), (-1.3, 0.4), (-1.3, -0.4), (-0.4, -0.4),
    ),
    "bar": ((-2.6, -0.35), (2.6, -0.35), (2.6, 0.35), (-2.6, 0.35)),
}  # fmt: skip


def marker(name: str, x: float, y: float, radius: float, tone: str) -> Fill | Disc:
    """A marker about `radius` in size; a disc unless its name is one of MARKERS."""
    if name not in MARKERS:
        return Disc(x=x, y=y, radius=radius, tone=tone)
    return Fill(points=tuple((x + radius * dx, y + radius * dy) for dx, dy in MARKERS[name]), tone=tone)


def cross(x: float, y: float, tone: str) -> tuple[Stroke, Stroke]:
    """A cross: there is no number here."""
    ways = (((x - 3, y - 3), (x + 3, y + 3)), ((x + 3, y - 3), (x - 3, y + 3)))
    return (Stroke(points=ways[0], tone=tone, width=1.2), Stroke(points=ways[1], tone=tone, width=1.2))


def line(x1: float, y1: float, x2: float, y2: float, tone: str, *, width: float = 1, dash: str = "") -> Stroke:
    """A straight line."""
    return Stroke(points=((x1, y1), (x2, y2)), tone=tone, width=width, dash=dash)


def width_of(text: str) -> float:
    """About how wide a line of text is, in pixels."""
    return len(text) * CHARACTER


def wrap(text: str, room: float, *, most: int = 4) -> list[str]:
    """Lines that fit into `room` pixels: broken at spaces, else anywhere; cut in the middle if there are too many."""
    fits = max(int(room / CHARACTER), 8)
    text = shorten(text, most * (fits - 3))
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + 1 + len(word) <= fits and lines[-1]:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        while len(word) > fits:
            lines[-1], word = word[:fits], word[fits:]
            lines.append("")
        lines[-1] = word
    return lines


def moved(shape: Shape, dx: float, dy: float) -> Shape:
    """The same shape somewhere else."""
    if isinstance(shape, Told):
        return Told(title=shape.title, shapes=tuple(moved(one, dx, dy) for one in shape.shapes))  # type: ignore[misc]
    if isinstance(shape, (Disc, Words)):
        return replace(shape, x=shape.x + dx, y=shape.y + dy)
    return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
