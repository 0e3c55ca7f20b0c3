"""What a study says of claims: one table, and the panels behind it folded away, so that a page stays short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from outgrow.analyses.base import Panel
from outgrow.analyses.bases.finding import Verdict
from outgrow.plain import counted
from outgrow.report.panels import panel
from outgrow.report.svg import esc


def claims(panels: Sequence[Panel], study: str) -> str:
    """A heading, a row for each finding, and the panels; nothing where there are none."""
    findings = [one for found in panels for one in found.findings]
    if not findings:
        return ""
    counts = Counter(one.verdict for one in findings)
    words: dict[Verdict, str] = {"holds": "agree", "fails here": "disagree", "undecided": "are undecided"}
    told = ", ".join(f"{counts[name]} {word}" for name, word in words.items() if counts[name])
    rows = "".join(
        f'<tr><td>{one.claim or ""}</td><td class="words">{esc(one.says)}<small>{esc(one.about)}</small></td>'
        f'<td>{esc(one.shown)}</td><td class="words">{esc(str(one.predicted))}</td>'
        f'<td class="words"><strong>{esc(one.verdict)}</strong><small>{esc(one.decides)}</small></td></tr>'
        for one in findings
    )
    head = "".join(f'<th scope="col" class="words">{name}</th>' for name in ("claim", "", "estimate", "predicted", ""))
    about = f'class="table claims" tabindex="0" role="region" aria-label="{esc(f"Claims: findings, {study}")}"'
    return (
        "<h3>What this says of published claims</h3>"
        '<p class="prose">Claims about weak-to-strong generalization that these results bear on; '
        f"of {counted(len(findings), 'finding')}, {told}. A claim holds here where the whole 95&nbsp;% interval agrees "
        "with what it predicts, and fails here where none of it does. Under an undecided one stands what would decide "
        "it, if the estimate stayed.</p>"
        f"<div {about}><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<details><summary>Figures and values<span class="spoken"> of the claims, {esc(study)}</span></summary>'
        f'<div class="half">{"".join(panel(found, study) for found in panels)}</div></details>'
    )
