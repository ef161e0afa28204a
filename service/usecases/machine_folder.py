"""Declares a state machine as its files describe it, and what is said of files that can't be read.
`machine_sources` reads them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.core.typed_dict import TypedDict

from .local_engine import LocalEngine

DEFINITION = "definition.asl.json"
METADATA = "machine.json"


@dataclass(frozen=True, slots=True)
class TemplateFunction:
    """What a template says of a Lambda function: its variables, its Python where that stands in the
    template itself, and the folders of its layers' modules."""

    environment: Mapping[str, str] = field(default_factory=dict)
    inline_code: str | None = None
    layers: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownMachine:
    """What the files add to what AWS tells of a state machine."""

    description: str | None = None
    input_schema: Mapping[str, Json] | bool | None = None
    output_schemas: Mapping[str, Mapping[str, Json] | bool] = field(default_factory=dict)
    callbacks: Mapping[str, Callback] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MachineFolder:
    """A state machine. `path` is the folder or the file that describes it; `template` is the
    definition's text as JSON, its `${…}` not filled in yet; `functions` are by the function's name,
    where a template has some; `notes` are for whoever starts it: what has no stand-in yet, and what
    was taken for what is known on AWS alone; `in_stack` is whether a stack deploys it, not we;
    `written_in` is the file whose text `template` is, None where it was made of another form;
    `described_in` is the name of the file beside it that says, or may say, more of it; `made_up`
    are the names in `template` that nothing gives a value, so that one was made up for them."""

    path: Path
    template: str
    file: MachineFile
    functions: Mapping[str, TemplateFunction] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    in_stack: bool = False
    written_in: Path | None = None
    described_in: str = METADATA
    made_up: tuple[str, ...] = ()

    @property
    def home(self) -> Path:
        """The folder that names of files in `file` start from."""
        return self.path if self.path.is_dir() else self.path.parent

    @property
    def what_is_made_up(self) -> str | None:
        """A sentence on the names without a value, and on where to give them one."""
        if not self.made_up:
            return None
        listed = ", ".join(f"${{{name}}}" for name in self.made_up)
        where = f'{self.described_in}: "substitutions": {{"{self.made_up[0]}": …}}'
        return f"No value is known for {listed}: a made-up one stands for it. {where}"


class FolderProblemDocument(TypedDict):
    """`name` is what would have been deployed, `state` the one to blame, null where unknown."""

    folder: str
    name: str | None
    state: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class FolderProblem:
    """Why a folder was left out: `reason` has one line."""

    folder: Path
    reason: str
    name: str | None = None
    state: str | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.folder), self.state, self.reason)))

    def document(self) -> FolderProblemDocument:
        name, state, reason = self.name, self.state, self.reason
        return {"folder": self.folder.name, "name": name, "state": state, "reason": reason}


Refused = Callable[[FolderProblem], None]  # told of each folder that is left out


def namesake(folder: Path, name: str) -> FolderProblem:
    """Another folder gives its state machine this name too: none of them is to be preferred."""
    return FolderProblem(folder, f"More than one folder describes the state machine {name}.", name)


@dataclass(frozen=True, slots=True)
class Survey:
    """`local` is there where the state machines run on the embedded engine."""

    folders: Sequence[MachineFolder]
    problems: Sequence[FolderProblem] = ()
    local: LocalEngine | None = None


def text_of(file: Path) -> str:
    """The file's text without a byte order mark. Raises InvalidDefinition, one line that names the
    file."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidDefinition(f"{file}: is missing.") from error
    except UnicodeDecodeError as error:
        raise InvalidDefinition(f"{file}: is not UTF-8 text.") from error
    except OSError as error:
        raise InvalidDefinition(f"{file}: can't be read: {error.strerror}.") from error
