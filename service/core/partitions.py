"""AWS's partitions: what an ARN begins with and a host name ends with, by region, as botocore's
`partitions.json` has them."""

_BY_PREFIX = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-eusc": "amazonaws.eu",
}


def partition_of(region: str) -> str:
    return next((found for prefix, found in _BY_PREFIX if region.startswith(prefix)), "aws")


def url_suffix(partition: str) -> str:
    """What CloudFormation calls `AWS::URLSuffix`."""
    return _SUFFIXES.get(partition, "amazonaws.com")
