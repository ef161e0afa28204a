"""Reads state machines from whatever describes them: folders with a machine.json, bare ASL files,
SAM and CloudFormation templates, and serverless.yml."""

from .reading import MachineSource, load, load_one, load_what_can_be, sources_at

__all__ = ["MachineSource", "load", "load_one", "load_what_can_be", "sources_at"]
