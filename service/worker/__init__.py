"""Working for activities: plain Python that Step Functions waits for, wherever it runs.

    worker = Worker()

    @worker.activity("document-review")
    async def review(input, task):
        return {"verdict": "publish"}

`handrail worker MODULE:worker` runs it. What a task ends with is decided in `outcomes` and
`pacing`, which do nothing else; `running` polls, `held` runs one task. All of it speaks to
ports, so this room knows nothing of AWS.
"""

from .activity_handlers import Task, Worker

__all__ = ["Task", "Worker"]
