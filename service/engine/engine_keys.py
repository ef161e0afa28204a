"""The credentials of the embedded engine, which takes any."""

ACCESS_KEY = "handrail"
SECRET_KEY = "not-a-secret"  # noqa: S105 what an endpoint without accounts accepts
