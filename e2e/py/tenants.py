"""What the scripts of tenants and keys share: the command line as one key uses it, S3 clients, one-time passwords."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BINARY = os.environ["AZEKURA_BINARY"]
ADMIN = os.environ["AZEKURA_ADMIN"]
HOME = os.environ["AZEKURA_HOME"]
ROOT = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


class Refused(Exception):
    """The command line ended with an error."""


def pair(made):
    """A key as the command line prints it."""
    return made["access_key_id"], made["secret_access_key"]


def az(key, *words, text=False):
    """Runs the command line with a key; what it prints."""
    environment = dict(os.environ, AZEKURA_ACCESS_KEY_ID=key[0], AZEKURA_SECRET_ACCESS_KEY=key[1])
    words = [BINARY, *words, "--endpoint", ADMIN] + ([] if text else ["--json"])
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout if text else json.loads(done.stdout)


def refused(key, *words, saying=""):
    """What the command line says against it; that it works is a failure."""
    try:
        answer = az(key, *words)
    except Refused as error:
        assert saying in str(error), f"{words}: not {saying!r} but {error}"
        return str(error)
    raise AssertionError(f"{words} was allowed: {answer}")


def s3(key):
    """An S3 client with a key."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"},
                    retries={"total_max_attempts": 3})
    return boto3.client("s3", aws_access_key_id=key[0], aws_secret_access_key=key[1], config=config)


def s3_refused(call, code="AccessDenied", **arguments):
    """What S3 says against a call; that it works is a failure."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        # An answer to HEAD has no body.
        assert told["Code"] in (code, str(status)) and status in (403, 404), f"{arguments}: {told}"
        return told.get("Message", "")
    raise AssertionError(f"{call.__name__} {arguments} was allowed: {answer}")


def code(secret, back=0):
    """One-time password of an authenticator (RFC 6238: SHA-1, 6 digits, 30 s)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = int(time.time()) // 30 - back
    digest = hmac.new(key, counter.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start:start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def session(key):
    """Enrols the owner of a key and logs in."""
    secret = az(key, "totp", "enrol")["secret"]
    return pair(az(key, "login", "--code", code(secret))), secret


def signing_key(name):
    """A key pair of OpenSSH; the file of the private key."""
    file = os.path.join(HOME, name)
    if not os.path.exists(file):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file], check=True)
    return file


def signed(key, request, file):
    """Hands in the approval of a request, signed with a file."""
    text = os.path.join(HOME, f"{request}.txt")
    with open(text, "w", encoding="utf-8") as out:
        out.write(az(key, "request", "text", request, text=True))
    if os.path.exists(text + ".sig"):
        os.remove(text + ".sig")
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "azekura-request", "-f", file, text],
                   check=True, capture_output=True)
    return az(key, "request", "approve", request, "--signature", text + ".sig")
