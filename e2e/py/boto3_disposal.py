"""What the scenario `disposal` stores, and what of it S3 shows later.

    boto3_disposal.py fill STATE         stores everything, writes to STATE what was stored
    boto3_disposal.py check STATE KIND…  exactly the versions of these kinds are shown, byte for byte
    boto3_disposal.py list STATE         prints every version of every bucket, sorted

AWS_ENDPOINT_URL and the key come from the environment. A kind says why a version stays, or that it goes.
"""

import concurrent.futures
import datetime
import hashlib
import json
import random
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "path"}, max_pool_connections=8)
s3 = boto3.client("s3", config=CONFIG)
KIB, MIB = 1 << 10, 1 << 20
FAR = datetime.datetime(2090, 1, 1, tzinfo=datetime.timezone.utc)
SHORT_SECONDS = 20
LOCKED, PLAIN, RULED = "disposed", "overwritten", "ruled"
# Inline, between inline and a file of its own, a file.
SIZES = {"inline": 900, "middle": 300 * KIB, "large": 3 * MIB + 17}
state = []


def body(name, length):
    return random.Random(name).randbytes(length)


def remember(bucket, key, version, content, kind):
    state.append({"bucket": bucket, "key": key, "version": version, "kind": kind,
                  "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})


def put(bucket, key, length, kind, **lock):
    content = body(f"{bucket}/{key}/{kind}", length)
    answer = s3.put_object(Bucket=bucket, Key=key, Body=content, **lock)
    remember(bucket, key, answer.get("VersionId", "null"), content, kind)


def multipart(bucket, key, kind):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    named = {"Bucket": bucket, "Key": key, "UploadId": upload}
    # A part that is stored twice leaves a replaced part behind.
    s3.upload_part(**named, PartNumber=1, Body=body("replaced", 5 * MIB))
    contents = [body(f"{key}/1", 5 * MIB), body(f"{key}/2", 2 * MIB)]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(**named, PartNumber=number, Body=part)["ETag"]}
             for number, part in enumerate(contents, 1)]
    answer = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    remember(bucket, key, answer.get("VersionId", "null"), b"".join(contents), kind)


def aborted(bucket, key):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    named = {"Bucket": bucket, "Key": key, "UploadId": upload}
    s3.upload_part(**named, PartNumber=1, Body=body(key, 5 * MIB))
    s3.abort_multipart_upload(**named)


def retained(mode, until):
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}


def fill_disposed():
    s3.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
    jobs = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for number in range(60):
            jobs.append(pool.submit(put, LOCKED, f"2016/inline-{number:03}", SIZES["inline"], "goes"))
        for number in range(20):
            jobs.append(pool.submit(put, LOCKED, f"2016/middle-{number:03}", SIZES["middle"], "goes"))
        for number in range(6):
            jobs.append(pool.submit(put, LOCKED, f"2016/large-{number:03}", SIZES["large"], "goes"))
        jobs.append(pool.submit(multipart, LOCKED, "2016/multipart", "goes"))
        jobs.append(pool.submit(aborted, LOCKED, "2016/aborted"))
        for size, length in SIZES.items():
            for kind, lock in (("compliance", retained("COMPLIANCE", FAR)),
                               ("governance", retained("GOVERNANCE", FAR)),
                               ("hold", {"ObjectLockLegalHoldStatus": "ON"})):
                jobs.append(pool.submit(put, LOCKED, f"2016/{kind}-{size}", length, kind, **lock))
            jobs.append(pool.submit(put, LOCKED, f"2017/{size}", length, "later"))
        for job in jobs:
            job.result()
    # Below a lock: an older version that goes, of a key that stays. And a marker over one that goes.
    put(LOCKED, "2016/compliance-inline", 700, "goes")
    s3.delete_object(Bucket=LOCKED, Key="2016/inline-000")


def fill_short():
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=SHORT_SECONDS)
    for size, length in SIZES.items():
        put(LOCKED, f"2016/short-{size}", length, "short", **retained("COMPLIANCE", until))
    return until.timestamp()


def fill_plain():
    s3.create_bucket(Bucket=PLAIN)
    for size, length in SIZES.items():
        put(PLAIN, f"ct/{size}", length, "goes")
        put(PLAIN, f"ct/{size}", 500, "newest")
        put(PLAIN, f"deleted/{size}", length, "goes")
        s3.delete_object(Bucket=PLAIN, Key=f"deleted/{size}")
        put(PLAIN, f"old/{size}", length, "goes")
    rules(PLAIN, Expiration={"Date": datetime.datetime(2020, 1, 1)}, Filter={"Prefix": "old/"})


def fill_ruled():
    s3.create_bucket(Bucket=RULED)
    s3.put_bucket_versioning(Bucket=RULED, VersioningConfiguration={"Status": "Enabled"})
    for size, length in SIZES.items():
        put(RULED, f"lone/{size}", length, "goes")
        s3.delete_object(Bucket=RULED, Key=f"lone/{size}")
        s3.delete_object(Bucket=RULED, Key=f"lone/{size}", VersionId=state[-1]["version"])
        put(RULED, f"new/{size}", length, "newest")
    rules(RULED, Expiration={"ExpiredObjectDeleteMarker": True}, Filter={"Prefix": ""})


def rules(bucket, **rule):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={
        "Rules": [{"ID": "by date", "Status": "Enabled", **rule}]})


def versions(bucket):
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    return sorted((kind, entry["Key"], entry["VersionId"]) for page in pages
                  for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, []))


def check(stored, kinds):
    stays = [one for one in stored if one["kind"] in kinds]
    for bucket in (LOCKED, PLAIN, RULED):
        shown = versions(bucket)
        want = sorted(("Versions", one["key"], one["version"]) for one in stays if one["bucket"] == bucket)
        assert shown == want, f"{bucket} shows {set(shown) ^ set(want)} otherwise"
    for one in stays:
        answer = s3.get_object(Bucket=one["bucket"], Key=one["key"], VersionId=one["version"])
        found = hashlib.sha256(answer["Body"].read()).hexdigest()
        assert found == one["sha256"], f"{one} reads back otherwise"
    for one in stored:
        if one["kind"] not in kinds and one["version"] != "null":
            try:
                s3.get_object(Bucket=one["bucket"], Key=one["key"], VersionId=one["version"])
            except ClientError as error:
                code = error.response["Error"]["Code"]
                assert code == "NoSuchVersion", f"{one}: {code}"
            else:
                raise AssertionError(f"{one} is still read")


def main(phase, path, *kinds):
    if phase == "fill":
        fill_plain()
        fill_ruled()
        fill_disposed()
        until = fill_short()
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"short_until": until, "versions": state}, file)
        return
    if phase == "list":
        print(json.dumps([versions(bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]]))
        return
    with open(path, encoding="utf-8") as file:
        check(json.load(file)["versions"], kinds)


main(*sys.argv[1:])
