"""Reads objects as a viewer does, and prints nothing.

BUCKET < KEYS   of each key: HEAD, GET, tags; and one listing of its folder
"""

import sys

import boto3
from botocore.config import Config

s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
bucket = sys.argv[1]
for key in sys.stdin.read().splitlines():
    s3.head_object(Bucket=bucket, Key=key)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.get_object_tagging(Bucket=bucket, Key=key)
    s3.list_objects_v2(Bucket=bucket, Prefix=key.rsplit("/", 1)[0] + "/")
