"""Pictures as PNG and PDF, by matplotlib: the same shapes at the same places as in the SVG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from outgrow.errors import MissingDependency
from outgrow.figures.shapes import SIZE, Disc, Fill, Picture, Shape, Told, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS = 96  # of the picture to an inch, as in CSS
DOTS = 288  # of a PNG to an inch: three to a pixel
POINT = 72 / PIXELS
ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def paint(drawn: Picture, file: IO[bytes], colours: Mapping[str, str], *, form: str) -> None:
    """Write a picture as `form`, png or pdf, into an open file. Raises MissingDependency without matplotlib."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency(
            f"a figure as {form.upper()} needs the extra [figures]: pip install 'outgrow[figures]'; SVG needs nothing "
            "(--out NAME.svg)"
        ) from error
    sheet = Figure(figsize=(drawn.width / PIXELS, drawn.height / PIXELS), dpi=PIXELS, facecolor=colours["paper"])
    axes = sheet.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, drawn.width)
    axes.set_ylim(drawn.height, 0)
    for shape in drawn.shapes:
        _add(axes, shape, colours)
    metadata = {"Title": drawn.label}
    if form == "pdf":
        metadata |= dict.fromkeys(("CreationDate", "ModDate"))  # type: ignore[arg-type]  # equal input, equal file
    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}):  # text that can be selected
        sheet.savefig(file, format=form, dpi=DOTS, facecolor=colours["paper"], metadata=metadata)


def _add(axes: Axes, shape: Shape, colours: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle, Polygon

    if isinstance(shape, Told):
        for one in shape.shapes:
            _add(axes, one, colours)
        return
    colour = colours[shape.tone]
    if isinstance(shape, Words):
        axes.text(
            shape.x, shape.y, shape.text, color=colour, fontsize=SIZE * POINT, ha=ANCHORS[shape.anchor],
            va="baseline" if not shape.turned else "center", rotation=90 if shape.turned else 0,
            fontweight="bold" if shape.bold else "normal", parse_math=False, family="DejaVu Sans",
        )  # fmt: skip
    elif isinstance(shape, Disc):
        look = {"fill": not shape.ring, "linewidth": POINT if shape.ring else 0}
        axes.add_patch(Circle((shape.x, shape.y), shape.radius, color=colour, **look))
    elif isinstance(shape, Fill):
        axes.add_patch(Polygon(list(shape.points), color=colour, alpha=shape.opacity, linewidth=0))
    else:
        x, y = zip(*shape.points, strict=True)
        drawn = Line2D(x, y, color=colour, linewidth=shape.width * POINT, solid_capstyle="butt")
        if shape.dash:
            drawn.set_dashes([float(part) / shape.width for part in shape.dash.split()])  # of the line's width
        axes.add_line(drawn)
