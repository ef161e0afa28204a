"""Handles every event of AWS Lambda's by `handrail.lambda_handler.handler`; see docs/lambda.md.

API Gateway, function URLs and load balancers are answered over HTTP; WebSocket routes, queues,
EventBridge, schedules and logs go to the sockets that API Gateway holds."""

import gc
import os

gc.disable()  # until the services are open: what starting makes stays, and looking is slow

from handrail.aws_lambda.runtime import (  # noqa: E402
    Function,
    keep_start_up,
    outlive_snapshot,
    preload,
)

outlive_snapshot(os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", ""))
preload(os.environ.get("HANDRAIL_PRELOAD", ""))
handler = Function(started=keep_start_up)
