"""The usual tutorial's service: Flask, and a boto3 client made for every request.

Served by werkzeug's threaded server, which is what `app.run()` starts.
"""

import json
import logging

import boto3
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from .endpoint import ARN

MACHINE_ARN = (ARN % b"stateMachine").decode()
app = Flask(__name__)


@app.post("/trigger-workflow")
def trigger_workflow() -> Response:
    client = boto3.client("stepfunctions")
    started = client.start_execution(stateMachineArn=MACHINE_ARN, input=json.dumps(request.json))
    return jsonify(message="Workflow triggered!", executionArn=started["executionArn"])


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
