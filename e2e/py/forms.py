"""Uploads by forms: boto3 signs them, urllib3 and curl post them. And errors as boto3 reads them.

AWS_ENDPOINT_URL and the key come from the environment; the first argument is a folder to write to.
"""

import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

FOLDER = pathlib.Path(sys.argv[1])
CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "path"})
s3 = boto3.client("s3", config=CONFIG)
http = urllib3.PoolManager()
BUCKET = "forms"
count = 0


def check(condition, *shown):
    global count
    count += 1
    assert condition, shown


def sign(key, fields=None, conditions=None, seconds=600):
    fields = dict(fields or {})
    conditions = [{name: value} for name, value in fields.items()] + list(conditions or [])
    return s3.generate_presigned_post(BUCKET, key, fields, conditions, seconds)


def post(signed, content=b"content", name="scan.dcm", change=None):
    fields = dict(signed["fields"], **(change or {}))
    parts = list(fields.items()) + [("file", (name, content, "application/dicom"))]
    return http.request("POST", signed["url"], fields=parts, redirect=False)


def code_of(answer):
    return ElementTree.fromstring(answer.data).findtext("Code")


def stored(key):
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def good_forms():
    check(post(sign("plain")).status == 204)
    check(stored("plain") == b"content")
    fields = {
        "Content-Type": "application/dicom",
        "x-amz-meta-ward": "3",
        "success_action_status": "201",
        "x-amz-server-side-encryption": "AES256",
        "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    }
    answer = post(sign("患者/${filename}", fields), name="画像 1.dcm")
    check(answer.status == 201, answer.data)
    key = ElementTree.fromstring(answer.data).findtext("Key")
    check(key == "患者/画像 1.dcm", key)
    head = s3.head_object(Bucket=BUCKET, Key=key)
    check(head["ContentType"] == "application/dicom" and head["Metadata"] == {"ward": "3"}, head)
    check(head["ETag"] == answer.headers["ETag"])
    tags = s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
    check(tags == [{"Key": "a", "Value": "b"}], tags)
    answer = post(sign("r", {"success_action_redirect": "http://127.0.0.1:9/done"}))
    check(answer.status == 303, answer.data)
    check(answer.headers["Location"].startswith("http://127.0.0.1:9/done?bucket=forms&key=r&etag="))


def large_and_empty():
    large = bytes(range(256)) * 40_000
    check(post(sign("large", conditions=[["content-length-range", 1, 20_000_000]]), large).status == 204)
    check(stored("large") == large)
    check(post(sign("empty"), b"").status == 204)
    check(stored("empty") == b"")


def by_curl():
    file = FOLDER / "curl file.bin"
    file.write_bytes(b"\r\n--x\r\n" * 1000)
    signed = sign("curl/${filename}")
    command = ["curl", "-sS", "-o", str(FOLDER / "answer"), "-w", "%{http_code}"]
    for name, value in signed["fields"].items():
        command += ["-F", f"{name}={value}"]
    command += ["-F", f"file=@{file}", signed["url"]]
    status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    check(status == "204", status, (FOLDER / "answer").read_text(errors="replace"))
    check(stored("curl/curl file.bin") == file.read_bytes())


def bad_forms():
    before = s3.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    limited = [["content-length-range", 2, 5]]
    for what, signed, arguments, status, code in [
        ("too large", sign("bad", conditions=limited), {}, 400, "EntityTooLarge"),
        ("too small", sign("bad", conditions=limited), {"content": b"x"}, 400, "EntityTooSmall"),
        ("expired", sign("bad", seconds=-10), {}, 403, "AccessDenied"),
        ("another key", sign("good"), {"change": {"key": "bad"}}, 403, "AccessDenied"),
        ("a field more", sign("bad"), {"change": {"x-amz-meta-a": "1"}}, 403, "AccessDenied"),
        ("another policy", sign("bad"), {"change": {"policy": "e30="}}, 403, "SignatureDoesNotMatch"),
        (
            "a lock in a bucket without",
            sign("bad", {"x-amz-object-lock-legal-hold": "ON"}),
            {},
            400,
            "InvalidRequest",
        ),
    ]:
        answer = post(signed, **arguments)
        check((answer.status, code_of(answer)) == (status, code), what, answer.status, answer.data)
    anonymous = {"url": sign("bad")["url"], "fields": {"key": "bad"}}
    answer = post(anonymous)
    check((answer.status, code_of(answer)) == (403, "AccessDenied"), answer.data)
    check(s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == before)


def errors_as_boto3_reads_them():
    """The hint is an element more; code, message and status are where they always were."""
    try:
        s3.get_object(Bucket=BUCKET, Key="none")
        check(False)
    except s3.exceptions.NoSuchKey as error:
        told = error.response["Error"]
        check(told["Code"] == "NoSuchKey", told)
        check(told["Message"] == "The specified key does not exist.", told)
        check(told["Hint"], told)
    try:
        s3.get_object(Bucket="none-such", Key="none")
        check(False)
    except ClientError as error:
        check(error.response["Error"]["Code"] == "NoSuchBucket", error.response)
    try:
        s3.put_object(Bucket=BUCKET, Key="plain", Body=b"x", IfNoneMatch="*")
        check(False)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        check((error.response["Error"]["Code"], status) == ("PreconditionFailed", 412))


s3.create_bucket(Bucket=BUCKET)
good_forms()
large_and_empty()
by_curl()
bad_forms()
errors_as_boto3_reads_them()
print(f"{count} checks")
