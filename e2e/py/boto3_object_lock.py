"""Object lock through boto3: what ceph/s3-tests leaves out, and what clients are known to trip over.

AWS_ENDPOINT_URL and the root key come from the environment; the arguments are two more keys, ID:SECRET: a
clerk who reads, writes, manages and locks but cannot bypass, and a writer who reads and writes. Each check is
a small function in a bucket of its own; all of them run.
"""

import datetime
import sys
import time
import urllib.error
import urllib.request

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "path"})


def client(key):
    names = dict(zip(("aws_access_key_id", "aws_secret_access_key"), key.split(":")))
    return boto3.client("s3", config=CONFIG, **names)


s3 = boto3.client("s3", config=CONFIG)
clerk, writer = (client(key) for key in sys.argv[1:3])
UTC = datetime.timezone.utc
FAR = datetime.datetime(2090, 1, 1, tzinfo=UTC)
FARTHER = datetime.datetime(2095, 1, 1, tzinfo=UTC)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert code == found, f"{found} instead of {code}"
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"{call} was not refused with {code}")


def put(bucket, key, body=b"abc", by=s3, **lock):
    return by.put_object(Bucket=bucket, Key=key, Body=body, **lock)["VersionId"]


def kept(mode, until):
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}


def retain(bucket, key, mode, until, by=s3, **more):
    by.put_object_retention(
        Bucket=bucket, Key=key, Retention={"Mode": mode, "RetainUntilDate": until}, **more)


def default(bucket, mode, **period):
    rule = {"DefaultRetention": {"Mode": mode, **period}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})


def soon(seconds=2):
    return datetime.datetime.now(UTC) + datetime.timedelta(seconds=seconds)


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not expire"
        time.sleep(0.25)


def goes(bucket, key, version):
    try:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    return True


@check
def configuration(b):
    assert s3.get_bucket_versioning(Bucket=b)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=b)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    refused("InvalidBucketState", s3.put_bucket_versioning, Bucket=b, VersioningConfiguration={"Status": "Suspended"})
    default(b, "GOVERNANCE", Days=2)
    before = datetime.datetime.now(UTC)
    put(b, "key")
    head = s3.head_object(Bucket=b, Key="key")
    assert head["ObjectLockMode"] == "GOVERNANCE" and "ObjectLockLegalHoldStatus" not in head
    days = (head["ObjectLockRetainUntilDate"] - before) / datetime.timedelta(days=1)
    assert 1.99 < days < 2.01, days
    # A later default touches later versions only, and a client may ask for less.
    default(b, "GOVERNANCE", Years=3)
    assert s3.head_object(Bucket=b, Key="key")["ObjectLockRetainUntilDate"] == head["ObjectLockRetainUntilDate"]
    near = soon(3600).replace(microsecond=0)
    put(b, "less", **kept("GOVERNANCE", near))
    assert s3.get_object(Bucket=b, Key="less")["ObjectLockRetainUntilDate"] == near


@check
def compliance_is_never_weakened(b):
    version = put(b, "key", **kept("COMPLIANCE", FARTHER))
    for more in ({}, {"BypassGovernanceRetention": True}):
        for mode, until in (("COMPLIANCE", FAR), ("GOVERNANCE", FARTHER), ("COMPLIANCE", soon(60))):
            assert refused("AccessDenied", retain, bucket=b, key="key", mode=mode, until=until, **more) == 403
        refused("AccessDenied", s3.put_object_retention, Bucket=b, Key="key", Retention={}, **more)
        assert refused("AccessDenied", s3.delete_object, Bucket=b, Key="key", VersionId=version, **more) == 403
        answer = s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "key", "VersionId": version}]}, **more)
        assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"] and "Deleted" not in answer
    found = s3.get_object_retention(Bucket=b, Key="key")["Retention"]
    assert found == {"Mode": "COMPLIANCE", "RetainUntilDate": FARTHER}
    assert s3.get_object(Bucket=b, Key="key", VersionId=version)["Body"].read() == b"abc"


@check
def governance_needs_right_and_header(b):
    version = put(b, "key", **kept("GOVERNANCE", FAR))
    named = {"Bucket": b, "Key": "key", "VersionId": version}
    refused("AccessDenied", s3.delete_object, **named)
    refused("AccessDenied", clerk.delete_object, **named)
    refused("AccessDenied", clerk.delete_object, **named, BypassGovernanceRetention=True)
    for mode, until in (("GOVERNANCE", soon(60)), ("COMPLIANCE", FAR)):
        refused("AccessDenied", retain, bucket=b, key="key", mode=mode, until=until)
        refused("AccessDenied", retain, bucket=b, key="key", mode=mode, until=until, by=clerk,
                BypassGovernanceRetention=True)
    # The clerk's header does no harm where nothing is locked.
    free = put(b, "free")
    clerk.delete_object(Bucket=b, Key="free", VersionId=free, BypassGovernanceRetention=True)
    # Longer needs no bypass.
    retain(b, "key", "GOVERNANCE", FARTHER, by=clerk)
    retain(b, "key", "COMPLIANCE", FARTHER, BypassGovernanceRetention=True)
    refused("AccessDenied", retain, bucket=b, key="key", mode="GOVERNANCE", until=FARTHER,
            BypassGovernanceRetention=True)
    version = put(b, "other", **kept("GOVERNANCE", FAR))
    s3.delete_object(Bucket=b, Key="other", VersionId=version, BypassGovernanceRetention=True)
    refused("NoSuchVersion", s3.get_object, Bucket=b, Key="other", VersionId=version)


@check
def rights(b):
    put(b, "key")
    refused("AccessDenied", put, bucket=b, key="key", by=writer, **kept("GOVERNANCE", FAR))
    refused("AccessDenied", put, bucket=b, key="key", by=writer, ObjectLockLegalHoldStatus="ON")
    refused("AccessDenied", retain, bucket=b, key="key", mode="GOVERNANCE", until=FAR, by=writer)
    refused("AccessDenied", writer.put_object_legal_hold, Bucket=b, Key="key", LegalHold={"Status": "ON"})
    put(b, "key", by=writer)
    put(b, "key", by=clerk, **kept("GOVERNANCE", FAR))


@check
def expired_retention_and_hold(b):
    until = soon()
    held = put(b, "held", **kept("COMPLIANCE", until), ObjectLockLegalHoldStatus="ON")
    free = put(b, "free", **kept("COMPLIANCE", until))
    assert not goes(b, "free", free)
    wait_for(lambda: goes(b, "free", free))
    for more in ({}, {"BypassGovernanceRetention": True}):
        refused("AccessDenied", s3.delete_object, Bucket=b, Key="held", VersionId=held, **more)
    # After its end a retention may be set anew, in any mode; the hold is not touched by that.
    retain(b, "held", "GOVERNANCE", soon())
    assert s3.head_object(Bucket=b, Key="held")["ObjectLockLegalHoldStatus"] == "ON"
    s3.put_object_legal_hold(Bucket=b, Key="held", LegalHold={"Status": "OFF"})
    wait_for(lambda: goes(b, "held", held))


@check
def batch_with_an_expired_entry_first(b):
    first = put(b, "first", **kept("COMPLIANCE", soon()))
    probe = put(b, "probe", **kept("COMPLIANCE", soon()))
    kept_one = put(b, "kept", **kept("COMPLIANCE", FAR))
    held = put(b, "held", ObjectLockLegalHoldStatus="ON")
    last = put(b, "last")
    wait_for(lambda: goes(b, "probe", probe))
    names = {"first": first, "kept": kept_one, "held": held, "last": last}
    objects = [{"Key": key, "VersionId": version} for key, version in names.items()]
    answer = s3.delete_objects(Bucket=b, Delete={"Objects": objects}, BypassGovernanceRetention=True)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert sorted(one["Key"] for one in answer["Deleted"]) == ["first", "last"], answer
    errors = {one["Key"]: (one["Code"], one["VersionId"]) for one in answer["Errors"]}
    assert errors == {"held": ("AccessDenied", held), "kept": ("AccessDenied", kept_one)}, answer
    for key in ("held", "kept"):
        assert s3.get_object(Bucket=b, Key=key)["Body"].read() == b"abc"


@check
def copies_and_forms(b):
    put(b, "source", **kept("GOVERNANCE", FAR), ObjectLockLegalHoldStatus="ON")
    source = {"Bucket": b, "Key": "source"}
    s3.copy_object(Bucket=b, Key="bare", CopySource=source)
    head = s3.head_object(Bucket=b, Key="bare")
    assert "ObjectLockMode" not in head and "ObjectLockLegalHoldStatus" not in head, head
    s3.copy_object(Bucket=b, Key="copy", CopySource=source, **kept("COMPLIANCE", FAR), ObjectLockLegalHoldStatus="ON")
    fields = {
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": "2090-01-01T00:00:00Z",
        "x-amz-object-lock-legal-hold": "ON",
        "Content-MD5": "kAFQmDzST7DWlj99KOF/cg==",
    }

    def post(fields):
        conditions = [{name: value} for name, value in fields.items()]
        form = s3.generate_presigned_post(b, "form", dict(fields), conditions, 600)
        parts = list(form["fields"].items()) + [("file", ("a", b"abc", "text/plain"))]
        return urllib3.PoolManager().request("POST", form["url"], fields=parts)

    bare = {name: value for name, value in fields.items() if name != "Content-MD5"}
    answer = post(bare)
    assert answer.status == 400 and b"InvalidRequest" in answer.data, answer.data
    answer = post(fields)
    assert answer.status == 204, answer.data
    for key in ("copy", "form"):
        head = s3.head_object(Bucket=b, Key=key)
        found = (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"], head["ObjectLockLegalHoldStatus"])
        assert found == ("COMPLIANCE", FAR, "ON"), (key, head)
        refused("AccessDenied", s3.delete_object, Bucket=b, Key=key, VersionId=head["VersionId"])
    default(b, "GOVERNANCE", Days=1)
    s3.copy_object(Bucket=b, Key="by-default", CopySource=source)
    assert s3.head_object(Bucket=b, Key="by-default")["ObjectLockMode"] == "GOVERNANCE"


@check
def content_comes_with_a_checksum(b):
    default(b, "GOVERNANCE", Days=1)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "key"})

    def send(**headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, data=b"abc", method="PUT", headers=names)
        try:
            return urllib.request.urlopen(request).status, b""
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    status, body = send()
    assert status == 400 and b"is required for Put Object requests with Object Lock parameters" in body, body
    refused("NoSuchKey", s3.get_object, Bucket=b, Key="key")
    upload = s3.create_multipart_upload(Bucket=b, Key="big")["UploadId"]
    part = s3.upload_part(Bucket=b, Key="big", UploadId=upload, PartNumber=1, Body=b"abc")
    done = s3.complete_multipart_upload(Bucket=b, Key="big", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.head_object(Bucket=b, Key="big")["ObjectLockMode"] == "GOVERNANCE"
    refused("AccessDenied", s3.delete_object, Bucket=b, Key="big", VersionId=done["VersionId"])


@check
def dates(b):
    put(b, "key", **kept("COMPLIANCE", FAR))
    last = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    retain(b, "key", "COMPLIANCE", last)
    assert s3.head_object(Bucket=b, Key="key")["ObjectLockRetainUntilDate"] == last
    assert s3.get_object_retention(Bucket=b, Key="key")["Retention"]["RetainUntilDate"] == last
    past = datetime.datetime(2001, 1, 1, tzinfo=UTC)
    refused("InvalidArgument", put, bucket=b, key="past", **kept("GOVERNANCE", past))
    put(b, "free")
    refused("InvalidArgument", retain, bucket=b, key="free", mode="GOVERNANCE", until=past)
    refused("NoSuchObjectLockConfiguration", s3.get_object_retention, Bucket=b, Key="free")
    refused("NoSuchObjectLockConfiguration", s3.get_object_legal_hold, Bucket=b, Key="free")
    # An offset is a time like any other.
    japan = datetime.timezone(datetime.timedelta(hours=9))
    retain(b, "free", "GOVERNANCE", datetime.datetime(2090, 1, 1, 9, tzinfo=japan))
    assert s3.get_object_retention(Bucket=b, Key="free")["Retention"]["RetainUntilDate"] == FAR


@check
def extended_at_once(b):
    """As kopia does, within a second of the PUT."""
    for number in range(20):
        key = f"blob-{number}"
        until = soon(3600).replace(microsecond=0)
        version = put(b, key, **kept("COMPLIANCE", until))
        later = until + datetime.timedelta(hours=1)
        retain(b, key, "COMPLIANCE", later, by=clerk, VersionId=version)
        assert s3.head_object(Bucket=b, Key=key)["ObjectLockRetainUntilDate"] == later


@check
def locked_keys_are_written_and_hidden(b):
    first = put(b, "key", **kept("COMPLIANCE", FAR))
    before = s3.head_object(Bucket=b, Key="key", VersionId=first)
    second = put(b, "key", b"def")
    assert first != second and s3.get_object(Bucket=b, Key="key")["Body"].read() == b"def"
    marker = s3.delete_object(Bucket=b, Key="key")
    assert marker["ResponseMetadata"]["HTTPStatusCode"] == 204 and marker["DeleteMarker"] is True
    refused("NoSuchKey", s3.get_object, Bucket=b, Key="key")
    # Hidden, not gone: without the marker all is back.
    s3.delete_object(Bucket=b, Key="key", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=b, Key="key")["Body"].read() == b"def"
    retain(b, "key", "COMPLIANCE", FARTHER, VersionId=first)
    after = s3.head_object(Bucket=b, Key="key", VersionId=first)
    assert (before["ETag"], before["LastModified"]) == (after["ETag"], after["LastModified"])
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=b)


@check
def lifecycle_beside_locks(b):
    version = put(b, "logs/a", **kept("COMPLIANCE", FAR))
    put(b, "logs/a")
    rules = [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
              "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]
    s3.put_bucket_lifecycle_configuration(Bucket=b, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=b)["Rules"] == rules
    assert s3.get_object(Bucket=b, Key="logs/a", VersionId=version)["Body"].read() == b"abc"
    s3.delete_bucket_lifecycle(Bucket=b)
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=b)


@check
def bucket_without_lock(b):
    plain = b + "-plain"
    s3.create_bucket(Bucket=plain)
    s3.put_object(Bucket=plain, Key="key", Body=b"abc")
    for code, call, more in (
        ("InvalidRequest", s3.put_object, {"Body": b"x", **kept("GOVERNANCE", FAR)}),
        ("InvalidRequest", s3.put_object, {"Body": b"x", "ObjectLockLegalHoldStatus": "ON"}),
        ("InvalidRequest", s3.get_object_retention, {}),
        ("InvalidRequest", s3.get_object_legal_hold, {}),
        ("InvalidRequest", s3.put_object_legal_hold, {"LegalHold": {"Status": "ON"}}),
        ("InvalidArgument", s3.delete_object, {"BypassGovernanceRetention": True}),
    ):
        assert refused(code, call, Bucket=plain, Key="key", **more) == 400
    assert s3.get_object(Bucket=plain, Key="key")["Body"].read() == b"abc"
    s3.put_bucket_versioning(Bucket=plain, VersioningConfiguration={"Status": "Enabled"})
    default(plain, "GOVERNANCE", Days=1)
    put(plain, "key", **kept("COMPLIANCE", FAR))


for one in CHECKS:
    name = "lock-" + one.__name__.replace("_", "-")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    one(name)
print(f"{len(CHECKS)} checks")
