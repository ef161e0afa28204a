"""Images built and looked into with buildah, without a daemon, in a store of their own."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .build import FORMAT, Build, build


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes: of what the image adds to its base, and of the whole; as files, and as registries keep
    and nodes pull it."""

    added: int
    added_packed: int
    whole: int
    whole_packed: int


@dataclass(frozen=True, slots=True)
class Store:
    """A folder that holds images. Its methods raise CalledProcessError where buildah fails."""

    folder: Path

    @property
    def command(self) -> list[str]:
        storage = ["--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]
        return ["buildah", *storage, "--storage-driver", "vfs"]

    def has(self, image: str) -> bool:
        named = [*self.command, "inspect", "--type", "image", image]
        return subprocess.run(named, capture_output=True, check=False).returncode == 0  # noqa: S603

    def build(self, asked: Build) -> None:
        """The tag's image before this one goes. Raises BuildError."""
        if self.has(asked.tag):
            self._ask("rmi", "--force", asked.tag)
        build(asked, [*self.command, "build", *FORMAT, "--isolation", "chroot"])

    def take(self, rootfs: Path, image: str) -> None:
        """Make an image of one layer from a root file system's tar archive."""
        container = self._ask("from", "scratch")
        try:
            self._ask("add", container, str(rootfs), "/")
            self._ask("commit", "--quiet", *FORMAT, container, image)
        finally:
            self._ask("rm", container)

    def configuration(self, image: str) -> dict[str, Any]:
        """Docker's `config` object: User, Env, Entrypoint, Cmd, Healthcheck, Labels …"""
        inspected = json.loads(self._ask("inspect", "--type", "image", image))
        configuration: dict[str, Any] = inspected["Docker"]["config"]
        return configuration

    @contextmanager
    def mounted(self, image: str) -> Iterator[Path]:
        """The image's root file system in a folder, which is gone afterwards."""
        container = self._ask("from", "--pull-never", image)
        try:
            yield Path(self._ask("mount", container))
        finally:
            self._ask("rm", container)

    def sizes(self, image: str, base_image: str) -> Sizes:
        """Packs the image as a registry would take it."""
        packed = self.folder / "packed"
        self._ask("push", "--quiet", image, f"dir:{packed}")
        layers = json.loads((packed / "manifest.json").read_text(encoding="utf-8"))["layers"]
        shutil.rmtree(packed)
        below = len(self._layers(base_image))
        unpacked = self._layer_sizes(image)
        return Sizes(
            added=sum(unpacked[below:]),
            added_packed=sum(layer["size"] for layer in layers[below:]),
            whole=sum(unpacked),
            whole_packed=sum(layer["size"] for layer in layers),
        )

    def _layers(self, image: str) -> list[str]:
        inspected = json.loads(self._ask("inspect", "--type", "image", image))
        layers: list[str] = inspected["OCIv1"]["rootfs"]["diff_ids"]
        return layers

    def _layer_sizes(self, image: str) -> list[int]:
        known = json.loads(
            (self.folder / "storage" / "vfs-layers" / "layers.json").read_text(encoding="utf-8")
        )
        sizes = {layer.get("diff-digest"): layer.get("diff-size", 0) for layer in known}
        return [sizes[digest] for digest in self._layers(image)]

    def _ask(self, *arguments: str) -> str:
        command = [*self.command, *arguments]
        return subprocess.check_output(command, text=True).strip()  # noqa: S603 our own command
