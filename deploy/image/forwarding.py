"""How the builder's pip reaches its index, said to the pip inside the build.

What stands in pip's configuration and environment on the builder (index, proxy, certificates) goes
in as BuildKit secrets: mounted for the installation alone, in no layer and no history. What lies on
the builder's disk, wheels and indexes as files, can't be seen from inside and is left out.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CERTIFICATES = "/run/secrets/ca.pem"
"""Where the Dockerfile mounts the builder's certificate authorities."""

KEYS = (
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Where certificates are named when pip's own `cert` is not set."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def pip_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """pip's settings here, the environment's over the files'; the environment's alone where this
    Python has no pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    settings = parsed(listed.stdout) if listed.returncode == 0 else {}
    for name, value in environ.items():
        if name.startswith("PIP_"):
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def parsed(listing: str) -> dict[str, str]:
    """What `pip config list` prints, by the key alone: `global.index-url='…'` and `install.…`."""
    settings = {}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith(":env:"):
            settings[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    return settings


def secrets(
    settings: Mapping[str, str], folder: Path, environ: Mapping[str, str] = os.environ
) -> list[str]:
    """The `--secret` options of a build; their files are written into `folder`."""
    options = []
    lines = ["[global]", *(f"{key} = {kept}" for key in KEYS if (kept := remote(settings, key)))]
    bundle = next(filter(None, [settings.get("cert"), *map(environ.get, BUNDLES)]), None)
    if bundle is not None:
        lines.append(f"cert = {CERTIFICATES}")
        options += ["--secret", f"id=ca.pem,src={bundle}"]
    if len(lines) > 1:
        written = folder / "pip.conf"
        written.touch(mode=0o600)
        written.write_text("\n".join([*lines, ""]), encoding="utf-8")
        options += ["--secret", f"id=pip.conf,src={written}"]
    return options


def remote(settings: Mapping[str, str], key: str) -> str:
    """The setting without what only the builder's disk holds."""
    value = settings.get(key, "")
    if key not in {"index-url", "extra-index-url", "find-links"}:
        return value
    return " ".join(each for each in value.split() if each.startswith(("http://", "https://")))


def proxies(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The `--build-arg` options of the builder's proxies: arguments that every builder knows and
    keeps out of an image's history. Only the names are given, so no command line shows a value."""
    named = [name for name in PROXIES if environ.get(name)]
    return [option for name in named for option in ("--build-arg", name)]
