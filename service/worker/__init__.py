"""Runs handlers of activities: plain Python that Step Functions waits for, wherever it runs.

    worker = Worker()

    @worker.activity("document-review")
    async def review(input, task):
        return {"verdict": "publish"}

`handrail worker MODULE:worker` runs it. All of it speaks to ports, and knows nothing of AWS.
"""

from .activity_handlers import Task, Worker

__all__ = ["Task", "Worker"]
