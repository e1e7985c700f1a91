"""A tenant whose contents its own passphrase seals: filled, then met by a server that was started again."""

import hashlib
import json
import os
import subprocess
import sys

from botocore.exceptions import ClientError

from tenants import HOME, ROOT, az, pair, refused, s3

PASSPHRASE, WRONG = f"{HOME}/passphrase", f"{HOME}/wrong"
BUCKET = "charts"
KEPT = f"{HOME}/kept.json"
OBJECTS = {"small": b"s" * 4000, "large": os.urandom(3_000_000), "\u85ac/\u51e6\u65b9": b"rx" * 100}


def unavailable(call, **arguments):
    """503 with what to do next."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        told = error.response
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 503, told
        assert told["Error"]["Code"] == "ServiceUnavailable", told
        assert "has not unlocked its key" in told["Error"]["Message"], told
        assert "azekura tenant unlock" in told["Error"].get("Hint", ""), told
        return
    raise AssertionError(f"{call.__name__} {arguments} was answered: {answer}")


def aws(key, *words):
    """aws-cli with a key."""
    environment = dict(os.environ, AWS_ACCESS_KEY_ID=key[0], AWS_SECRET_ACCESS_KEY=key[1])
    return subprocess.run(["aws", "s3", *words], env=environment, capture_output=True, text=True, check=False)


def filled():
    made = az(ROOT, "tenant", "create", "east", "--dual-control", "off", "--admin", "yamada", "--sealed",
              "--without-one-time-passwords")
    tenant, key = made["id"], pair(made["keys"][0])
    assert made["contents"] == "no passphrase yet", made
    admin = s3(key)
    admin.create_bucket(Bucket=BUCKET)
    data = pair(az(key, "key", "create", "--label", "data", "--preset", "backup"))
    client = s3(data)
    unavailable(client.put_object, Bucket=BUCKET, Key="early", Body=b"x")
    refused(ROOT, "tenant", "passphrase", tenant, "--first", "--new-passphrase-file", PASSPHRASE,
            saying="not the tenant of the key")
    az(key, "tenant", "passphrase", tenant, "--first", "--new-passphrase-file", PASSPHRASE)
    admin.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    kept = {}
    for name, content in OBJECTS.items():
        client.put_object(Bucket=BUCKET, Key=name, Body=content)
        kept[name] = hashlib.sha256(content).hexdigest()
    big = os.urandom(11 << 20)
    with open(f"{HOME}/big", "wb") as out:
        out.write(big)
    done = aws(data, "cp", f"{HOME}/big", f"s3://{BUCKET}/big")
    assert done.returncode == 0, done.stderr
    kept["big"] = hashlib.sha256(big).hexdigest()
    client.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "large"})
    kept["copy"] = kept["large"]
    reads(client, kept)
    with open(KEPT, "w", encoding="utf-8") as out:
        json.dump({"tenant": tenant, "key": key, "data": data, "kept": kept}, out)
    return {"objects": len(kept)}


def reads(client, kept):
    for name, digest in kept.items():
        content = client.get_object(Bucket=BUCKET, Key=name)["Body"].read()
        assert hashlib.sha256(content).hexdigest() == digest, name


def locked(client, kept):
    """Names and HEAD answer; contents and everything that stores one do not."""
    listed = {entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert listed == set(kept), listed
    for name in kept:
        assert client.head_object(Bucket=BUCKET, Key=name)["ContentLength"] > 0
        unavailable(client.get_object, Bucket=BUCKET, Key=name)
    unavailable(client.put_object, Bucket=BUCKET, Key="new", Body=b"x")
    unavailable(client.copy_object, Bucket=BUCKET, Key="new", CopySource={"Bucket": BUCKET, "Key": "small"})
    unavailable(client.create_multipart_upload, Bucket=BUCKET, Key="new")
    assert {entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]} == set(kept)


def started_again():
    with open(KEPT, encoding="utf-8") as file:
        known = json.load(file)
    tenant, key, kept = known["tenant"], tuple(known["key"]), known["kept"]
    client = s3(tuple(known["data"]))
    assert az(key, "tenant", "list")["tenants"][0]["contents"] == "locked"
    locked(client, kept)
    refused(key, "tenant", "unlock", tenant, "--passphrase-file", WRONG, saying="not the passphrase")
    refused(ROOT, "tenant", "unlock", tenant, "--passphrase-file", PASSPHRASE, saying="not the tenant of the key")
    unavailable(client.get_object, Bucket=BUCKET, Key="small")
    assert az(key, "tenant", "unlock", tenant, "--passphrase-file", PASSPHRASE)["contents"] == "unlocked"
    reads(client, kept)
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="begun")["UploadId"]
    refused(ROOT, "tenant", "lock", tenant, saying="not the tenant of the key")
    az(key, "tenant", "lock", tenant)
    locked(client, kept)
    part = {"Bucket": BUCKET, "Key": "begun", "UploadId": upload, "PartNumber": 1, "Body": b"p" * 1000}
    unavailable(client.upload_part, **part)
    az(key, "tenant", "unlock", tenant, "--passphrase-file", PASSPHRASE)
    etag = client.upload_part(**part)["ETag"]
    client.complete_multipart_upload(Bucket=BUCKET, Key="begun", UploadId=upload,
                                     MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert client.get_object(Bucket=BUCKET, Key="begun")["Body"].read() == b"p" * 1000
    # Who and when is on record; what was typed is not.
    trail = az(ROOT, "audit", "query", text=True) + az(key, "audit", "query", text=True)
    assert "/unlock" in trail, trail[-2000:]
    with open(PASSPHRASE, encoding="utf-8") as file:
        assert file.read().strip() not in trail
    return {"reads": len(kept)}


print(json.dumps(filled() if sys.argv[1] == "filled" else started_again()))
