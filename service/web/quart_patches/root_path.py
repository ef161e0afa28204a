"""Settles which part of a request's path is the service's own, wherever it is mounted: servers and
frameworks differ on whether ASGI's `path` begins with `root_path`, and proxies on whether they take
their prefix off (https://asgi.readthedocs.io/en/latest/specs/www.html, `root_path`)."""

from typing import Any

OURS = "/v1"  # how our own paths begin: a prefix of that name must leave one more


def rooted(scope: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The scope with a path that begins with its `root_path`. `prefix` is where clients find the
    service, `""` for the root: a path that still has it is below it."""
    path, given = scope["path"], scope.get("root_path", "").rstrip("/")
    root = given or prefix
    if root and begins(path, root):
        if root == OURS and not begins(path.removeprefix(root), OURS):
            return scope
        return {**scope, "root_path": root}
    return {**scope, "root_path": given, "path": given + path} if given else scope


def own_path(scope: dict[str, Any]) -> str:
    """The path below the root path."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path


def begins(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
