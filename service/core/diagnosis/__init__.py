"""Judges, from facts that were gathered, what is missing to run; see docs/run-book.md."""
