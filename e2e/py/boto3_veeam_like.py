"""What backup software does that keeps its own books of locks: a bucket with object lock and no default,
COMPLIANCE on each object, extension within a second of the PUT, deletion of what has expired, many versions
listed. The sequence follows the public descriptions of Veeam's and kopia's use of S3; it is neither of them.
"""

import base64
import datetime
import hashlib
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
UTC = datetime.timezone.utc
BUCKET = "backup-repository"
BLOCKS = 60


def ahead(**period):
    return (datetime.datetime.now(UTC) + datetime.timedelta(**period)).replace(microsecond=0)


def lock(until):
    return {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}


def block(number):
    return bytes([number % 251]) * (64 * 1024 + number)


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error
    else:
        raise AssertionError(f"{arguments} was not refused")


def prepare():
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    found = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert found["ObjectLockEnabled"] == "Enabled" and "Rule" not in found, found
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    # The probe: a small object, locked, checked, deleted when its lock is over.
    return s3.put_object(Bucket=BUCKET, Key="probe", Body=b"probe", ContentMD5=md5(b"probe"),
                         **lock(ahead(seconds=3)))["VersionId"]


def store_blocks(until):
    stored = {}
    for number in range(BLOCKS):
        key, body = f"Archive/objs/{number:04}.blk", block(number)
        version = s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentMD5=md5(body), **lock(until))
        name = {"Bucket": BUCKET, "Key": key, "VersionId": version["VersionId"]}
        # At once, as the next restore point refers to the same block.
        later = until + datetime.timedelta(days=1)
        s3.put_object_retention(Retention={"Mode": "COMPLIANCE", "RetainUntilDate": later}, **name)
        found = s3.get_object_retention(**name)["Retention"]
        assert found == {"Mode": "COMPLIANCE", "RetainUntilDate": later}, found
        stored[key] = (version["VersionId"], number)
    return stored


def store_in_parts(until):
    key = "Archive/large.blk"
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm="CRC32", **lock(until))
    parts = []
    for number in (1, 2):
        body = bytes([number]) * (5 * 1024 * 1024)
        part = s3.upload_part(Bucket=BUCKET, Key=key, UploadId=begun["UploadId"], PartNumber=number,
                              Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    done = s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=begun["UploadId"],
                                        MultipartUpload={"Parts": parts})
    head = s3.head_object(Bucket=BUCKET, Key=key, VersionId=done["VersionId"])
    assert head["ObjectLockMode"] == "COMPLIANCE" and head["ObjectLockRetainUntilDate"] == until, head
    refused(s3.delete_object, Bucket=BUCKET, Key=key, VersionId=done["VersionId"])


def checkpoints():
    """Small files that are written again and again under one key, each with a lock that is soon over."""
    return [s3.put_object(Bucket=BUCKET, Key="Checkpoints/latest", Body=f"{n}".encode(),
                          **lock(ahead(seconds=3)))["VersionId"] for n in range(20)]


def listed():
    found = {}
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 7})
    for page in pages:
        for one in page.get("Versions", []):
            found[(one["Key"], one["VersionId"])] = one
    return found


def remove_expired(expired, stored):
    """Old checkpoints and a block that is not over yet in one batch: those go, this one stays."""
    key, (version, _) = next(iter(stored.items()))
    names = [{"Key": "Checkpoints/latest", "VersionId": one} for one in expired]
    names.append({"Key": key, "VersionId": version})
    end = time.monotonic() + 60
    while True:
        answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": names})
        errors = answer.get("Errors", [])
        if len(errors) == 1:
            break
        assert time.monotonic() < end, errors
        time.sleep(0.5)
    assert errors[0]["Key"] == key and errors[0]["Code"] == "AccessDenied", errors


probe = prepare()
until = ahead(days=30)
stored = store_blocks(until)
store_in_parts(until)
expired = checkpoints()
assert len(listed()) == BLOCKS + 2 + len(expired), len(listed())
remove_expired(expired, stored)
s3.delete_object(Bucket=BUCKET, Key="probe", VersionId=probe)
for key, (version, number) in stored.items():
    refused(s3.delete_object, Bucket=BUCKET, Key=key, VersionId=version, BypassGovernanceRetention=True)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
    refused(s3.put_object_retention, Bucket=BUCKET, Key=key, VersionId=version, Retention=shorter)
    assert s3.get_object(Bucket=BUCKET, Key=key, VersionId=version)["Body"].read() == block(number)
assert len(listed()) == BLOCKS + 1, len(listed())
print(BLOCKS)
