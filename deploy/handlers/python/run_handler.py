"""Runs a state machine's handler as an AWS Lambda function. The layer of `state-machines.yaml`
brings it: the function's handler is `run_handler.handler`, and HANDLER names ours, as
`machine.json` does.

    HANDLER=handlers.py:charge_card

Lambda's Python calls plain functions of two arguments; ours may be coroutines, and may leave the
context out, as on the embedded engine. Coroutines run on one loop, which lives as long as the
instance does, so a client that a handler keeps stays connected.
"""

import asyncio
import importlib
import inspect
import os
from typing import Any

_module, _, _name = os.environ["HANDLER"].partition(".py:")
_function = getattr(importlib.import_module(_module.replace("/", ".")), _name)
_takes_context = len(inspect.signature(_function).parameters) > 1
_loop = asyncio.new_event_loop()


def handler(event: Any, context: Any) -> Any:
    """What the function returns, and what it raises: Lambda tells a state machine the class's name
    as the error's, so Retry and Catch find it."""
    answer = _function(event, context) if _takes_context else _function(event)
    return _loop.run_until_complete(answer) if inspect.isawaitable(answer) else answer
