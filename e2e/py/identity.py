"""Tenants, people, keys of every preset: what each may, by boto3, aws-cli, rclone and the command line."""

import csv
import json
import os
import subprocess
import time
import urllib.request

from botocore.exceptions import ClientError

from tenants import (HOME, ROOT, Refused, az, code, pair, refused, s3, s3_refused, session, signed,
                     signing_key)

figures = {}

# Two institutions, made by the operator of the vault.
for person in ("yamada", "suzuki"):
    signing_key(person)
east = az(ROOT, "tenant", "create", "東病院", "--dual-control", "required",
          "--admin", "山田", "--signing-key", f"{HOME}/yamada.pub",
          "--admin", "鈴木", "--signing-key", f"{HOME}/suzuki.pub")
west = az(ROOT, "tenant", "create", "西診療所", "--dual-control", "off", "--admin", "佐藤")
assert [key["user"] for key in east["keys"]] == ["山田", "鈴木"], east
yamada_key, suzuki_key = map(pair, east["keys"])
sato_key = pair(west["keys"][0])
refused(ROOT, "tenant", "create", "東病院", "--dual-control", "off", saying="is there already")
by_id = {tenant["id"]: tenant for tenant in az(ROOT, "tenant", "list")["tenants"]}
assert by_id[east["id"]]["dual_control"] == "required" and by_id[east["id"]]["approvers"] == 2, by_id
assert by_id[west["id"]]["dual_control"] == "off", by_id

# People log in with a one-time password: the long-lived key alone opens nothing of the administration.
refused(yamada_key, "user", "list", saying="only to log in")
refused(yamada_key, "login", "--code", "123456", saying="totp enrol")
yamada, secret = session(yamada_key)
refused(yamada_key, "totp", "enrol", saying="there is a secret already")
refused(yamada_key, "login", "--code", code(secret), saying="was used already")
assert {user["name"] for user in az(yamada, "user", "list")["users"]} == {"山田", "鈴木"}
suzuki, suzuki_secret = session(suzuki_key)
sato, _ = session(sato_key)

# Guessing locks: five wrong codes, then the right one is refused, too.
wrong = 0
while "too many" not in refused(suzuki_key, "login", "--code", "000000"):
    wrong += 1
    assert wrong <= 5, "guessing is not stopped"
refused(suzuki_key, "login", "--code", code(suzuki_secret), saying="too many")
assert wrong == 5, wrong
az(suzuki, "user", "list")
figures["wrong_codes_before_lock_out"] = wrong

# Users, groups, a file of users.
az(yamada, "group", "set", "研究", "--preset", "restore-only")
az(yamada, "user", "set", "監査", "--preset", "auditor")
with open(f"{HOME}/users.csv", "w", encoding="utf-8") as out:
    rows = csv.writer(out)
    rows.writerow(["name", "kind", "preset", "groups"])
    rows.writerows([f"職員{number}", "person", "restore-only", ""] for number in range(20))
assert len(az(yamada, "user", "import", f"{HOME}/users.csv")) == 20
for change in (("user", "set", "侵入者", "--preset", "admin"),
               ("user", "set", "監査", "--preset", "admin"),
               ("user", "set", "監査", "--approver", "true", "--add-signing-key", f"{HOME}/yamada.pub"),
               ("user", "set", "鈴木", "--disabled", "true"),
               ("user", "set", "鈴木", "--approver", "false"),
               ("key", "create", "--preset", "admin", "--label", "more"),
               ("tenant", "change", "--one-time-passwords", "false")):
    refused(yamada, *change, saying="needs a second person")
waiting = az(yamada, "request", "list")["requests"]
assert len(waiting) == 7 and all(request["stage"] == "asked" for request in waiting), waiting
assert az(sato, "request", "list")["requests"] == [], "another tenant's requests are seen"
refused(sato, "request", "show", waiting[0]["id"])
# Who asked does not approve; the other one does, and it waits for the cooling-off all the same.
try:
    signed(yamada, waiting[0]["id"], f"{HOME}/yamada")
    raise AssertionError("who asked has approved")
except Refused as error:
    assert "second person" in str(error), error
approved = signed(suzuki, waiting[0]["id"], f"{HOME}/suzuki")
assert approved["stage"] == "approved" and approved["approved_by"] == "鈴木", approved
refused(yamada, "user", "set", "侵入者", "--preset", "admin", saying="acts from")
# With dual control off the same acts at once.
az(sato, "user", "set", "副院長", "--preset", "admin")

# A key of each preset.
keys = {}
for preset in ("ingest-only", "backup", "restore-only", "auditor"):
    made = az(yamada, "key", "create", "--preset", preset, "--label", f"{preset} key")
    assert set(made) >= {"access_key_id", "secret_access_key"}, made
    keys[preset] = pair(made)
keys["admin"] = yamada
listed = az(yamada, "key", "list")["keys"]
assert all("secret_access_key" not in key for key in listed), listed

# What each may do, by S3.
admin = s3(yamada)
admin.create_bucket(Bucket="higashi", ObjectLockEnabledForBucket=True)
FAR = "2027-12-01T00:00:00Z"
calls = {
    "put": lambda c: c.put_object(Bucket="higashi", Key="new", Body=b"new"),
    "get": lambda c: c.get_object(Bucket="higashi", Key="k"),
    "list": lambda c: c.list_objects_v2(Bucket="higashi"),
    "versions": lambda c: c.list_object_versions(Bucket="higashi"),
    "delete": lambda c: c.delete_object(Bucket="higashi", Key="gone"),
    "retention": lambda c: c.put_object_retention(
        Bucket="higashi", Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": FAR}),
    "hold": lambda c: c.put_object_legal_hold(Bucket="higashi", Key="k", LegalHold={"Status": "ON"}),
    "create": lambda c: c.create_bucket(Bucket=f"higashi-{time.time_ns()}"),
    "lifecycle": lambda c: c.put_bucket_tagging(Bucket="higashi", Tagging={"TagSet": []}),
    "lock-read": lambda c: c.get_object_lock_configuration(Bucket="higashi"),
}
MAY = {
    "ingest-only": {"put"},
    "backup": {"put", "get", "list", "versions", "delete", "retention", "create", "lock-read"},
    "restore-only": {"get", "list", "versions", "lock-read"},
    "auditor": {"list", "versions", "lock-read"},
    "admin": {"list", "versions", "delete", "retention", "hold", "create", "lifecycle", "lock-read"},
}
for key in ("k", "gone"):
    s3(keys["ingest-only"]).put_object(Bucket="higashi", Key=key, Body=b"content")
for preset, key in keys.items():
    client = s3(key)
    for name, call in calls.items():
        try:
            call(client)
            did = True
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied", (preset, name, error.response)
            did = False
        assert did == (name in MAY[preset]), f"{preset} {name}: {'allowed' if did else 'refused'}"
figures["calls_by_preset"] = len(calls) * len(keys)
s3(keys["ingest-only"]).put_object(Bucket="higashi", Key="dated", Body=b"new")
s3_refused(s3(keys["ingest-only"]).put_object, Bucket="higashi", Key="dated", Body=b"new",
           ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=FAR)
# None but an administrator and an auditor open the admin API.
for preset in ("ingest-only", "backup", "restore-only"):
    refused(keys[preset], "bucket", "list")
az(keys["auditor"], "bucket", "list")
refused(keys["auditor"], "user", "set", "監査", "--preset", "none")

# aws-cli and rclone with the ingest-only key.
def client(*words, key):
    environment = dict(os.environ, AWS_ACCESS_KEY_ID=key[0], AWS_SECRET_ACCESS_KEY=key[1],
                       RCLONE_CONFIG_AZ_ACCESS_KEY_ID=key[0], RCLONE_CONFIG_AZ_SECRET_ACCESS_KEY=key[1],
                       RCLONE_S3_NO_CHECK_BUCKET="true", RCLONE_S3_NO_HEAD="true")
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


ingest = keys["ingest-only"]
file = f"{HOME}/users.csv"
done = client("aws", "s3", "cp", file, "s3://higashi/aws", key=ingest)
assert done.returncode == 0, done.stderr
for words in (("ls", "s3://higashi"), ("cp", "s3://higashi/aws", "-"), ("rm", "s3://higashi/aws")):
    done = client("aws", "s3", *words, key=ingest)
    assert done.returncode != 0 and ("AccessDenied" in done.stderr or "403" in done.stderr), done
done = client("rclone", "copyto", "--ignore-times", "--s3-no-check-bucket", "--no-check-dest", file,
              "az:higashi/rclone", key=ingest)
assert done.returncode == 0, done.stderr
for words in (("lsf", "az:higashi"), ("cat", "az:higashi/rclone"), ("deletefile", "az:higashi/rclone")):
    done = client("rclone", "--retries", "1", "--low-level-retries", "1", *words, key=ingest)
    assert done.returncode != 0, done
reader = s3(keys["restore-only"])
with open(file, "rb") as sent:
    sent = sent.read()
for key in ("aws", "rclone"):
    assert reader.get_object(Bucket="higashi", Key=key)["Body"].read() == sent, key

# Ends of keys: disabled, enabled, its owner disabled, removed; expiry is seen; bound to a network and a certificate.
def works(key, does=True):
    try:
        s3(key).list_objects_v2(Bucket="higashi")
    except ClientError as error:
        assert not does, error.response
        return error.response["Error"]["Code"]
    assert does, "a key works that must not"
    return None


az(yamada, "user", "set", "研究者", "--preset", "restore-only")
research = pair(az(yamada, "key", "create", "--user", "研究者", "--label", "notebook", "--expires-days", "30"))
works(research)
detail = next(key for key in az(yamada, "key", "list")["keys"] if key["access_key_id"] == research[0])
assert detail["expires"] and detail["state"] == "works" and detail["last_used"], detail
az(yamada, "key", "disable", research[0])
assert works(research, does=False) in ("InvalidAccessKeyId", "AccessDenied")
az(yamada, "key", "enable", research[0])
works(research)
az(yamada, "user", "set", "研究者", "--disabled", "true")
works(research, does=False)
az(yamada, "user", "set", "研究者", "--disabled", "false")
refused(yamada, "user", "remove", "研究者", saying="still refers")
az(yamada, "key", "remove", research[0])
works(research, does=False)
elsewhere = pair(az(yamada, "key", "create", "--preset", "restore-only", "--label", "net",
                    "--source", "192.0.2.0/24"))
works(elsewhere, does=False)
works(pair(az(yamada, "key", "create", "--preset", "restore-only", "--label", "here", "--source", "127.0.0.0/8")))
bound = pair(az(yamada, "key", "create", "--preset", "restore-only", "--label", "cert", "--certificate", "ab" * 32))
works(bound, does=False)
refused(yamada, "key", "create", "--preset", "restore-only", "--label", "bad", "--source", "everywhere",
        saying="not a network")

# A session ends with its key.
az(sato, "user", "set", "代行", "--preset", "auditor", "--hours", "4", "--ticket", "T-1", "--plan", "disk")
deputy_key = pair(az(sato, "key", "create", "--user", "代行", "--label", "deputy"))
deputy, _ = session(deputy_key)
az(deputy, "user", "list")
az(sato, "key", "disable", deputy_key[0])
refused(deputy, "user", "list")
# And it may at each moment what its owner may at that moment.
az(sato, "key", "enable", deputy_key[0])
az(deputy, "user", "list")
az(sato, "user", "set", "代行", "--preset", "none")
refused(deputy, "user", "list")
# What it was for, against what it did; and it raised an alarm when it was made and when it was used.
time.sleep(1.5)  # the audit of a tenant is batched for up to a second
report = az(sato, "user", "report", "代行")
assert (report["user"]["ticket"], report["user"]["plan"]) == ("T-1", "disk"), report
listed = [deed for deed in report["done"] if deed["operation"].endswith("/users")]
assert listed and listed[0]["done"] == 2 and listed[0]["refused"] >= 1, report
with urllib.request.urlopen(f"{os.environ['AZEKURA_ADMIN']}/metrics") as answer:
    metrics = answer.read().decode()
for what in ("set", "used"):
    line = f'azekura_limited_account_notices_total{{what="limited-account-{what}"}} '
    assert line in metrics, metrics

# A profile instead of flags and variables.
profiles = f"{HOME}/profiles.toml"
with open(profiles, "w", encoding="utf-8") as out:
    out.write(f'[west]\nendpoint = "{os.environ["AZEKURA_ADMIN"]}"\n'
              f'access_key_id = "{sato[0]}"\nsecret_access_key = "{sato[1]}"\n')
by_profile = [os.environ["AZEKURA_BINARY"], "user", "list", "--profile", "west"]
plain = {"PATH": os.environ["PATH"], "AZEKURA_PROFILES": profiles}
os.chmod(profiles, 0o644)
run = subprocess.run(by_profile, env=plain, capture_output=True, text=True, check=False)
assert run.returncode == 2 and "chmod 600" in run.stderr, run
os.chmod(profiles, 0o600)
run = subprocess.run(by_profile, env=plain, capture_output=True, text=True, check=False)
assert run.returncode == 0 and "代行" in run.stdout, run

# Tenants see nothing of each other; names of buckets are global; the operator is no tenant of theirs.
west_admin = s3(sato)
west_backup_key = pair(az(sato, "key", "create", "--preset", "backup", "--label", "west backup"))
west_backup = s3(west_backup_key)
west_admin.create_bucket(Bucket="nishi", ObjectLockEnabledForBucket=True)
west_backup.put_object(Bucket="nishi", Key="w", Body=b"west")
for stranger in (sato, west_backup_key, ROOT):
    foreign = s3(stranger)
    names = [bucket["Name"] for bucket in foreign.list_buckets()["Buckets"]]
    assert not [name for name in names if name.startswith("higashi")], names
    for name, call in calls.items():
        if name == "create":
            continue
        try:
            call(foreign)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied", (name, error.response)
        else:
            raise AssertionError(f"{name} of another tenant's bucket was allowed")
    try:
        foreign.create_bucket(Bucket="higashi")
        raise AssertionError("a name was given twice")
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("BucketAlreadyExists", "AccessDenied"), error.response
    s3_refused(foreign.head_bucket, Bucket="higashi")
for stranger in (sato, ROOT):
    for words in (("object", "list", "higashi"), ("object", "history", "higashi", "k"),
                  ("object", "get", "higashi", "k", "--output", f"{HOME}/stolen"),
                  ("lock", "report", "higashi"), ("lifecycle", "show", "higashi"),
                  ("lifecycle", "run", "higashi"), ("bucket", "history-days", "higashi"),
                  ("bucket", "delete", "higashi"), ("bucket", "rotate-key", "higashi"),
                  ("disposal", "list", "higashi"), ("object", "undelete", "s3://higashi/k"),
                  ("disposal", "request", "higashi", "--reason", "x")):
        said = refused(stranger, *words)
        assert "unexpected argument" not in said and "exit 2" not in said, said
    assert not [b for b in az(stranger, "bucket", "list")["buckets"] if b["name"].startswith("higashi")]
assert [tenant["id"] for tenant in az(sato, "tenant", "list")["tenants"]] == [west["id"]]
refused(sato, "tenant", "create", "新", "--dual-control", "off")
refused(sato, "tenant", "change", "--tenant", east["id"], "--one-time-passwords", "false")
refused(sato, "tenant", "change", "--quota-bytes", "0")
for stranger in (sato, ROOT):
    assert "山田" not in json.dumps(az(stranger, "user", "list")), "another tenant's people are seen"
    assert yamada_key[0] not in json.dumps(az(stranger, "key", "list")), "another tenant's keys are seen"
    refused(stranger, "key", "disable", ingest[0])
    refused(stranger, "user", "remove", "山田")
for stranger in (sato, ROOT):
    seen = az(stranger, "audit", "query", text=True)
    assert seen and yamada[0] not in seen and ingest[0] not in seen, "another tenant's audit is seen"
print(json.dumps(figures))
