"""Deploys the templates twice into one account of an emulator (`make two-stages`)."""
