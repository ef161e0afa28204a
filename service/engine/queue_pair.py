"""Makes the queue of callbacks on the engine, as an operator makes it on AWS: with a dead-letter
queue that SQS itself moves messages into when they were received often."""

import json
from typing import Any

DEAD_LETTERS = "-dead-letters"
FIFO = ".fifo"
LONGEST_NAME = 80
RECEIVED_OFTEN = 10


def make_queue(sqs: Any, name: str) -> None:
    """Makes the two, standard or FIFO as the name says; `sqs` is a client of botocore's. A queue
    that a state machine's file names too is given the dead-letter queue."""
    stem, fifo = name.removesuffix(FIFO), name.endswith(FIFO)
    ending = f"{DEAD_LETTERS}{FIFO if fifo else ''}"
    dead_letters = f"{stem[: LONGEST_NAME - len(ending)]}{ending}"
    kind = {"FifoQueue": "true"} if fifo else {}
    made = sqs.create_queue(QueueName=dead_letters, Attributes=kind)
    asked = sqs.get_queue_attributes(QueueUrl=made["QueueUrl"], AttributeNames=["QueueArn"])
    target = asked["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": RECEIVED_OFTEN})
    url = sqs.create_queue(QueueName=name, Attributes=kind)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
