"""What somebody asks for who has weak labels, and what it comes to before anything is computed."""

from __future__ import annotations

    probe = as_probe(model)
    chosen = np.arange(len(table.ids))
    watched = 0
    if model.extractor() is None:  # a network that is fine-tuned must not have seen what checks it
        held = set(checking.tolist())
        together = {table.groups[row] for row in held}
        chosen = np.array([row for row in chosen if table.groups[row] not in together], np.int64)
        watched = max(1, min(MOST_CHECKED, round(CHECKED * len(chosen))))
    rows, steps = OwnRows(table=table, chosen=chosen), Steps()
    split = SplitSpec(supervisor=0, transfer=len(chosen) - watched, validation=watched, test=0)
    data = steps.split(rows, split, seed=request.seed)
    features = steps.features(probe, data.dataset) if probe else None
    return Prepared(
        request=request, table=table, learned=learned, checking=checking, chosen=chosen, steps=steps, data=data,
        probe=probe, features=features,
    )  # fmt: skip


def _divided(table: WeakTable, request: Request) -> tuple[np.ndarray, np.ndarray]:
    """The audited rows to learn from and those to check by; drawn by a hash, whole groups."""
    audited, budget = table.audited, request.budget
    if budget is not None and budget > len(audited):
        raise ConfigError(
            f"--budget {budget}: only {counted(len(audited), 'row')} of {table.name} have a truth"
            + ("; name their column with --audited" if not table.columns.audited else "")
        )
    learned, checking = divided(audited, table.groups, table.ids, budget=budget, seed=request.seed)
    if lost := len(audited) - len(learned) - len(checking):
        table.notes.append(
            f"{counted(lost, 'audited row')} like one that is learned from: neither learned nor checked by"
        )
    return learned, checking
