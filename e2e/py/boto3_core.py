"""The S3 core through boto3: each check is a small function; all of them run."""

import base64
import hashlib
import urllib.error
import urllib.request
import zlib

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
v4 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert code in (found, str(status)), f"{found} ({status}) instead of {code}"
        return error.response
    raise AssertionError(f"{call} was not refused with {code}")


def http_status(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.code


@check
def buckets(b):
    assert b in [item["Name"] for item in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=b)
    refused("404", s3.head_bucket, Bucket="no-such-bucket-here")
    s3.create_bucket(Bucket=b)  # as in us-east-1, for which this client signs
    assert "LocationConstraint" in s3.get_bucket_location(Bucket=b)
    refused("InvalidBucketName", s3.create_bucket, Bucket="name.at-20261120t030000z")


@check
def metadata_and_ranges(b):
    body = bytes(range(256)) * 1000
    put = s3.put_object(Bucket=b, Key="m", Body=body, Metadata={"patient": "synthetic"},
                        ContentType="application/dicom", CacheControl="no-store",
                        ContentDisposition="attachment", ContentLanguage="ja")
    assert put["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()
    assert put["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"]
    head = s3.head_object(Bucket=b, Key="m")
    assert head["Metadata"] == {"patient": "synthetic"}
    assert head["ContentType"] == "application/dicom" and head["ContentLanguage"] == "ja"
    assert head["ContentLength"] == len(body)
    for spec, want in [("bytes=0-0", body[:1]), ("bytes=65530-65545", body[65530:65546]),
                       ("bytes=-5", body[-5:]), ("bytes=255990-", body[255990:])]:
        got = s3.get_object(Bucket=b, Key="m", Range=spec)
        assert got["Body"].read() == want and got["ResponseMetadata"]["HTTPStatusCode"] == 206
    refused("InvalidRange", s3.get_object, Bucket=b, Key="m", Range="bytes=999999-")


@check
def conditions(b):
    etag = s3.put_object(Bucket=b, Key="c", Body=b"1")["ETag"]
    refused("304", s3.get_object, Bucket=b, Key="c", IfNoneMatch=etag)
    refused("412", s3.get_object, Bucket=b, Key="c", IfMatch='"0"')
    refused("PreconditionFailed", s3.put_object, Bucket=b, Key="c", Body=b"2", IfNoneMatch="*")
    refused("PreconditionFailed", s3.put_object, Bucket=b, Key="c", Body=b"2", IfMatch='"0"')
    s3.put_object(Bucket=b, Key="c", Body=b"2", IfMatch=etag)
    s3.put_object(Bucket=b, Key="c-new", Body=b"2", IfNoneMatch="*")


@check
def checksums(b):
    for name in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
        try:
            put = s3.put_object(Bucket=b, Key="sum", Body=b"123456789", ChecksumAlgorithm=name)
        except Exception as error:
            if "CRT" in str(error) or "crt" in str(error):
                continue  # this boto3 has no native code for the algorithm
            raise
        got = s3.get_object(Bucket=b, Key="sum", ChecksumMode="ENABLED")
        assert got["Body"].read() == b"123456789"
        field = "Checksum" + name
        assert put[field] == got[field], (name, put.get(field), got.get(field))
    refused("BadDigest", s3.put_object, Bucket=b, Key="sum", Body=b"1", ChecksumCRC32="AAAAAA==")
    refused("404", s3.head_object, Bucket=b, Key="never")


@check
def copies(b):
    s3.put_object(Bucket=b, Key="src", Body=b"x" * 2_000_000, Metadata={"a": "1"})
    s3.copy_object(Bucket=b, Key="dst", CopySource={"Bucket": b, "Key": "src"})
    got = s3.get_object(Bucket=b, Key="dst")
    assert got["Body"].read() == b"x" * 2_000_000 and got["Metadata"] == {"a": "1"}
    s3.copy_object(Bucket=b, Key="dst", CopySource={"Bucket": b, "Key": "src"},
                   MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert s3.head_object(Bucket=b, Key="dst")["Metadata"] == {"b": "2"}
    refused("InvalidRequest", s3.copy_object, Bucket=b, Key="src",
            CopySource={"Bucket": b, "Key": "src"})
    refused("NoSuchKey", s3.copy_object, Bucket=b, Key="d", CopySource={"Bucket": b, "Key": "no"})


@check
def multipart(b):
    mib = 1024 * 1024
    s3.put_object(Bucket=b, Key="base", Body=b"c" * 6 * mib)
    upload = s3.create_multipart_upload(Bucket=b, Key="mp", Metadata={"k": "v"})["UploadId"]
    name = {"Bucket": b, "Key": "mp", "UploadId": upload}
    parts = []
    for number, body in [(1, b"a" * 5 * mib), (3, b"z" * 10)]:
        etag = s3.upload_part(PartNumber=number, Body=body, **name)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    copied = s3.upload_part_copy(PartNumber=2, CopySource={"Bucket": b, "Key": "base"},
                                 CopySourceRange="bytes=0-%d" % (5 * mib - 1), **name)
    parts.insert(1, {"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]})
    assert [p["PartNumber"] for p in s3.list_parts(**name)["Parts"]] == [1, 2, 3]
    assert upload in [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=b)["Uploads"]]
    refused("InvalidPart", s3.complete_multipart_upload,
            MultipartUpload={"Parts": [{"PartNumber": 9, "ETag": '"0"'}]}, **name)
    refused("InvalidPartOrder", s3.complete_multipart_upload,
            MultipartUpload={"Parts": parts[::-1]}, **name)
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **name)
    assert done["ETag"].endswith('-3"')
    got = s3.get_object(Bucket=b, Key="mp")
    assert got["Body"].read() == b"a" * 5 * mib + b"c" * 5 * mib + b"z" * 10
    assert got["Metadata"] == {"k": "v"}
    assert s3.get_object(Bucket=b, Key="mp", PartNumber=3)["Body"].read() == b"z" * 10
    upload = s3.create_multipart_upload(Bucket=b, Key="gone")["UploadId"]
    s3.upload_part(Bucket=b, Key="gone", UploadId=upload, PartNumber=1, Body=b"a" * 3 * mib)
    s3.abort_multipart_upload(Bucket=b, Key="gone", UploadId=upload)
    refused("NoSuchUpload", s3.list_parts, Bucket=b, Key="gone", UploadId=upload)
    upload = s3.create_multipart_upload(Bucket=b, Key="small")["UploadId"]
    name = {"Bucket": b, "Key": "small", "UploadId": upload}
    parts = [{"PartNumber": n, "ETag": s3.upload_part(PartNumber=n, Body=b"q", **name)["ETag"]}
             for n in (1, 2)]
    refused("EntityTooSmall", s3.complete_multipart_upload,
            MultipartUpload={"Parts": parts}, **name)
    s3.abort_multipart_upload(**name)


@check
def versions(b):
    assert "Status" not in s3.get_bucket_versioning(Bucket=b)
    s3.put_object(Bucket=b, Key="v", Body=b"null one")
    s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket=b, Key="v", Body=b"%d" % n)["VersionId"] for n in range(3)]
    listed = s3.list_object_versions(Bucket=b, Prefix="v")["Versions"]
    assert [item["VersionId"] for item in listed] == ids[::-1] + ["null"], listed
    assert [item["IsLatest"] for item in listed] == [True, False, False, False]
    assert s3.get_object(Bucket=b, Key="v", VersionId=ids[0])["Body"].read() == b"0"
    assert s3.get_object(Bucket=b, Key="v", VersionId="null")["Body"].read() == b"null one"
    marker = s3.delete_object(Bucket=b, Key="v")
    assert marker["DeleteMarker"] is True
    gone = refused("404", s3.get_object, Bucket=b, Key="v")
    assert gone["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker") == "true"
    refused("405", s3.get_object, Bucket=b, Key="v", VersionId=marker["VersionId"])
    s3.delete_object(Bucket=b, Key="v", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=b, Key="v")["Body"].read() == b"2"
    s3.delete_object(Bucket=b, Key="v", VersionId=ids[2])
    assert s3.get_object(Bucket=b, Key="v")["Body"].read() == b"1"
    refused("NoSuchVersion", s3.get_object, Bucket=b, Key="v", VersionId=ids[2])
    s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=b, Key="v", Body=b"null two").get("VersionId") in (None, "null")
    listed = s3.list_object_versions(Bucket=b, Prefix="v")["Versions"]
    assert [item["VersionId"] for item in listed] == ["null", ids[1], ids[0]], listed


@check
def listings(b):
    for name in ["l/a/1", "l/a/2", "l/b/1", "l/c", "l/日本/語 +&<>", "l/\u0001ctl"]:
        s3.put_object(Bucket=b, Key=name, Body=b"")
    page = s3.list_objects_v2(Bucket=b, Prefix="l/", Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["l/a/", "l/b/", "l/日本/"], page
    names, token = [], {}
    while True:
        page = s3.list_objects_v2(Bucket=b, Prefix="l/", MaxKeys=2, **token)
        names += [item["Key"] for item in page["Contents"]]
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert names == ["l/\u0001ctl", "l/a/1", "l/a/2", "l/b/1", "l/c", "l/日本/語 +&<>"], names
    page = s3.list_objects(Bucket=b, Prefix="l/", Delimiter="/", MaxKeys=2)
    assert page["IsTruncated"] and page["NextMarker"] == "l/a/", page
    assert s3.list_objects_v2(Bucket=b, MaxKeys=0)["KeyCount"] == 0


@check
def batch_delete(b):
    for n in range(5):
        s3.put_object(Bucket=b, Key="bd/%d" % n, Body=b"")
    answer = s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "bd/%d" % n}
                                                             for n in range(6)]})
    assert len(answer["Deleted"]) == 6 and "Errors" not in answer
    assert s3.list_objects_v2(Bucket=b, Prefix="bd/")["KeyCount"] == 0


@check
def presigned(b):
    # boto3 presigns with SigV2 unless told otherwise; that is refused.
    old = s3.generate_presigned_url("get_object", Params={"Bucket": b, "Key": "p"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" not in old or http_status(old) == 400
    s3.put_object(Bucket=b, Key="p", Body=b"presigned")
    url = v4.generate_presigned_url("get_object", Params={"Bucket": b, "Key": "p"}, ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == b"presigned"
    url = v4.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "p2"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(url, data=b"put", method="PUT"))
    assert s3.get_object(Bucket=b, Key="p2")["Body"].read() == b"put"
    month = 30 * 86400
    long = v4.generate_presigned_url("get_object", Params={"Bucket": b, "Key": "p"},
                                     ExpiresIn=month)
    assert http_status(long) in (400, 403), "a presigned URL of 30 days was accepted"


@check
def tags_of_versions(b):
    s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=b, Key="t", Body=b"1", Tagging="a=1")
    s3.put_object(Bucket=b, Key="t", Body=b"2")
    tags = [{"Key": "診療科", "Value": "循環器"}]
    old = {"Bucket": b, "Key": "t", "VersionId": first["VersionId"]}
    assert s3.put_object_tagging(Tagging={"TagSet": tags}, **old)["VersionId"] == old["VersionId"]
    assert s3.get_object_tagging(**old)["TagSet"] == tags
    assert s3.get_object_tagging(Bucket=b, Key="t")["TagSet"] == []
    head = s3.head_object(**old)
    assert head["ETag"] == first["ETag"] and head["TagCount"] == 1
    s3.delete_object_tagging(**old)
    assert s3.get_object_tagging(**old)["TagSet"] == []
    many = [{"Key": str(n), "Value": ""} for n in range(11)]
    refused("BadRequest", s3.put_object_tagging, Bucket=b, Key="t", Tagging={"TagSet": many})


@check
def attributes_and_conditional_deletes(b):
    upload = s3.create_multipart_upload(Bucket=b, Key="m", ChecksumAlgorithm="CRC32",
                                        ChecksumType="FULL_OBJECT")["UploadId"]
    one = {"Bucket": b, "Key": "m", "UploadId": upload}
    parts = []
    for number, body in [(1, b"a" * (5 << 20)), (2, b"b")]:
        part = s3.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm="CRC32", **one)
        parts.append({"PartNumber": number, "ETag": part["ETag"],
                      "ChecksumCRC32": part["ChecksumCRC32"]})
    refused("InvalidRequest", s3.complete_multipart_upload, MpuObjectSize=1,
            MultipartUpload={"Parts": parts}, **one)
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **one)
    whole = base64.b64encode(zlib.crc32(b"a" * (5 << 20) + b"b").to_bytes(4, "big")).decode()
    assert done["ChecksumCRC32"] == whole and done["ServerSideEncryption"] == "AES256"
    told = s3.get_object_attributes(
        Bucket=b, Key="m", MaxParts=1,
        ObjectAttributes=["ETag", "Checksum", "ObjectParts", "ObjectSize", "StorageClass"])
    assert told["ETag"] == done["ETag"].strip('"') and told["Checksum"]["ChecksumCRC32"] == whole
    assert told["ObjectParts"]["IsTruncated"] and told["ObjectParts"]["TotalPartsCount"] == 2
    refused("416", s3.get_object, Bucket=b, Key="m", PartNumber=3)
    refused("PreconditionFailed", s3.delete_object, Bucket=b, Key="m", IfMatch='"0"')
    s3.delete_object(Bucket=b, Key="m", IfMatch=done["ETag"])
    refused("404", s3.head_object, Bucket=b, Key="m")
    refused("AccessControlListNotSupported", s3.put_object, Bucket=b, Key="acl", ACL="public-read")
    refused("AccessDenied", s3.put_object, Bucket=b, Key="o", ExpectedBucketOwner="111122223333")


@check
def not_built_is_said(b):
    for call, arguments in [
        (s3.put_bucket_website, {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "i"}}}),
    ]:
        refused("NotImplemented", call, Bucket=b, **arguments)
    refused("MalformedPolicy", s3.put_bucket_policy, Bucket=b, Policy="{}")
    # A lock that the bucket cannot keep is not left out.
    refused("InvalidRequest", s3.put_object, Bucket=b, Key="lock", Body=b"",
            ObjectLockLegalHoldStatus="ON")
    refused("404", s3.head_object, Bucket=b, Key="lock")


for number, function in enumerate(CHECKS):
    bucket = "core-%02d" % number
    s3.create_bucket(Bucket=bucket)
    function(bucket)
    print("ok", function.__name__)

# A bucket is deleted when S3 shows nothing in it, and its name can be used again.
s3.create_bucket(Bucket="again")
s3.put_object(Bucket="again", Key="k", Body=b"old")
refused("BucketNotEmpty", s3.delete_bucket, Bucket="again")
s3.delete_object(Bucket="again", Key="k")
s3.delete_bucket(Bucket="again")
refused("NoSuchBucket", s3.list_objects_v2, Bucket="again")
s3.create_bucket(Bucket="again")
assert s3.list_objects_v2(Bucket="again")["KeyCount"] == 0
print("ok buckets_again")
