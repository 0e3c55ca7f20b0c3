"""What came of experiments: scores, intervals, verdicts, and the results table."""
