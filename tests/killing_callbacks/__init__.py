"""Kills what takes callbacks off the queue, wherever it may be, and looks what became of each."""
