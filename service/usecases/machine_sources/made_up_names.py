"""Makes values up for the `${Name}`s of a definition that is read without what fills them in, so
that it can be run and tested where it stands."""

import json
import re
from collections.abc import Mapping

from handrail.core.definition.machine_file import DEVELOPMENT, known_names
from handrail.core.definition.substitution import names
from handrail.core.models import Account

_HERE = "${REGION}:${ACCOUNT_ID}"
_BY_FIELD: Mapping[str, str] = {
    "Resource": f"arn:${{PARTITION}}:lambda:{_HERE}:function:",
    "FunctionName": f"arn:${{PARTITION}}:lambda:{_HERE}:function:",
    "StateMachineArn": f"arn:${{PARTITION}}:states:{_HERE}:stateMachine:",
    "TopicArn": f"arn:${{PARTITION}}:sns:{_HERE}:",
    "QueueUrl": "https://sqs.${REGION}.${URL_SUFFIX}/${ACCOUNT_ID}/",
}
"""What a value begins with in a field that it is the whole of, or its beginning."""


def made_up_names(template: str, given: Mapping[str, object]) -> dict[str, str]:
    """By each name without a value: an ARN or a URL that ends in it, where the field wants one,
    else the name itself. None for a template that isn't JSON yet: a name may stand for a number
    there, which can't be told."""
    known = known_names(Account("aws", "", ""), DEVELOPMENT)
    missing = [name for name in names(template) if name not in known and name not in given]
    if not missing or not _is_json(template):
        return {}
    return {name: _value(name, template) for name in missing}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _value(name: str, template: str) -> str:
    for field, beginning in _BY_FIELD.items():
        if re.search(rf'"{field}"\s*:\s*"\$\{{{name}\}}', template):
            return beginning + name
    return name
