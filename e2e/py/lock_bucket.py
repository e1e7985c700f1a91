"""Buckets with object lock, for clients that know nothing of it.

make BUCKET DAYS       a bucket whose default is COMPLIANCE for so many days
kept BUCKET DAYS       every version is under COMPLIANCE for about so many days, readable, and not deletable
                       with bypass either; prints how many, and how many of them S3 hides
work BUCKET FROM TO    stores a tree, copies and overwrites in it, deletes all, brings it back and restores it
unhide BUCKET PREFIX.. takes away the delete markers, but for keys that begin so: as it was before the deletes
"""

import datetime
import pathlib
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


def work(bucket, source, target):
    """As any program would that knows nothing of locks; large files go in parts."""
    source, target = pathlib.Path(source), pathlib.Path(target)
    keys = [str(path.relative_to(source)) for path in sorted(source.rglob("*")) if path.is_file()]
    for key in keys:
        s3.upload_file(str(source / key), bucket, key)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": keys[0]})
    s3.put_object(Bucket=bucket, Key="copy", Body=b"overwritten")
    for start in range(0, len(keys), 500):
        names = [{"Key": key} for key in keys[start:start + 500]]
        gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": names})
        assert not gone.get("Errors"), gone
    s3.delete_object(Bucket=bucket, Key="copy")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    unhide(bucket, "copy")
    for key in keys:
        (target / key).parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target / key))


{"make": make, "kept": kept, "unhide": unhide, "work": work}[sys.argv[1]](*sys.argv[2:])
