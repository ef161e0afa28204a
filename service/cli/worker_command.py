"""`handrail worker`: runs a module's handlers for activities."""

import asyncio
import importlib
import importlib.util
import os
import re
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from handrail.worker import Worker
from handrail.worker.running import Limits

from .group import Failed, examples
from .servers import read_settings

MAX_NAME = 80
"""AWS's quota on workerName."""

_DEFAULTS = Limits()
_POLLS = click.IntRange(1, 100)


@click.command(epilog=examples("handrail worker orders.worker:worker --concurrency 8"))
@click.argument("target", metavar="MODULE:OBJECT")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=_DEFAULTS.concurrency,
    help="Handlers at once, all activities together.",
)
@click.option(
    "--pollers", type=_POLLS, default=_DEFAULTS.pollers, help="Polls at once for each activity."
)
@click.option("--name", help="Shown in the history; else the host's and the process's.")
@click.option(
    "--heartbeat",
    "heartbeat_s",
    type=click.FloatRange(min=0, min_open=True),
    default=_DEFAULTS.heartbeat_s,
    help="Seconds between heartbeats, where the handler names none.",
)
@click.option(
    "--grace",
    "grace_s",
    type=click.FloatRange(min=0),
    default=_DEFAULTS.grace_s,
    help="Seconds that handlers and polls under way have on SIGTERM.",
)
@click.option("--create", is_flag=True, help="Create activities that are missing.")
def worker(target: str, *, name: str | None, create: bool, **limits: Any) -> None:
    """Run the handlers of a handrail.worker.Worker until SIGTERM or Ctrl-C.

    MODULE is importable from here (orders.worker) or a file (orders/worker.py).
    """
    from handrail.entrypoints.worker import run_worker  # noqa: PLC0415 imports AWS's SDK

    settings, found = read_settings(), loaded(target)
    name = checked(name) if name else own_name()
    within = Limits(**limits)
    work = run_worker(settings, found, name=name, limits=within, create=create, say=click.echo)
    asyncio.run(work)


def loaded(target: str) -> Worker:
    """The registry that MODULE:OBJECT names. Raises Failed, in one line."""
    module_name, colon, name = target.rpartition(":")
    if not (colon and module_name and name):
        raise Failed(f"{target}: give MODULE:OBJECT, like orders.worker:worker.")
    try:
        if module_name.endswith(".py"):
            module = _from_file(Path(module_name))
        else:  # from the working directory too, as `python -m` does it
            if "" not in sys.path and str(Path.cwd()) not in sys.path:
                sys.path.insert(0, str(Path.cwd()))
            module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # whatever the module does when it is imported
        why = f"{type(error).__name__}: {error}"
        raise Failed(f"{module_name} can't be imported: {why}") from error
    found = getattr(module, name, None)
    if not isinstance(found, Worker):
        what = "no such object" if found is None else f"a {type(found).__name__}, no Worker"
        raise Failed(f"{target}: {name} is {what}.")
    return found


def own_name() -> str:
    """`<host>-<process id>`, in AWS's characters and length."""
    pid = f"-{os.getpid()}"
    host = re.sub(r"[^0-9A-Za-z_.-]", "-", socket.gethostname()) or "worker"
    return host[: MAX_NAME - len(pid)] + pid


def checked(name: str) -> str:
    """Raises Failed unless AWS takes the name."""
    if not re.fullmatch(rf"[0-9A-Za-z_.-]{{1,{MAX_NAME}}}", name):
        raise Failed(f"--name: 1 to {MAX_NAME} of 0-9 A-Z a-z _ . -")
    return name


def _from_file(file: Path) -> ModuleType:
    """Its neighbours can be imported, as in `python file.py`."""
    spec = importlib.util.spec_from_file_location(f"handrail_worker_{file.stem}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise ImportError("there is no such file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickling look there
    sys.path.insert(0, str(file.resolve().parent))
    spec.loader.exec_module(module)
    return module
