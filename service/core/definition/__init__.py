"""Reads state machines' definitions, and what `machine.json` says of them."""
