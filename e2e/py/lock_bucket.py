"""Buckets with object lock, for clients that know nothing of it.

make BUCKET DAYS       a bucket whose default is COMPLIANCE for so many days
kept BUCKET DAYS       every version is under COMPLIANCE for about so many days, readable, and not deletable
                       with bypass either; prints how many, and how many of them S3 hides
unhide BUCKET PREFIX.. takes away the delete markers, but for keys that begin so: as it was before the deletes
"""

import datetime
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))


def versions(bucket):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        yield from page.get("Versions", [])


def markers(bucket):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        yield from page.get("DeleteMarkers", [])


def make(bucket, days):
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": int(days)}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})


def kept(bucket, days):
    hidden = count = 0
    for one in versions(bucket):
        name = {"Bucket": bucket, "Key": one["Key"], "VersionId": one["VersionId"]}
        got = s3.get_object(**name)
        assert len(got["Body"].read()) == one["Size"], name
        assert got["ObjectLockMode"] == "COMPLIANCE", name
        left = got["ObjectLockRetainUntilDate"] - one["LastModified"]
        assert abs(left - datetime.timedelta(days=int(days))) < datetime.timedelta(minutes=1), left
        try:
            s3.delete_object(BypassGovernanceRetention=True, **name)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied", error
        else:
            raise AssertionError(f"{name} was deleted")
        count += 1
        hidden += not one["IsLatest"]
    print(count, hidden)


def unhide(bucket, *but):
    for one in list(markers(bucket)):
        if one["IsLatest"] and not one["Key"].startswith(but):
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


{"make": make, "kept": kept, "unhide": unhide}[sys.argv[1]](*sys.argv[2:])
