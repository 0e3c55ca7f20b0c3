"""What can be read off a study: one analysis per file, each from results to a panel of the report."""
