"""Handrail: the live front door of AWS Step Functions."""

__version__ = "0.1.0"
