"""What every test may use: one embedded engine, and one DynamoDB and SQS, for the whole session."""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import aiobotocore.httpsession
import botocore.hooks
import botocore.session
import pytest
import structlog
from botocore.hooks import EventAliaser
from hypothesis import settings

pytest_plugins = (
    "pytester",
    "tests.engine.engine_fixture",
    "tests.gateway_table",
    "tests.bus_server",
    "tests.outboxes",
)


settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)  # ARGS="--hypothesis-profile=explore"
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--may-skip",
        metavar="TEXT",
        help="Fail what would be skipped for another reason than one with this text in it.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a machine is to have everything that the tests need, a skipped test has failed; one
    that is known to fail was not skipped."""
    report = yield
    allowed = item.config.getoption("--may-skip")
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and allowed is not None and allowed not in report.longreprtext:
        report.outcome = "failed"
        report.longrepr = f"It may not be left out here. {report.longreprtext}"
    return report


def pytest_configure() -> None:
    """What a shell runs in its background has SIGINT ignored, and so would what the tests start;
    and each of those hundred processes would compile the package, were nothing kept."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_xdist_auto_num_workers() -> int:
    """A process more than the machine has processors: a quarter of the time tests wait for others,
    processes and browsers."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def botocore_s_own() -> Iterator[None]:
    """AWS's descriptions of its services are read once, and of what events are called and what
    their handlers take is thought once; the world's certificates aren't read, since no test meets
    AWS itself: each takes longer than most of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        names, made = dict[str, str](), EventAliaser.__init__

        def aliaser(self: Any, *arguments: Any, **options: Any) -> None:
            made(self, *arguments, **options)
            self._alias_name_cache = names

        patch.setattr(EventAliaser, "__init__", aliaser)
        takes_any, asked = botocore.hooks.accepts_kwargs, WeakKeyDictionary[Any, bool]()

        def accepts_kwargs(handler: Any) -> bool:
            function = getattr(handler, "__func__", handler)
            if function not in asked:
                asked[function] = bool(takes_any(handler))
            return asked[function]

        patch.setattr(botocore.hooks, "accepts_kwargs", accepts_kwargs)
        patch.setattr(aiobotocore.httpsession, "get_cert_path", lambda verify: None)
        yield


@pytest.fixture(autouse=True)
def log_configuration() -> Iterator[None]:
    """What starts as a process does sets up the logs of its process, which is the tests' own."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """A server calms the garbage collector of its process, which is the tests' own here."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()
