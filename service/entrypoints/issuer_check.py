"""Judges whether the issuer's keys, by which JWTs are checked, can be fetched from here."""

import aiohttp

from handrail.auth.issuer_keys_http import HttpKeyDocuments
from handrail.auth.setup import ASYMMETRIC, jwt_rules
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.core.errors import SettingsError, Unavailable
from handrail.settings import Settings

CHECK = "issuer"


async def judge_issuer(settings: Settings) -> list[Diagnosis]:
    """Nothing where no keys are needed, or the settings say too little to look for them."""
    if "jwt" not in settings.auth_ways:
        return []
    try:
        rules = jwt_rules(settings)
    except SettingsError:
        return []  # which is judged among the settings
    if not set(rules.algorithms) & ASYMMETRIC:
        return []
    async with aiohttp.ClientSession() as session:
        keys = HttpKeyDocuments(session, issuer=rules.issuer, url=settings.jwt_jwks_url)
        try:
            await keys.fetch()
        except Unavailable as error:
            text = f"{rules.issuer}: {error.detail}"
            mend = (
                "HANDRAIL_JWT_ISSUER=… as its tokens have it, or HANDRAIL_JWT_JWKS_URL=… of its"
                " keys; and a way out of the subnet to it"
            )
            return [Diagnosis(CHECK, Verdict.MISSING, text, mend)]
    return [Diagnosis(CHECK, Verdict.OK, f"the keys of {rules.issuer} can be fetched")]
