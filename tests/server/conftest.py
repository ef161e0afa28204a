"""The service in the test's own loop, as the web room's tests have it."""

from tests.web.conftest import environment, serve, served, stub

__all__ = ["environment", "serve", "served", "stub"]
