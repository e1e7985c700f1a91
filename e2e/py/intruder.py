"""An intruder with one stolen key tries everything, in a tenant that needs two people. Prints what each key could
destroy, hide or read. Fails when anything is gone for good, a lock is weaker, or somebody gained power.
"""

import datetime
import json
import os
import sys

from botocore.exceptions import ClientError

from tenants import HOME, ROOT, Refused, az, pair, s3, session, signed, signing_key

UTC = datetime.timezone.utc
FAR = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(days=400)
SOON = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(seconds=40)
LOCKS = {
    "compliance": {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": FAR},
    "governance": {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": FAR},
    "hold": {"ObjectLockLegalHoldStatus": "ON"},
    "free": {},
}

for name in ("yamada", "suzuki", "mallory"):
    signing_key(name)
east = az(ROOT, "tenant", "create", "東病院", "--dual-control", "required",
          "--admin", "山田", "--signing-key", f"{HOME}/yamada.pub",
          "--admin", "鈴木", "--signing-key", f"{HOME}/suzuki.pub",
          # Signs, and never had a log-in: whoever makes a key for her would be her.
          "--admin", "高橋")
west = az(ROOT, "tenant", "create", "西診療所", "--dual-control", "off", "--admin", "佐藤")
yamada_key, suzuki_key = (pair(key) for key in east["keys"][:2])
sato_key = pair(west["keys"][0])
yamada, _ = session(yamada_key)
suzuki, _ = session(suzuki_key)
sato, _ = session(sato_key)
backup = pair(az(yamada, "key", "create", "--preset", "backup", "--label", "restic"))
reader = s3(pair(az(yamada, "key", "create", "--preset", "restore-only", "--label", "restore")))
admin = s3(yamada)
# The foreign administrator's own bucket, as a place to carry things to.
s3(sato).create_bucket(Bucket="nishi")


def seed(bucket):
    """A bucket with locked and free versions: what each holds, by key and version."""
    admin.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    writer = s3(backup)
    seeded = {}
    for kind, lock in LOCKS.items():
        hold = lock.get("ObjectLockLegalHoldStatus")
        lock = {} if hold else lock
        for number in range(2):
            body = f"{bucket} {kind} {number}".encode()
            version = writer.put_object(Bucket=bucket, Key=kind, Body=body, **lock)["VersionId"]
            seeded[kind, version] = body
            if hold:
                admin.put_object_legal_hold(Bucket=bucket, Key=kind, VersionId=version,
                                            LegalHold={"Status": "ON"})
    admin.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})
    return seeded


class Tries:
    """What was tried with one key, and how it ended."""

    def __init__(self):
        self.log = []

    def s3(self, name, call, **arguments):
        try:
            answer = call(**arguments)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status < 500 or status == 501, (name, error.response)
            self.log.append((name, error.response["Error"]["Code"]))
            return None
        errors = answer.get("Errors")
        self.log.append((name, errors[0]["Code"] if errors else "answered"))
        return answer

    def az(self, key, name, *words):
        try:
            answer = az(key, *words)
        except Refused as error:
            text = str(error)
            assert "unexpected argument" not in text and "Usage:" not in text, text
            self.log.append((name, "two people" if "second person" in text else "refused"))
            return None
        self.log.append((name, "answered"))
        return answer


def by_s3(tries, key, bucket, seeded):
    """Everything that S3 has."""
    c = s3(key)
    kinds = list(LOCKS)
    read = 0
    for kind, version in seeded:
        at = {"Bucket": bucket, "Key": kind, "VersionId": version}
        if tries.s3("read", c.get_object, **at):
            read += 1
        tries.s3("lift the hold", c.put_object_legal_hold, **at, LegalHold={"Status": "OFF"})
        tries.s3("delete a version", c.delete_object, **at)
        tries.s3("delete with bypass", c.delete_object, **at, BypassGovernanceRetention=True)
        tries.s3("shorter COMPLIANCE", c.put_object_retention, **at, BypassGovernanceRetention=True,
                 Retention={"Mode": "COMPLIANCE", "RetainUntilDate": SOON})
        tries.s3("shorter GOVERNANCE", c.put_object_retention, **at, BypassGovernanceRetention=True,
                 Retention={"Mode": "GOVERNANCE", "RetainUntilDate": SOON})
        tries.s3("no retention", c.put_object_retention, **at, BypassGovernanceRetention=True, Retention={})
    objects = [{"Key": kind, "VersionId": version} for kind, version in seeded]
    tries.s3("delete many", c.delete_objects, Bucket=bucket, Delete={"Objects": objects},
             BypassGovernanceRetention=True)
    for kind in kinds:
        tries.s3("overwrite", c.put_object, Bucket=bucket, Key=kind, Body=b"ransom")
        tries.s3("overwrite by a copy", c.copy_object, Bucket=bucket, Key=kind, CopySource=f"{bucket}/free")
        tries.s3("overwrite with SSE-C", c.put_object, Bucket=bucket, Key=kind, Body=b"ransom",
                 SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
        tries.s3("hide behind a marker", c.delete_object, Bucket=bucket, Key=kind)
        tries.s3("carry off", c.copy_object, Bucket="nishi", Key=kind, CopySource=f"{bucket}/{kind}")
    tries.s3("suspend versions", c.put_bucket_versioning, Bucket=bucket,
             VersioningConfiguration={"Status": "Suspended"})
    tries.s3("no default lock", c.put_object_lock_configuration, Bucket=bucket,
             ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    tries.s3("lifecycle", c.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={
        "Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
                   "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]})
    everybody = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}]}
    tries.s3("no public-access block", c.delete_public_access_block, Bucket=bucket)
    tries.s3("policy for everybody", c.put_bucket_policy, Bucket=bucket, Policy=json.dumps(everybody))
    everybody["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{west['id']}:root"}
    tries.s3("policy for another tenant", c.put_bucket_policy, Bucket=bucket, Policy=json.dumps(everybody))
    everybody["Statement"][0]["Principal"] = "*"
    everybody["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}
    tries.s3("policy for one address", c.put_bucket_policy, Bucket=bucket, Policy=json.dumps(everybody))
    tries.s3("ACL for everybody", c.put_bucket_acl, Bucket=bucket, ACL="public-read-write")
    tries.s3("delete the bucket", c.delete_bucket, Bucket=bucket)
    return read


def by_admin(tries, key, bucket):
    """Everything that the admin API has."""
    for name, *words in (
            ("history of 0 days", "bucket", "history-days", bucket, "0"),
            ("keeper", "lifecycle", "run", bucket),
            ("disposal", "disposal", "request", bucket, "--reason", "x"),
            ("delete the bucket", "bucket", "delete", bucket),
            ("lift holds", "lock", "release-hold", bucket, "--prefix", ""),
            ("no default lock", "lock", "default", bucket, "--withdraw"),
            ("a shorter default lock", "lock", "default", bucket, "--mode", "governance", "--days", "1"),
            ("looser limits", "lock", "limits", bucket, "--floor-days", "0", "--ceiling-days", "36500"),
            ("keeper", "lifecycle", "run", bucket),
            ("another key", "bucket", "rotate-key", bucket),
            ("a new administrator", "user", "set", "mallory", "--preset", "admin"),
            ("a new approver", "user", "set", "mallory", "--approver", "true",
             "--add-signing-key", f"{HOME}/mallory.pub"),
            ("own key for an approver", "user", "set", "鈴木", "--add-signing-key", f"{HOME}/mallory.pub"),
            ("own key for an approver", "user", "set", "高橋", "--add-signing-key", f"{HOME}/mallory.pub"),
            ("no approver", "user", "set", "鈴木", "--approver", "false"),
            ("no approver", "user", "set", "鈴木", "--remove-signing-key", f"{HOME}/suzuki.pub"),
            ("disable an approver", "user", "set", "鈴木", "--disabled", "true"),
            ("disable an approver", "user", "set", "山田", "--disabled", "true"),
            ("take an approver away", "user", "remove", "鈴木"),
            ("an administrator's key", "key", "create", "--preset", "admin", "--label", "mallory"),
            ("a key with a policy", "key", "create", "--label", "policy", "--policy", f"{HOME}/all.json"),
            ("a key in another's name", "key", "create", "--user", "高橋", "--label", "mallory"),
            ("an auditor's key in another's name", "key", "create", "--user", "高橋", "--label", "mallory",
             "--preset", "auditor"),
            ("log-in without one-time passwords", "tenant", "change", "--one-time-passwords", "false"),
            ("another tenant's log-in", "tenant", "change", "--tenant", west["id"],
             "--one-time-passwords", "false"),
            ("a group with a policy", "user", "set", "mallory", "--policy", "all"),
            ("another tenant's bucket", "object", "list", "nishi"),
            ("heads of all buckets", "vault", "snapshot")):
        tries.az(key, name, *words)


def is_weaker(before, after):
    (mode, until, hold), (now_mode, now_until, now_hold) = before, after
    return ((mode == "COMPLIANCE" and now_mode != mode) or (hold == "ON" and now_hold != hold)
            or (until and (not now_until or now_until < until)))


def state(bucket, seeded, before):
    """What became of each version."""
    destroyed, hidden, weaker = [], [], []
    for (kind, version), body in seeded.items():
        at = {"Bucket": bucket, "Key": kind, "VersionId": version}
        try:
            assert reader.get_object(**at)["Body"].read() == body, f"{at}: other content"
        except ClientError:
            versions = az(yamada, "object", "history", bucket, kind)["versions"]
            is_there = any(one["version"] == version and one["hidden"] for one in versions)
            (hidden if is_there else destroyed).append((kind, version))
            continue
        head = reader.head_object(**at)
        lock = (head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate"),
                head.get("ObjectLockLegalHoldStatus"))
        if is_weaker(before[kind], lock):
            weaker.append((kind, version, lock))
    for kind, version in hidden:
        came = az(yamada, "object", "undelete", f"s3://{bucket}/{kind}", "--version-id", version)
        again = reader.get_object(Bucket=bucket, Key=kind, VersionId=came["version"])["Body"].read()
        assert again == seeded[kind, version], f"{kind} came back with other content"
    return destroyed, hidden, weaker


def locks(bucket, seeded):
    found = {}
    for kind, version in seeded:
        head = reader.head_object(Bucket=bucket, Key=kind, VersionId=version)
        found[kind] = (head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate"),
                       head.get("ObjectLockLegalHoldStatus"))
    return found


def power():
    """Who has any: administrators, approvers with their keys, keys and what they may."""
    people = az(yamada, "user", "list")["users"]
    keys = az(yamada, "key", "list")["keys"]
    settings = [tenant["one_time_passwords"] for tenant in az(ROOT, "tenant", "list")["tenants"]
                if tenant["id"] in (east["id"], west["id"])]
    return ([(p["name"], p["preset"], p["approver"], p["signing_keys"], p["disabled"], p["policies"],
              p["groups"]) for p in people if p["preset"] == "admin" or p["approver"] or p["policies"]],
            [(k["access_key_id"], k["user"]) for k in keys
             if k["preset"] == "admin" or k["policy"] or k["user"] in ("山田", "鈴木", "高橋")],
            settings)


with open(f"{HOME}/all.json", "w", encoding="utf-8") as out:
    json.dump({"Version": "2012-10-17",
               "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, out)
az(yamada, "policy", "set", "all", f"{HOME}/all.json")
HOLDERS = (
    ("a", "backup key", backup, None),
    ("b", "tenant administrator", yamada, None),
    ("c", "operator of the vault", ROOT, None),
    ("d", "one approver", suzuki, f"{HOME}/suzuki"),
)
OPENS = {"no public-access block", "policy for everybody", "policy for another tenant", "policy for one address",
         "ACL for everybody"}
start = power()
rows, failures, figures = [], [], {}
for letter, who, key, approves_with in HOLDERS:
    bucket = f"karte-{letter}"
    seeded = seed(bucket)
    before = locks(bucket, seeded)
    tries = Tries()
    read = by_s3(tries, key, bucket, seeded)
    by_admin(tries, key, bucket)
    # Whoever may sign signs everything that waits, and comes again.
    if approves_with:
        for request in az(key, "request", "list")["requests"]:
            if request["asked_by"] != "鈴木":
                continue
            for file in (approves_with, f"{HOME}/mallory"):
                try:
                    signed(key, request["id"], file)
                    failures.append(f"{who}: approved its own {request['operation']}")
                except Refused:
                    pass
        by_s3(tries, key, bucket, seeded)
        by_admin(tries, key, bucket)
    destroyed, hidden, weaker = state(bucket, seeded, before)
    opened = sorted({name for name, how in tries.log if name in OPENS and how == "answered"})
    if opened:
        failures.append(f"{who}: opened to others: {opened}")
    gained = power()
    if gained != start:
        failures.append(f"{who}: power changed from {start} to {gained}")
    locked_gone = [one for one in hidden + destroyed if one[0] in ("compliance", "governance", "hold")]
    if destroyed or locked_gone:
        failures.append(f"{who}: destroyed {destroyed}, hid what was locked {locked_gone}")
    if weaker:
        failures.append(f"{who}: weaker locks {weaker}")
    lifted = sum(kind == "hold" for kind, *_ in weaker + hidden)
    rows.append((letter, who, len(tries.log), len(destroyed), len(hidden), lifted, read, tries.log))
    figures[f"{letter}_hidden"] = len(hidden)
    figures[f"{letter}_read"] = read
    figures[f"{letter}_tried"] = len(tries.log)
still = [request for request in az(yamada, "request", "list", "--all")["requests"]
         if request["stage"] not in ("asked", "vetoed")]
if still:
    failures.append(f"requests moved: {still}")

print("\nOf 8 versions in a bucket (2 COMPLIANCE, 2 GOVERNANCE, 2 under legal hold, 2 free):")
print(f"{'holds':26}{'tried':>7}{'destroyed':>11}{'hidden, came back':>19}{'holds lifted':>14}{'read':>6}")
for letter, who, tried, destroyed, hidden, lifted, read, _ in rows:
    print(f"({letter}) {who:22}{tried:7}{destroyed:11}{hidden:19}{lifted:14}{read:6}")
for letter, who, *_, log in rows:
    done = sorted({name for name, how in log if how == "answered"})
    asked = sorted({name for name, how in log if how == "two people"})
    print(f"({letter}) answered: {', '.join(done)}")
    print(f"    waits for two people: {', '.join(asked) or '-'}")
figures["destroyed"] = sum(row[3] for row in rows)
if failures:
    sys.exit("\n".join(failures))
print(json.dumps(figures))
