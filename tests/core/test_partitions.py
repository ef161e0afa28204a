"""Partitions are those that AWS's SDK knows."""

import re

import botocore.loaders

from handrail.core.partitions import partition_of, url_suffix


def test_regions_and_host_names_are_as_the_sdk_has_them() -> None:
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    assert len(partitions) >= 8
    for partition in partitions:
        assert url_suffix(partition["id"]) == partition["outputs"]["dnsSuffix"]
        regions = [each for each in partition["regions"] if not each.endswith("-global")]
        for region in regions:
            assert re.fullmatch(partition["regionRegex"], region)
            assert partition_of(region) == partition["id"]


def test_a_region_nobody_knows_yet_is_one_of_the_ordinary_ones() -> None:
    assert (partition_of("mars-north-1"), url_suffix("aws-mars")) == ("aws", "amazonaws.com")
