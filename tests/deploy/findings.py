"""What a template grants too little or too much."""

from tests.deploy.grants import allowed_by_policies, granted, trusted
from tests.deploy.needs import needed
from tests.deploy.others import needed_by_policies
from tests.deploy.templates import Template


def findings(name: str, template: Template) -> list[str]:
    """Nothing where the template is right."""
    found: list[str] = []
    for role, _ in template.of("IAM::Role"):
        service, wanted = needed(name, template, role)
        has = granted(template, role)
        if trusted(template, role) != service:
            found.append(f"{role} is for {service} to assume")
        found += [f"{role} lacks {grant}" for grant in sorted(wanted - has)]
        found += [f"{role} needs no {grant}" for grant in sorted(has - wanted)]
    wanted_of_others, has_others = needed_by_policies(template), allowed_by_policies(template)
    found += [f"lacks {line}" for line in sorted(wanted_of_others - has_others)]
    found += [f"needs no {line}" for line in sorted(has_others - wanted_of_others)]
    return found
