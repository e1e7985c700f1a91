"""What the TLS scripts share: where the server is, whom to trust, who to be."""

import os

import boto3
from botocore.config import Config

CA = os.environ["TLS_CA"]
CERTIFICATE = os.environ.get("TLS_CERT")
KEY = os.environ.get("TLS_KEY")
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def s3(certificate=CERTIFICATE, key=KEY):
    """An S3 client, with a client certificate if there is one."""
    shown = (certificate, key) if certificate else None
    config = Config(client_cert=shown, signature_version="s3v4", retries={"total_max_attempts": 1})
    return boto3.client("s3", verify=CA, config=config)
