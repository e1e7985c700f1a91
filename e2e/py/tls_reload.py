"""Connections that are open while the server's certificate changes: none is dropped, and new ones see
the new certificate. Prints the number of requests on connections of before the change."""

import hashlib
import http.client
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

from tls_common import CA, CERTIFICATE, ENDPOINT, KEY, s3

THREADS = 8
live, new = sys.argv[1], sys.argv[2]
where = urlsplit(ENDPOINT)
context = ssl.create_default_context(cafile=CA)
context.load_cert_chain(CERTIFICATE, KEY)

client = s3()
client.create_bucket(Bucket="tls-reload")
client.put_object(Bucket="tls-reload", Key="k", Body=b"x" * 65536)
url = client.generate_presigned_url("get_object", Params={"Bucket": "tls-reload", "Key": "k"})
target = url.removeprefix(ENDPOINT)


def connect():
    connection = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=30)
    connection.connect()
    return connection


def fingerprint(connection):
    return hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest()


stop = threading.Event()
failures, counts = [], [0] * THREADS


def load(index, connection):
    local = connection.sock.getsockname()
    try:
        while not stop.is_set():
            connection.request("GET", target)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or len(body) != 65536:
                raise AssertionError(f"{answer.status} {len(body)}")
            # http.client opens a new connection silently when the server closed the old one.
            if connection.sock is None or connection.sock.getsockname() != local:
                raise AssertionError("the connection was closed")
            counts[index] += 1
    except Exception as error:  # noqa: BLE001: any failure is the finding
        failures.append(repr(error))


connections = [connect() for _ in range(THREADS)]
before = fingerprint(connections[0])
threads = [threading.Thread(target=load, args=pair) for pair in enumerate(connections)]
for thread in threads:
    thread.start()


def new_connection_sees(wanted, limit):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        connection = connect()
        seen = fingerprint(connection)
        connection.close()
        if seen == wanted:
            return
        time.sleep(0.2)
    sys.exit(f"a new connection does not see {wanted}")


def replace(certificate, key):
    for source, name in [(key, "server.key"), (certificate, "server.pem")]:
        temporary = os.path.join(live, name + ".new")
        shutil.copy(source, temporary)
        os.chmod(temporary, 0o600)
        os.rename(temporary, os.path.join(live, name))


def digest(path):
    der = ssl.PEM_cert_to_DER_cert(open(path, encoding="ascii").read())
    return hashlib.sha256(der).hexdigest()


time.sleep(1)
after = digest(new + ".pem")
assert after != before
replace(new + ".pem", new + ".key")
new_connection_sees(after, 15)
# A broken file changes nothing, even when the server is told to look at once.
with open(os.path.join(live, "server.pem"), "w", encoding="ascii") as file:
    file.write("-----BEGIN CERTIFICATE-----\nbroken\n")
subprocess.run(["kill", "-HUP", os.environ["TLS_SERVER_PID"]], check=True)
time.sleep(1)
new_connection_sees(after, 1)
replace(new + ".pem", new + ".key")
subprocess.run(["kill", "-HUP", os.environ["TLS_SERVER_PID"]], check=True)
time.sleep(1)
stop.set()
for thread in threads:
    thread.join()
if failures:
    sys.exit("dropped: " + "; ".join(failures))
if any(fingerprint(connection) != before for connection in connections):
    sys.exit("a connection of before was replaced")
print(sum(counts))
