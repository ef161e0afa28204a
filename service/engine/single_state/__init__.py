"""Tests one state alone, as Step Functions' TestState does."""
