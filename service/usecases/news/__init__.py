"""Tells others what happens to executions: who follows, who sends, and what waits to be sent."""
