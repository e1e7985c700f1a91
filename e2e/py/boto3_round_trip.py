"""Stores a tree with boto3 (default checksums, multipart by default thresholds) and restores it."""

import concurrent.futures
import os
import sys

import boto3
from botocore.config import Config

source, restored = sys.argv[1:3]
s3 = boto3.client("s3", config=Config(max_pool_connections=16, s3={"addressing_style": "path"}))
s3.create_bucket(Bucket="boto3")
names = []
for folder, _, files in os.walk(source):
    names += [os.path.relpath(os.path.join(folder, name), source) for name in files]


def up(name):
    s3.upload_file(os.path.join(source, name), "boto3", "t/" + name)


def down(name):
    path = os.path.join(restored, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    s3.download_file("boto3", "t/" + name, path)


with concurrent.futures.ThreadPoolExecutor(12) as pool:
    list(pool.map(up, names))
    listed = [
        item["Key"][2:]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="boto3", Prefix="t/")
        for item in page.get("Contents", [])
    ]
    assert sorted(listed) == sorted(names), (len(listed), len(names))
    list(pool.map(down, listed))
