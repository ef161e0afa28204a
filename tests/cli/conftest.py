from tests.client.conftest import Serving, serving, waits

__all__ = ["Serving", "serving", "waits"]
