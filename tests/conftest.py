"""What every test may use: one embedded engine for the whole session."""

pytest_plugins = ("tests.local.engine_fixture",)
