"""A stolen key fills the disk with locks of a hundred years, in every way that S3 has; its ceiling stops it,
and others go on. Arguments: the key with the ceiling and another, ID:SECRET, and the ceiling in bytes.
`again` as a fourth argument: the ceiling of the day is used up already.
"""

import datetime
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "path"})
BUCKET = "bomb"
MIB = 1024 * 1024


def client(key):
    names = dict(zip(("aws_access_key_id", "aws_secret_access_key"), key.split(":")))
    return boto3.client("s3", config=CONFIG, **names)


bomber, other = client(sys.argv[1]), client(sys.argv[2])
ceiling = int(sys.argv[3])
again = sys.argv[4:] == ["again"]
root = boto3.client("s3", config=CONFIG)
UTC = datetime.timezone.utc
CENTURY = datetime.datetime.now(UTC) + datetime.timedelta(days=36_500)
LOCK = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": CENTURY}


def stopped(call, **arguments):
    """Whether the ceiling stopped it; any other refusal is a failure."""
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == "AccessDenied", told
        assert "limit" in told["Message"], told
        return True
    return False


def by_parts():
    begun = bomber.create_multipart_upload(Bucket=BUCKET, Key="parts", **LOCK)
    part = bomber.upload_part(Bucket=BUCKET, Key="parts", UploadId=begun["UploadId"], PartNumber=1,
                              Body=b"p" * MIB)
    bomber.complete_multipart_upload(
        Bucket=BUCKET, Key="parts", UploadId=begun["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})


if not again:
    root.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    for name in ("source", "victim"):
        root.put_object(Bucket=BUCKET, Key=name, Body=b"v" * MIB)

filled = 0
while not stopped(bomber.put_object, Bucket=BUCKET, Key=f"junk/{filled}", Body=b"j" * MIB, **LOCK):
    filled += 1
    assert filled * MIB <= ceiling, f"{filled} MiB are locked above a ceiling of {ceiling} bytes"
if again:
    assert filled == 0, f"{filled} MiB after the ceiling was used up"
else:
    assert filled * MIB >= ceiling - 2 * MIB, f"stopped after {filled} MiB already"
assert stopped(by_parts), "a multipart upload went past the ceiling"
assert stopped(bomber.copy_object, Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/source", **LOCK)
assert stopped(bomber.put_object_retention, Bucket=BUCKET, Key="victim",
               Retention={"Mode": "COMPLIANCE", "RetainUntilDate": CENTURY}), "a lock on what others stored"

# Without a lock the key still works, and others store and lock as before.
bomber.put_object(Bucket=BUCKET, Key="plain", Body=b"plain")
for number in range(20):
    other.put_object(Bucket=BUCKET, Key=f"work/{number}", Body=b"w" * MIB)
    year = datetime.datetime.now(UTC) + datetime.timedelta(days=5 * 365)
    other.put_object(Bucket=BUCKET, Key=f"locked/{number}", Body=b"w" * 1024,
                     ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=year)
    assert other.get_object(Bucket=BUCKET, Key=f"work/{number}")["Body"].read() == b"w" * MIB

mode = root.head_object(Bucket=BUCKET, Key="victim").get("ObjectLockMode")
assert mode is None, mode
print(filled)
