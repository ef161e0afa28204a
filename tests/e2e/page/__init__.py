"""The page in Chromium, a module a view."""
