"""The embedded engine by itself, until it is ended: prints a JSON line of variables for a service.

Outside of the image, which has no engine in it.
"""

import asyncio
import json
import os
import sys

from handrail.engine.engine import embedded_engine
from handrail.entrypoints.dev import engine_config, fill, use_engine
from handrail.settings import Settings
from handrail.usecases.machine_folder import FolderProblem


async def main() -> None:
    os.environ.pop("AWS_PROFILE", None)  # moto reads it as it is imported, whether it exists or not
    settings = Settings.read()
    async with embedded_engine(
        settings.state_machines_dir, environment=settings.environment
    ) as engine:
        use_engine(engine, settings.environment)
        problems: list[FolderProblem] = []
        await fill(settings, engine_config(settings, engine), engine, refused=problems.append)
        if problems:
            sys.exit("; ".join(map(str, problems)))
        variables = {
            "AWS_ENDPOINT_URL": engine.endpoint_url,
            "AWS_ACCESS_KEY_ID": engine.access_key_id,
            "AWS_SECRET_ACCESS_KEY": engine.secret_access_key,
            "AWS_REGION": engine.region,
            "ENVIRONMENT": settings.environment,
        }
        print(json.dumps(variables), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
