"""The JavaScript packages: their own tests, and how they are packed."""
