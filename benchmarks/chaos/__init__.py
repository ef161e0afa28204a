"""Fails what a fleet depends on, at times drawn by seed, while clients of every transport follow
executions: none of them may miss anything, or be told anything that isn't so."""
