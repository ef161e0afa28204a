"""What is known of task tokens without reading any definition.

AWS's tokens are base64 of several hundred bytes whose first ones are zero, so they begin with
AAAA; the embedded engine's are UUIDs.
"""

from .models import HistoryEvent

AWS_START = "AAAA"
AWS_TOKEN = rf"{AWS_START}[A-Za-z0-9+/]{{196,2040}}+={{0,2}}"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
WAITING = ".waitForTaskToken"


def needs_definition(event: HistoryEvent) -> bool:
    """Whether this event brings a new token into the history, so that the definition is worth
    fetching. Activities' tokens never stand in a history."""
    resource = event.details.get("resource")
    return (
        event.type == "TaskScheduled" and isinstance(resource, str) and resource.endswith(WAITING)
    )
