"""Keys with every trap of Unicode and of addresses, put by one client and read by the others.

Three sets: keys that are also names of files go through every client; keys that no file can have go
through boto3 and the JavaScript SDK and are listed by all; control characters go through the two
SDKs, which ask for listings in URL encoding.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

FOLDER = pathlib.Path(sys.argv[1])
JS = pathlib.Path(__file__).parent.parent / "js" / "keys.mjs"
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))

LONG = "/".join(["長" * 85, "長" * 85, "長" * 85, "長" * 66 + "ab", "長" * 18 + "a"])

PATHS = [
    "pair/\u304c.txt", "pair/\u304b\u3099.txt",  # が composed and decomposed
    "pair/caf\u00e9.txt", "pair/cafe\u0301.txt",
    "pair/\u301c.txt", "pair/\uff5e.txt",  # wave dash and full-width tilde
    "pair/\u795e.txt", "pair/\ufa19.txt",  # 神 and its compatibility ideograph
    "pair/A.txt", "pair/a.txt", "pair/Ａ.txt",
    "full/ＡＢＣ　１２３／％.txt", "half/ｶﾞｷﾞｸﾞ.txt",
    "jis/髙﨑①Ⅳ㈱㍻∥－￢.txt", "jis/𠮟𩸽.txt", "jis/葛\U000e0100.txt",
    "emoji/👩\u200d⚕\ufe0f👨\u200d👩\u200d👧🇯🇵.txt",
    "rtl/שלום عربى.txt", "rtl/\u202egnp.txt",
    "invisible/a\u200bb.txt", "invisible/\ufeffbom.txt", "invisible/nb\u00a0sp.txt",
    "sign/a+b c.txt", "sign/100%.txt", "sign/%41%2F%25.txt", "sign/a#b.txt", "sign/a&b=c;d.txt",
    "sign/'\"`.txt", "sign/<a>&amp;]]>.txt", "sign/a:b@c,d.txt", "sign/[a]{b}(c).txt",
    "sign/a\\b.txt", "sign/~a.txt", "sign/$HOME!.txt", "sign/a^b|c.txt", "sign/a?b*c.txt",
    "space/ leading.txt", "space/trailing.txt ", "space/two  spaces.txt",
    "dots/...", "dots/.hidden", "dots/a..b", "dots/trailing.",
    LONG,
]
NOT_PATHS = [
    "/leading", "trailing/", "a//b", "//", "/", ".", "..", "./a", "../b", "a/../b", "a/./b", "a/b/.",
    " ", "長" * 341 + "a",
]
CONTROL = ["tab\there", "new\nline", "return\rhere", "\x01\x1f", "del\x7f", "nel\u0085", "\ufffe\uffff"]


def content(key):
    return b"content of " + key.encode()


def each(items, work):
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, items))


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True)
    assert done.returncode == 0, f"{words}: {done.stdout.decode()[-2000:]} {done.stderr.decode()[-2000:]}"
    return done.stdout.decode()


def compare(what, got, want):
    missing = [key for key in want if key not in got]
    extra = [key for key in got if key not in want]
    assert not missing and not extra, f"{what} does not show {missing}; it shows {extra}"
    assert len(got) == len(want), f"{what} shows keys twice: {got}"


def boto3_list(bucket):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def boto3_check(bucket, keys):
    """Every listing of the API, and every content."""
    listed, want = boto3_list(bucket), sorted(keys, key=str.encode)
    compare(f"{bucket}, list_objects_v2", listed, want)
    assert listed == want, f"not in the order of UTF-8 bytes: {listed}"
    for name, field in [("list_objects", "Contents"), ("list_object_versions", "Versions")]:
        pages = s3.get_paginator(name).paginate(Bucket=bucket, PaginationConfig={"PageSize": 5})
        compare(name, [item["Key"] for page in pages for item in page.get(field, [])], keys)
    for key, body in zip(keys, each(keys, lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read())):
        assert body == content(key), f"{key!r} holds {body!r}"


def js(verb, bucket, keys=()):
    done = subprocess.run(["node", str(JS), verb, bucket], input=json.dumps(list(keys)).encode(), capture_output=True)
    assert done.returncode == 0, f"js {verb}: {done.stderr.decode()[-2000:]}"
    return json.loads(done.stdout)


def new_bucket(name):
    s3.create_bucket(Bucket=name)
    return name


def plant(folder):
    for key in PATHS:
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content(key))


def harvest(what, folder):
    found = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    compare(what, found, PATHS)
    for key in PATHS:
        assert (folder / key).read_bytes() == content(key), f"{what}: {key!r} has other content"
    shutil.rmtree(folder)


def s3cmd(*words):
    return run("s3cmd", "--config", FOLDER / "s3cfg", "--no-progress", *words)


# Without the option rclone takes the composed and the decomposed form of a name for one.
RCLONE = ["rclone", "copy", "--no-unicode-normalization"]

# How each tool stores a folder, and fetches one.
UPLOAD = {
    "aws": lambda source, bucket: run("aws", "s3", "sync", "--only-show-errors", source, f"s3://{bucket}"),
    "rclone": lambda source, bucket: run(*RCLONE, source, f"az:{bucket}"),
    "s5cmd": lambda source, bucket: run("s5cmd", "--log", "error", "cp", f"{source}/", f"s3://{bucket}/"),
    "s3cmd": lambda source, bucket: s3cmd("sync", f"{source}/", f"s3://{bucket}/"),
}
DOWNLOAD = {
    "aws": lambda bucket, target: run("aws", "s3", "sync", "--only-show-errors", f"s3://{bucket}", target),
    "rclone": lambda bucket, target: run(*RCLONE, f"az:{bucket}", target),
    "s5cmd": lambda bucket, target: run("s5cmd", "--log", "error", "cp", f"s3://{bucket}/*", f"{target}/"),
    "s3cmd": lambda bucket, target: s3cmd("sync", f"s3://{bucket}/", f"{target}/"),
}


def lines_after(text, mark):
    return [line.split(mark, 1)[1] for line in text.split("\n") if mark in line]


LIST = {
    "aws": lambda b: json.loads(run("aws", "s3api", "list-objects-v2", "--bucket", b, "--query", "Contents[].Key")),
    "rclone": lambda b: run("rclone", "lsf", "-R", "--files-only", f"az:{b}").split("\n")[:-1],
    "s5cmd": lambda b: [json.loads(line)["key"].split(f"s3://{b}/", 1)[1]
                        for line in run("s5cmd", "--json", "ls", f"s3://{b}/*").split("\n") if line],
    "s3cmd": lambda b: lines_after(s3cmd("ls", "--recursive", f"s3://{b}"), f"s3://{b}/"),
    "js": lambda b: js("list", b),
}

# rclone shows the folders "." and ".." in full-width letters, because no path can hold them.
DOTS = {".": "．", "..": "．．"}


def shown_by(client, key):
    return "/".join(DOTS.get(part, part) for part in key.split("/")) if client == "rclone" else key


def main():
    (FOLDER / "s3cfg").write_text(
        "[default]\naccess_key = {}\nsecret_key = {}\nhost_base = {}\nhost_bucket = {}\nuse_https = False\n".format(
            os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"],
            *[os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")] * 2))
    source = FOLDER / "source"
    plant(source)
    clients = ["aws", "rclone", "s5cmd", "s3cmd"]
    clients = [name for name in clients if shutil.which(name)]
    # Each client's upload is read by boto3 and by the client before it in the row.
    for name, reader in zip(clients, clients[-1:] + clients[:-1]):
        bucket = new_bucket(f"by-{name}")
        UPLOAD[name](source, bucket)
        boto3_check(bucket, PATHS)
        target = FOLDER / "target"
        target.mkdir()
        DOWNLOAD[reader](bucket, target)
        harvest(f"{name} read by {reader}", target)
    every = PATHS + NOT_PATHS
    bucket = new_bucket("by-boto3")
    each(every, lambda key: s3.put_object(Bucket=bucket, Key=key, Body=content(key)))
    boto3_check(bucket, every)
    for name in clients + ["js"]:
        compare(f"{name}, listing", LIST[name](bucket), [shown_by(name, key) for key in every])
    assert js("get", bucket, every) == [content(key).decode() for key in every]
    everything = every + CONTROL
    bucket = new_bucket("by-js")
    js("put", bucket, everything)
    boto3_check(bucket, everything)
    assert js("get", bucket, everything) == [content(key).decode() for key in everything]
    compare("js, listing", js("list", bucket), everything)
    print(f"{len(everything)} keys")


main()
