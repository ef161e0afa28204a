"""Records of a stream as a subscription of CloudWatch Logs writes them."""

import gzip
import json


def batch_of(*lines: str) -> bytes:
    """The gzip'd batch that has these lines."""
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "/g",
        "logStream": "states/orders",
        "subscriptionFilters": ["handrail"],
        "logEvents": [
            {"id": str(number), "timestamp": 0, "message": line}
            for number, line in enumerate(lines)
        ],
    }
    return gzip.compress(json.dumps(batch).encode())
