"""Runs on paper: the planner's own graph, handed out as a run hands it out, with modelled durations and failures."""
