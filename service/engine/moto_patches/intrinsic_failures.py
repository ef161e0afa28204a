"""Fails a state whose intrinsic function fails."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .failures import failure, reason
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto ends the execution with Python's complaint of the arguments.",
    since="5.0.16 or earlier",
    aws="A function that fails is States.IntrinsicFailure, which Retry and Catch take; an "
    "argument that isn't there is States.Runtime, told with the whole function.",
    known="AWS's documents on intrinsic functions, and causes captured from AWS in the tests of "
    "the emulator floci.",
)


@wraps("component.common.string.string_expression:StringIntrinsicFunction._eval_body")
def evaluate_intrinsic(original: Callable[..., None], self: Any, env: Any) -> None:
    """A function that fails is States.IntrinsicFailure, whatever its arguments made of it."""
    told = f"The function '{self.intrinsic_function_derivation}' had the following error:"
    try:
        original(self, env)
    except failure_event.FailureEventException:
        raise
    except NoSuchJsonPathError as error:
        missing = f"The JsonPath argument for the field '{error.json_path}' could not be found"
        given = to_json_str(env.stack[-1])
        raise failure(env, f"{told} {missing} in the input '{given}'") from error
    except Exception as error:
        raise failure(env, f"{told} {reason(env, error)}", "States.IntrinsicFailure") from error
