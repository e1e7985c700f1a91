"""What a bucket can be configured with, through boto3: each check is a small function; all of them run."""

import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
v4 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
ENDPOINT = s3.meta.endpoint_url
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


def browser(method, url, **headers):
    """A request as a browser sends it: status and headers."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=names)
    try:
        answer = urllib.request.urlopen(request)
        return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


@check
def tags(b):
    assert refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=b) == 404
    wanted = [{"Key": "cost", "Value": ""}, {"Key": "部署", "Value": "放射線科 1"}]
    s3.put_bucket_tagging(Bucket=b, Tagging={"TagSet": wanted})
    assert s3.get_bucket_tagging(Bucket=b)["TagSet"] == wanted
    for bad in ("aws:x", "a*"):
        refused("InvalidTag", s3.put_bucket_tagging, Bucket=b, Tagging={"TagSet": [{"Key": bad, "Value": "x"}]})
    assert s3.get_bucket_tagging(Bucket=b)["TagSet"] == wanted
    s3.delete_bucket_tagging(Bucket=b)
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=b)
    refused("NoSuchBucket", s3.put_bucket_tagging, Bucket=b + "-none", Tagging={"TagSet": wanted})


@check
def cors(b):
    refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=b)
    rules = [{"ID": "viewer", "AllowedOrigins": ["https://*.hospital.example"], "AllowedMethods": ["GET", "PUT"],
              "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]
    s3.put_bucket_cors(Bucket=b, CORSConfiguration={"CORSRules": rules})
    assert s3.get_bucket_cors(Bucket=b)["CORSRules"] == rules
    refused("InvalidRequest", s3.put_bucket_cors, Bucket=b, CORSConfiguration={
        "CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]})
    origin = "https://viewer.hospital.example"
    # A page puts and gets by presigned URLs.
    for method, operation in (("PUT", "put_object"), ("GET", "get_object")):
        url = v4.generate_presigned_url(operation, Params={"Bucket": b, "Key": "画像.dcm"}, HttpMethod=method)
        status, headers = browser("OPTIONS", url, Origin=origin, Access_Control_Request_Method=method,
                                  Access_Control_Request_Headers="content-type")
        assert status == 200 and headers["Access-Control-Allow-Origin"] == origin, (status, headers)
        assert headers["Access-Control-Allow-Headers"] == "content-type"
        assert headers["Access-Control-Max-Age"] == "60"
        status, headers = browser(method, url, Origin=origin)
        assert status == 200 and headers["Access-Control-Allow-Origin"] == origin, (method, status, headers)
        assert headers["Access-Control-Expose-Headers"] == "ETag" and "Origin" in headers["Vary"]
    url = f"{ENDPOINT}/{b}/key"
    status, headers = browser("OPTIONS", url, Origin="https://else.example", Access_Control_Request_Method="GET")
    assert status == 403 and "Access-Control-Allow-Origin" not in headers
    status, headers = browser("GET", url, Origin=origin)
    assert status == 403 and headers["Access-Control-Allow-Origin"] == origin
    s3.delete_object(Bucket=b, Key="画像.dcm")
    s3.delete_bucket_cors(Bucket=b)
    refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=b)
    status, headers = browser("OPTIONS", url, Origin=origin, Access_Control_Request_Method="GET")
    assert status == 403 and "Access-Control-Allow-Origin" not in headers


@check
def public_access(b):
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    get = lambda: s3.get_public_access_block(Bucket=b)["PublicAccessBlockConfiguration"]
    assert get() == dict.fromkeys(names, True)
    wanted = dict(zip(names, (True, False, True, False)))
    s3.put_public_access_block(Bucket=b, PublicAccessBlockConfiguration=wanted)
    assert get() == wanted
    s3.delete_public_access_block(Bucket=b)
    assert refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=b) == 404
    assert s3.get_bucket_policy_status(Bucket=b)["PolicyStatus"]["IsPublic"] is False


@check
def ownership(b):
    get = lambda: s3.get_bucket_ownership_controls(Bucket=b)["OwnershipControls"]["Rules"]
    enforced = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert get() == enforced
    for number, other in enumerate(("ObjectWriter", "BucketOwnerPreferred")):
        s3.put_bucket_ownership_controls(
            Bucket=b, OwnershipControls={"Rules": [{"ObjectOwnership": other}]})
        assert get() == [{"ObjectOwnership": other}]
        s3.create_bucket(Bucket=b + "-%d" % number, ObjectOwnership=other)
    s3.delete_bucket_ownership_controls(Bucket=b)
    assert refused("OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, Bucket=b) == 404
    s3.put_bucket_ownership_controls(Bucket=b, OwnershipControls={"Rules": enforced})
    assert get() == enforced


@check
def encryption(b):
    get = lambda: s3.get_bucket_encryption(Bucket=b)["ServerSideEncryptionConfiguration"]["Rules"]
    rule = lambda algorithm, key: [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm},
                                    "BucketKeyEnabled": key}]
    assert get() == rule("AES256", False)
    s3.put_bucket_encryption(Bucket=b, ServerSideEncryptionConfiguration={"Rules": rule("AES256", True)})
    assert get() == rule("AES256", True)
    assert refused("NotImplemented", s3.put_bucket_encryption, Bucket=b,
                   ServerSideEncryptionConfiguration={"Rules": rule("aws:kms", True)}) == 501
    s3.delete_bucket_encryption(Bucket=b)
    assert get() == rule("AES256", False)


@check
def as_terraform_reads(b):
    assert s3.get_bucket_request_payment(Bucket=b)["Payer"] == "BucketOwner"
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=b)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=b)
    found = s3.get_bucket_notification_configuration(Bucket=b)
    assert [name for name in found if name != "ResponseMetadata"] == [], found
    for code, call in (
        ("NoSuchWebsiteConfiguration", s3.get_bucket_website),
        ("ReplicationConfigurationNotFoundError", s3.get_bucket_replication),
        ("NoSuchBucketPolicy", s3.get_bucket_policy),
        ("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration),
        ("ObjectLockConfigurationNotFoundError", s3.get_object_lock_configuration),
    ):
        assert refused(code, call, Bucket=b) == 404
    for call, name in (
        (s3.list_bucket_inventory_configurations, "InventoryConfigurationList"),
        (s3.list_bucket_analytics_configurations, "AnalyticsConfigurationList"),
        (s3.list_bucket_metrics_configurations, "MetricsConfigurationList"),
        (s3.list_bucket_intelligent_tiering_configurations, "IntelligentTieringConfigurationList"),
    ):
        found = call(Bucket=b)
        assert found["IsTruncated"] is False and name not in found
    assert refused("NotImplemented", s3.put_bucket_website, Bucket=b,
                   WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}) == 501
    assert refused("NotImplemented", s3.put_bucket_accelerate_configuration, Bucket=b,
                   AccelerateConfiguration={"Status": "Enabled"}) == 501
    s3.put_bucket_request_payment(Bucket=b, RequestPaymentConfiguration={"Payer": "BucketOwner"})


@check
def pages_of_buckets(b):
    names = [f"{b}-page-{i}" for i in range(7)]
    for name in names:
        s3.create_bucket(Bucket=name)
    found, token = [], {}
    while True:
        page = s3.list_buckets(MaxBuckets=3, Prefix=b + "-page-", **token)
        assert page["Prefix"] == b + "-page-" and len(page["Buckets"]) <= 3
        found += [bucket["Name"] for bucket in page["Buckets"]]
        if "ContinuationToken" not in page:
            break
        token = {"ContinuationToken": page["ContinuationToken"]}
    assert found == names
    region = s3.head_bucket(Bucket=b)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"]
    here = s3.list_buckets(BucketRegion=region, Prefix=b + "-page-")["Buckets"]
    assert len(here) == 7 and here[0]["BucketRegion"] == region
    assert s3.list_buckets(BucketRegion="eu-west-1").get("Buckets", []) == []
    assert s3.get_bucket_location(Bucket=b)["LocationConstraint"] == region
    for name in names:
        s3.delete_bucket(Bucket=name)


@check
def tags_at_creation_are_not_lost(b):
    refused("NotImplemented", s3.create_bucket, Bucket=b + "-tagged", CreateBucketConfiguration={
        "Tags": [{"Key": "a", "Value": "b"}]})
    refused("NoSuchBucket", s3.get_bucket_tagging, Bucket=b + "-tagged")


for number, function in enumerate(CHECKS):
    bucket = f"configured-{number}"
    s3.create_bucket(Bucket=bucket)
    function(bucket)
    s3.delete_bucket(Bucket=bucket)
    print("ok", function.__name__)
