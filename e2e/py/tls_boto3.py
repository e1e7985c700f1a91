"""boto3 with a client certificate: a round trip; and every way in that must be shut."""

import os
import sys

from botocore.exceptions import ClientError, ConnectionError as BotoConnectionError, HTTPClientError, SSLError

from tls_common import s3

client = s3()
client.create_bucket(Bucket="tls-boto3")
content = os.urandom(9 << 20)
client.put_object(Bucket="tls-boto3", Key="k", Body=content)
assert client.get_object(Bucket="tls-boto3", Key="k")["Body"].read() == content

for certificate, key in [(None, None), (os.environ["TLS_STRANGER_CERT"], os.environ["TLS_STRANGER_KEY"])]:
    try:
        s3(certificate, key).list_buckets()
    except (SSLError, HTTPClientError, BotoConnectionError):
        continue
    except ClientError as error:
        sys.exit(f"{certificate}: got as far as S3: {error}")
    sys.exit(f"{certificate}: was let in")
print("ok")
