"""Folds history events into states, tasks and outcome, for `handrail.core.history.projection`."""
