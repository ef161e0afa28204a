"""Folds history events into states, tasks and outcome, for `service.core.history.projection`."""
