"""Numbers to check a run against: published ones and the project's own, with their spread and source."""
