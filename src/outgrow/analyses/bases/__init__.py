"""What analyses share: findings and their verdicts, claims, pairs of models measured side by side."""
