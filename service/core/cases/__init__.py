"""Judges what executions of cases came to, and what of their definitions they covered."""
