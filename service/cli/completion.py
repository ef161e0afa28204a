"""`handrail completion`: what a shell needs to complete commands, options and names."""

import click
from click.shell_completion import FishComplete, ShellComplete, ZshComplete

from .bash_completion import BashCompletion
from .group import examples

_SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashCompletion,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@click.command(
    epilog=examples(
        'eval "$(handrail completion bash)"    in ~/.bashrc',
        'eval "$(handrail completion zsh)"     in ~/.zshrc, after compinit',
        "handrail completion fish | source     in ~/.config/fish/config.fish",
    )
)
@click.argument("shell", type=click.Choice([*_SHELLS]))
def completion(shell: str) -> None:
    """Print a script that makes SHELL complete handrail's commands and options, and the names of
    state machines, executions, states and tasks.

    The names come from the service at HANDRAIL_URL while you type; where it doesn't answer within
    two seconds there are none.
    """
    kind, root = _SHELLS[shell], click.get_current_context().find_root()
    click.echo(kind(root.command, {}, "handrail", "_HANDRAIL_COMPLETE").source())
