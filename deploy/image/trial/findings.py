"""What is checked, one line each as it is found; the first that isn't so ends the check."""


class CheckFailed(Exception):
    """The image isn't as it must be. The text says how."""


def expect(true: object, said: str) -> None:
    """Raises CheckFailed(said) where it isn't so."""
    if not true:
        raise CheckFailed(said)


def found(what: str, seen: str) -> None:
    """Print one line of the report."""
    print(f"  ok  {what:<16}{seen}", flush=True)
