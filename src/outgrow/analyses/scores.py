"""The scores: against student size, or of each role where there is one size."""

from __future__ import annotations

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures.chosen import PANELS
from outgrow.figures.marks import has_sizes
from outgrow.figures.roles import role_dots, role_rows
from outgrow.figures.sized import score_lines
from outgrow.figures.words import direction, metric_name

ROLES = {"weak": "weak_score", "student": "student", "ceiling": "ceiling", "zero-shot": "zero_shot"}


def scores(study: Study) -> Panel:
    """Test scores of all roles with their intervals."""
    groups, name = study.groups, metric_name(study.groups[0])
    many = has_sizes(groups)
    above = "above" if groups[0].larger_is_better else "below"
    draw = score_lines if many else role_dots if len(groups) <= PANELS else role_rows
    band = "The shaded band is the gap, from supervisor to ceiling. " if draw is role_dots else ""
    words = (
        f"Test {name} against the size of the student, one line per supervisor: {above} its supervisor's bar, a "
        "student does better than it was taught. Near the black (on a dark page, white) ceiling, it has lost little "
        "to its supervisor's mistakes. Error bars are 95\u00a0% intervals."
        if many
        else f"Every role on the same test examples{direction(groups[0])}. {band}Bars are 95\u00a0% intervals."
    )
    return Panel(
        title=f"{name[0].upper()}{name[1:]} {'against student size' if many else 'of each role'}",
        words=words,
        figure=draw(groups, name),
        columns=("weak", "strong", "method", "role", "value", "low", "high", "n", "interval"),
        rows=[
            (g.weak, g.strong, g.method, role, at.value, at.low, at.high, at.n, at.form)
            for g in groups
            for role, field in ROLES.items()
            if (at := getattr(g, field)) is not None
        ],
    )


analyses.add(
    "scores", scores, about="test scores of all roles, against student size", source="Burns et al. 2023, fig. 3"
)
