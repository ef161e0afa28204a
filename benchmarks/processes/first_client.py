"""`first_client service|libraries`: what a fresh process needs until it could make its first call.

`service` is the production app as `handrail serve` starts it: compose_http imported, services
opened (the client of Step Functions with them), the app created. `libraries` is the least anybody
needs who writes such a service: quart and aioboto3 imported, the client opened.
"""

import asyncio
import gc
import json
import sys
import time


async def of_service() -> None:
    sys.modules["rich"] = None  # type: ignore[assignment] # as in production: an extra it lacks
    gc.disable()  # as `handrail serve` does until it serves
    from handrail.entrypoints.compose_http import open_services  # noqa: PLC0415 - measured
    from handrail.settings import Settings  # noqa: PLC0415
    from handrail.web.app import create_app  # noqa: PLC0415

    settings = Settings.read()
    async with open_services(settings) as services:
        create_app(services)


async def of_libraries() -> None:
    import aioboto3  # noqa: PLC0415 - measured
    import quart  # noqa: F401, PLC0415

    async with aioboto3.Session().client("stepfunctions"):
        return


def main() -> None:
    first = {"service": of_service, "libraries": of_libraries}[sys.argv[1]]
    began_at, used = time.perf_counter(), time.process_time()
    asyncio.run(first())
    found = {
        "wall_s": time.perf_counter() - began_at,
        "cpu_s": time.process_time() - used,
        "modules": len(sys.modules),
    }
    assert "moto" not in sys.modules, "the embedded engine was imported"
    print(json.dumps(found))


if __name__ == "__main__":
    main()
