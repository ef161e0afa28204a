"""Decides what is news of an execution, who is told what, and when it is tried again."""
