"""Completes words in bash, which breaks them at the `:` and `@` of an execution's id."""

import os
import re

from click.shell_completion import BashComplete, CompletionItem, split_arg_string

_WORD = re.compile(r"""(?:\\.|'[^']*'|"[^"]*"|[^\s\\'"])*(?P<quoted>['"][^'"]*)?$""")
_SPECIAL = re.compile(r"[^\w.,:@%+=/~-]")
_ESCAPE = r"\\\g<0>"
_OPTION = re.compile(r"--[\w-]+=")
"""A raw line's last word, in an open quote or not; what has to have a backslash before it there."""


class BashCompletion(BashComplete):
    """Splits the line itself: click's own takes the words as bash breaks them."""

    source_template = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" COMP_BREAKS="$COMP_WORDBREAKS" \
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        line = _line()
        _, *words = split_arg_string(line)
        if not words or line.endswith((" ", "\t")):
            return words, ""
        return words[:-1], words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """What bash puts in place of what it holds to be the word."""
        word = _WORD.search(_line())
        if item.type != "plain" or word is None or word["quoted"]:
            return super().format_completion(item)
        typed = word[0].partition("=")[2] if _OPTION.match(word[0]) else word[0]
        breaks = re.escape(os.environ["COMP_BREAKS"])
        starts = (
            found.end() - (found[0] in "@$") for found in re.finditer(rf"(?<!\\)[{breaks}]", typed)
        )
        return f"plain,{_SPECIAL.sub(_ESCAPE, item.value)[max(starts, default=0) :]}"


def _line() -> str:
    return os.environ["COMP_LINE"][: int(os.environ["COMP_POINT"])]
