"""Claim 22: fine-tuning on weak labels makes the truth easier to read off."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import measured, method_of
from outgrow.results.table import Group


@claim(
    22, "saliency", says="fine-tuning on weak labels makes the truth easier to read off with a linear probe",
    fields=("text",),
    how="Linear probes that learn from the truth: on the model as it was, after fine-tuning on weak labels, and after "
    "fine-tuning on truth, beside fine-tuning on weak labels alone and on truth alone.",
    source="Burns et al. 2023, sec. 5.2.3, fig. 11",
)  # fmt: skip
def saliency(study: Study) -> Iterator[Finding]:
    """The two steps from probe to fine-tuning, with all five scores."""
    for made in (g for g in study.groups if method_of(g) == "saliency"):
        same = [g for g in study.groups if method_of(g) == "naive" and _model(g) == _model(made)]
        kinds = {str((g.settings.get("strong") or {}).get("training")): g for g in same if g.weak == made.weak}
        if not {"probe", "full"} <= kinds.keys():
            continue
        pairs = measured(study, [made, kinds["probe"], kinds["full"]])
        if len(pairs) < 3:
            continue
        tuned, probe, full = pairs
        low, middle, high = probe["ceiling"], tuned["student"], full["ceiling"]
        bars = {"probe": low, "weak": full["student"], "weak, then probe": middle, "truth": high,
                "truth, then probe": tuned["ceiling"]}  # fmt: skip
        about = "; ".join(f"{name} {100 * at.value:.1f}" for name, at in bars.items())
        yield finding(f"weak, then probe minus probe ({made.strong}: {about})", middle - low, Above(0))
        yield finding(f"truth minus weak, then probe ({made.strong})", high - middle, Above(0))


def _model(group: Group) -> tuple[object, object]:
    strong = group.settings.get("strong") or {}
    return strong.get("model"), strong.get("layers")
