"""Run while the image is built, in its environment: every AWS client that the service and its
sources of credentials may open does open, from what `slim.py` left of botocore.

No call is made. A service that is not there raises UnknownServiceError, and the build fails.
"""

import asyncio

import aioboto3

from .slim import SERVICES


async def main() -> None:
    session = aioboto3.Session(region_name="us-east-1")
    for service in sorted(SERVICES):
        async with session.client(service) as client:
            assert client.meta.endpoint_url.startswith("https://"), service  # noqa: S101


if __name__ == "__main__":
    asyncio.run(main())
