"""Retention through boto3 and the command line, as a hospital's IT desk uses them.

Arguments: step, the azekura binary, the admin endpoint, a file that keeps facts between the steps, a clerk's key
and a key with limits (400 days, 1,000,000 bytes a day), each ID:SECRET. Steps: `first` does all the work; `trial`
waits until a trial is over; `again` finds everything as it was left. The trial of the server is 8 s.
"""

import csv
import datetime
import json
import os
import subprocess
import sys
import time
import traceback

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 0})
STEP, BINARY, ADMIN, FACTS = sys.argv[1:5]
UTC = datetime.timezone.utc
JAPAN = datetime.timezone(datetime.timedelta(hours=9))
DAY = datetime.timedelta(days=1)
TODAY = datetime.datetime.now(JAPAN).date()
RAN = []


def client(key):
    names = dict(zip(("aws_access_key_id", "aws_secret_access_key"), key.split(":")))
    return boto3.client("s3", config=CONFIG, **names)


s3 = boto3.client("s3", config=CONFIG)
clerk, limited = (client(key) for key in sys.argv[5:7])


def run(*words, key=None):
    """Exit code, standard output and standard error of one command."""
    names = key.split(":") if key else (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    environment = dict(os.environ, AZEKURA_ENDPOINT=ADMIN, AZEKURA_ACCESS_KEY_ID=names[0],
                       AZEKURA_SECRET_ACCESS_KEY=names[1])
    ended = subprocess.run([BINARY, *words], env=environment, capture_output=True, text=True, timeout=60)
    RAN.append(words)
    return ended.returncode, ended.stdout, ended.stderr


def azekura(*words, code=0, key=None):
    found, out, told = run(*words, key=key)
    assert found == code, f"azekura {' '.join(words)} ended with {found} instead of {code}\n{out}\n{told}"
    return out + told


def answer(*words, code=0, key=None):
    found, out, told = run(*words, "--json", key=key)
    assert found == code, f"azekura {' '.join(words)} ended with {found} instead of {code}\n{out}\n{told}"
    return json.loads(out)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        assert code == found["Code"], f"{found} instead of {code}"
        return found["Message"]
    raise AssertionError(f"not refused with {code}: {arguments}")


def bucket(name, lock=True):
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
    return name


def put(name, key, body=b"synthetic", by=s3, **more):
    return by.put_object(Bucket=name, Key=key, Body=body, **more).get("VersionId")


def lock_of(name, key, version=None):
    words = ["explain", f"s3://{name}/{key}"]
    return answer(*words, *(["--version-id", version] if version else []))


def classes_header(name, key):
    head = s3.head_object(Bucket=name, Key=key)
    found = head["ResponseMetadata"]["HTTPHeaders"].get("x-azekura-retention-class", "")
    return sorted(word.strip() for word in found.split(",") if word.strip())


def years_later(date, years):
    """The end of a period of law: the same date, or 28 February, at 24:00 in Japan."""
    try:
        last = date.replace(year=date.year + years)
    except ValueError:
        last = date.replace(year=date.year + years, day=28)
    end = datetime.datetime.combine(last, datetime.time(), JAPAN) + DAY
    return end.astimezone(UTC)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def said(name, key, words, version=None):
    """All of these words stand in the answer, in Japanese and in English."""
    extra = ["--version-id", version] if version else []
    for language in ("ja", "en"):
        text = azekura("explain", f"s3://{name}/{key}", "--lang", language, *extra)
        for word in words[language]:
            assert word in text, f"{word!r} is not in the answer for {key}:\n{text}"


def trials():
    """Two COMPLIANCE defaults on trial: one is left alone, one is withdrawn."""
    for name in ("trial", "withdrawn"):
        bucket(name)
        report = answer("lock", "default", name, "--mode", "compliance", "--days", "30")
        assert report["probation_ends"], report
        put(name, "k", b"12345")
        assert s3.head_object(Bucket=name, Key="k")["ObjectLockMode"] == "GOVERNANCE"
    preview = answer("lock", "preview", "trial")["preview"]
    assert (preview["versions"], preview["bytes"]) == (1, 5), preview
    text = azekura("lock", "preview", "trial")
    assert "COMPLIANCE" in text and "やめるには" in text, text
    said("trial", "k", {"ja": ["試行中", "COMPLIANCE へ変わります"], "en": ["on trial", "becomes COMPLIANCE"]})
    azekura("lock", "default", "withdrawn", "--withdraw")
    assert answer("lock", "preview", "withdrawn")["preview"] is None
    put("withdrawn", "after")
    assert "ObjectLockMode" not in s3.head_object(Bucket="withdrawn", Key="after")


def classes():
    """By prefix and by tag; two on one object: the longest."""
    name = bucket("classes")
    listed = {found["name"]: found for found in answer("class", "list")["classes"]}
    assert listed["karte-5y"]["years"] == 5 and listed["karte-5y"]["shipped"]
    assert listed["own-7y"]["years"] == 7 and not listed["own-7y"]["shipped"]
    assert "未確認" in azekura("class", "list")
    assert "医師法24条2項" in azekura("class", "show", "karte-5y")
    azekura("class", "show", "no-such-class", code=3)
    azekura("class", "assign", name, "no-such-class", code=2)
    azekura("class", "assign", name, "a207-3y", "--prefix", "images/")
    azekura("class", "assign", name, "own-7y", "--tag", "kind=own")
    azekura("class", "assign", name, "a207-5y", "--prefix", "soft/", "--mode", "governance")
    rules = answer("class", "rules", name)["rules"]
    assert sorted(rule["class"] for rule in rules) == ["a207-3y", "a207-5y", "own-7y"], rules
    put(name, "images/1")
    put(name, "images/2", Tagging="kind=own")
    put(name, "other/3", Tagging="kind=own")
    put(name, "soft/4")
    put(name, "other/5")
    for key, want, mode, years in (
            ("images/1", ["a207-3y"], "COMPLIANCE", 3), ("images/2", ["a207-3y", "own-7y"], "COMPLIANCE", 7),
            ("other/3", ["own-7y"], "COMPLIANCE", 7), ("soft/4", ["a207-5y"], "GOVERNANCE", 5),
            ("other/5", [], None, None)):
        assert classes_header(name, key) == want, (key, classes_header(name, key))
        head = s3.head_object(Bucket=name, Key=key)
        assert head.get("ObjectLockMode") == mode, (key, mode)
        if years:
            found, wanted = head["ObjectLockRetainUntilDate"], years_later(TODAY, years)
            assert found == wanted, f"{key}: {found} instead of {wanted}"
            for by in (s3, clerk):
                refused("AccessDenied", by.delete_object, Bucket=name, Key=key, VersionId=head["VersionId"])
    soft = s3.head_object(Bucket=name, Key="soft/4")["VersionId"]
    refused("AccessDenied", clerk.delete_object, Bucket=name, Key="soft/4", VersionId=soft,
            BypassGovernanceRetention=True)
    # Tags that come later give no class until the classes are applied.
    s3.put_object_tagging(Bucket=name, Key="other/5", Tagging={"TagSet": [{"Key": "kind", "Value": "own"}]})
    assert classes_header(name, "other/5") == []
    applied = answer("class", "apply", name, "--prefix", "")
    assert (applied["changed"], applied["refused"]) == (1, 0), applied
    assert classes_header(name, "other/5") == ["own-7y"]


def post(name, prefix, date, code=0, key=None):
    return answer("event", "post", name, "--prefix", prefix, "--event-date", str(date), code=code, key=key)


def events():
    """Refused until the event is posted, once, only later, never before the floor."""
    name = bucket("karte")
    azekura("class", "assign", name, "karte-5y")
    version = put(name, "p/1")
    said(name, "p/1", {"ja": ["起算日がまだ記録されていない", "karte-5y", "完結の日", "医師法24条2項"],
                       "en": ["Nobody", "event", "karte-5y", "not posted yet", "at least until"]})
    waits = lock_of(name, "p/1")
    assert waits["deletable"] == "after-event" and waits["free_from"] is None, waits
    assert moment(waits["lock"]["event_floor"]) >= years_later(TODAY, 5) - DAY, waits
    for by in (s3, clerk):
        refused("AccessDenied", by.delete_object, Bucket=name, Key="p/1", VersionId=version,
                BypassGovernanceRetention=by is s3)
    early = post(name, "p/", TODAY - DAY, code=4)
    assert early["refused"] == 1 and lock_of(name, "p/1")["deletable"] == "after-event", early
    azekura("event", "post", name, "--prefix", "p/", "--event-date", "2026-13-01", code=2)
    later = TODAY + 10 * DAY
    assert post(name, "p/", later, key=sys.argv[5])["changed"] == 1
    posted = lock_of(name, "p/1")
    assert posted["deletable"] == "not-before" and posted["lock"]["mode"] == "COMPLIANCE", posted
    assert moment(posted["lock"]["until"]) == years_later(later, 5), posted
    assert posted["lock"]["event"] is None and moment(posted["lock"]["until"]) >= moment(waits["lock"]["event_floor"])
    assert post(name, "p/", later)["unchanged"] == 1
    sooner = post(name, "p/", TODAY, code=4)
    assert sooner["refused"] == 1, sooner
    assert post(name, "p/", later + DAY)["changed"] == 1
    assert moment(lock_of(name, "p/1")["lock"]["until"]) == years_later(later + DAY, 5)
    refused("AccessDenied", s3.delete_object, Bucket=name, Key="p/1", VersionId=version)
    # Posted with the upload.
    put(name, "m/later", Metadata={"kanketsu-date": str(later)})
    put(name, "m/before", Metadata={"kanketsu-date": "2020-01-01"})
    refused("InvalidArgument", s3.put_object, Bucket=name, Key="m/bad", Body=b"x",
            Metadata={"kanketsu-date": "yesterday"})
    refused("404", s3.head_object, Bucket=name, Key="m/bad")
    for key, date in (("m/later", later), ("m/before", TODAY)):
        found = lock_of(name, key)["lock"]
        assert found["mode"] == "COMPLIANCE" and moment(found["until"]) == years_later(date, 5), (key, found)
    put(name, "waits")


def explained():
    """One version of each kind; who, until when, which rule, which clock."""
    name = bucket("why")
    until = datetime.datetime(2031, 4, 1, tzinfo=JAPAN)
    kept = {"ObjectLockRetainUntilDate": until}
    clock = {"ja": ["コンプライアンス時計"], "en": ["compliance clock"]}
    put(name, "compliance", ObjectLockMode="COMPLIANCE", **kept)
    put(name, "governance", ObjectLockMode="GOVERNANCE", **kept)
    put(name, "hold", ObjectLockLegalHoldStatus="ON", ObjectLockMode="COMPLIANCE", **kept)
    put(name, "free")
    hidden = put(name, "hidden")
    s3.delete_object(Bucket=name, Key="hidden", VersionId=hidden)
    put(name, "marked")
    marker = s3.delete_object(Bucket=name, Key="marked")["VersionId"]
    date = "2031-04-01 00:00 JST"
    for key, deletable, version, words in (
            ("compliance", "not-before", None, {
                "ja": ["誰も削除できません", "管理者でも", date, "規則: COMPLIANCE"],
                "en": ["Nobody can delete it before", date, "no administrator", "Rule: COMPLIANCE"]}),
            ("governance", "with-bypass", None, {
                "ja": ["権限 bypass", "規則: GOVERNANCE", date], "en": ["`bypass`", "Rule: GOVERNANCE", date]}),
            ("hold", "after-hold", None, {
                "ja": ["リーガルホールド", "権限 lock", "規則: COMPLIANCE", date],
                "en": ["legal hold", "`lock`", "Rule: COMPLIANCE", date]}),
            ("free", "yes", None, {"ja": ["ロックはありません", "権限 manage"], "en": ["No lock keeps", "`manage`"]}),
            ("hidden", None, hidden, {
                "ja": ["隠れているだけ", f"undelete s3://{name}/hidden --version-id {hidden}"],
                "en": ["hidden, not gone", "history", f"undelete s3://{name}/hidden --version-id {hidden}"]}),
            ("marked", None, marker, {
                "ja": ["削除マーカー", f"undelete s3://{name}/marked"],
                "en": ["delete marker", f"undelete s3://{name}/marked"]})):
        said(name, key, {language: words[language] + clock[language] for language in words}, version)
        report = lock_of(name, key, version)
        assert deletable in (None, report["deletable"]), report
        assert report["address"] == f"s3://{name}/{key}" and moment(report["compliance_time"]), report
    assert lock_of(name, "hidden", hidden)["standing"] == "hidden"
    assert lock_of(name, "marked")["standing"] == "marker"
    azekura("explain", f"s3://{name}/no-such-key", code=3)
    azekura("explain", f"{name}/free", code=2)


def bulk():
    """By prefix and by manifest; a bad line, an unknown version."""
    home = os.path.dirname(FACTS)
    name = bucket("bulk")
    until = datetime.datetime.now(UTC) + 100 * DAY
    kept = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    first = put(name, "in/a,b \"c\" 記録", **kept)
    for number in range(3):
        put(name, f"in/{number}", **kept)
    put(name, "in/free")
    put(name, "out/1", **kept)
    report = os.path.join(home, "extend.csv")
    done = answer("lock", "extend", name, "--prefix", "in/", "--days", "300", "--report", report, code=4)
    assert (done["changed"], done["refused"]) == (4, 1), done
    rows = list(csv.reader(open(report, encoding="utf-8")))
    assert len(rows) == 1 and rows[0][0] == "in/free" and rows[0][2], rows
    azekura("lock", "extend", name, "--prefix", "in/", "--days", "300", "--report", report, code=74)
    for key, days in (("in/1", 300), ("out/1", 100)):
        found = s3.head_object(Bucket=name, Key=key)["ObjectLockRetainUntilDate"]
        assert abs(found - datetime.datetime.now(UTC) - days * DAY) < DAY, (key, found)
    shorter = answer("lock", "extend", name, "--prefix", "in/1", "--days", "10")
    assert shorter["changed"] == 0 and shorter["unchanged"] == 1, shorter
    manifest = os.path.join(home, "hold.csv")
    unknown = "0" * len(first)
    with open(manifest, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["in/a,b \"c\" 記録", first], ["in/0", ""], ["in/1", unknown], ["no/such", ""]])
    report = os.path.join(home, "held.csv")
    done = answer("lock", "hold", name, "--manifest", manifest, "--report", report, code=4)
    assert (done["changed"], done["refused"]) == (2, 2), done
    rows = {row[0]: row[1] for row in csv.reader(open(report, encoding="utf-8"))}
    assert rows == {"in/1": unknown, "no/such": ""}, rows
    held = s3.get_object_legal_hold(Bucket=name, Key="in/0")["LegalHold"]["Status"]
    assert held == "ON", held
    with open(manifest, "w", encoding="utf-8") as file:
        file.write("in/0\nin/1,v,too many\n")
    said_bad = azekura("lock", "release-hold", name, "--manifest", manifest, code=2)
    assert "line 2" in said_bad, said_bad
    held = s3.get_object_legal_hold(Bucket=name, Key="in/0")["LegalHold"]["Status"]
    assert held == "ON", "a manifest with a bad line changed something"
    done = answer("lock", "release-hold", name, "--prefix", "in/0")
    assert done["changed"] == 1, done
    azekura("lock", "hold", name, code=2)
    azekura("lock", "hold", "no-such-bucket", "--prefix", "", code=3)


def limits():
    """Of the bucket and of the key."""
    name = bucket("limits")
    report = answer("lock", "limits", name, "--floor-days", "10", "--ceiling-days", "500")
    assert (report["floor_days"], report["ceiling_days"]) == (10, 500), report
    weaker = answer("lock", "limits", name, "--floor-days", "5", "--ceiling-days", "600")
    assert (weaker["floor_days"], weaker["ceiling_days"]) == (10, 500) and weaker["pending"], weaker
    for by, days in ((s3, 5), (s3, 550), (limited, 450)):
        message = refused("AccessDenied", put, name=name, key="k", by=by, ObjectLockMode="GOVERNANCE",
                          ObjectLockRetainUntilDate=datetime.datetime.now(UTC) + days * DAY)
        assert "retention limit" in message, message
    refused("404", s3.head_object, Bucket=name, Key="k")
    month = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": datetime.datetime.now(UTC) + 30 * DAY}
    put(name, "day/1", b"b" * 600_000, by=limited, **month)
    message = refused("AccessDenied", put, name=name, key="day/2", body=b"b" * 600_000, by=limited, **month)
    assert "retention limit" in message, message
    put(name, "day/2", b"b" * 600_000, by=clerk, **month)
    bulk_refused = answer("lock", "extend", name, "--prefix", "day/", "--days", "550", code=4)
    assert bulk_refused["refused"] == 2 and "retention limit" in bulk_refused["first_refused"][0]["why"]


def came_back():
    """Deleted, and back, with versions and without."""
    for name, versions in (("archive", True), ("plain", False)):
        bucket(name, lock=False)
        if versions:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        put(name, "k", b"content of k", Metadata={"note": "kept"})
        s3.delete_object(Bucket=name, Key="k")
        refused("404", s3.head_object, Bucket=name, Key="k")
        back = answer("object", "undelete", f"s3://{name}/k")
        assert back["how"] == ("markers-hidden" if versions else "new-version"), back
        found = s3.get_object(Bucket=name, Key="k")
        assert found["Body"].read() == b"content of k" and found["Metadata"] == {"note": "kept"}
        azekura("object", "undelete", f"s3://{name}/k", code=2)
    hidden = put("archive", "v", b"one")
    s3.delete_object(Bucket="archive", Key="v", VersionId=hidden)
    assert answer("object", "undelete", "s3://archive/v", "--version-id", hidden)["how"] == "new-version"
    assert s3.get_object(Bucket="archive", Key="v")["Body"].read() == b"one"


def sums():
    """`lock report` and `capacity` count what is there."""
    report = answer("lock", "report", "why")
    kept = {count["name"]: count["versions"] for count in report["by_lock"]}
    assert (kept["compliance"], kept["governance"], kept["hold"]) == (2, 1, 1), kept
    assert (report["versions"], report["hidden"]["versions"]) == (6, 1), report
    months = {count["name"]: count["versions"] for count in report["by_month"]}
    assert months == {"2031-04": 3}, months
    text = azekura("lock", "report", "classes")
    for word in ("KEPT BY", "UNTIL YEAR", "own-7y", "a207-3y"):
        assert word in text, text
    everything = answer("lock", "report", "--all")
    capacity = answer("capacity")
    assert capacity["usable_bytes"] > 0 and capacity["kept_until"] == everything["by_month"], capacity
    undated = {count["name"]: count["versions"] for count in capacity["kept_without_date"]}
    assert undated["event"] == 1 and undated["hold"] >= 2, undated
    history = {count["name"]: count["versions"] for count in capacity["history"]}
    assert history["why"] == 1 and history["archive"] >= 1, history
    text = azekura("capacity")
    assert "full on" in text and "bytes a day" in text and "2031-04" in text, text


BUCKETS = ["classes", "karte", "why", "bulk", "limits", "archive", "plain", "withdrawn", "trial"]


def facts():
    """The lock of every version that S3 shows, and the counts."""
    found = {}
    for name in BUCKETS:
        listed = s3.list_object_versions(Bucket=name)
        for version in listed.get("Versions", []):
            report = lock_of(name, version["Key"], version["VersionId"])
            found[f"{name}/{version['Key']}/{version['VersionId']}"] = [
                report["deletable"], report["standing"], report["lock"]]
        report = answer("lock", "report", name)
        for group in ("by_lock", "by_month", "by_class", "by_day"):
            found[f"{name} {group}"] = sorted(
                [count["name"], count["versions"], count["bytes"]] for count in report[group])
        found[f"{name} limits"] = answer("lock", "limits", name)
    return json.loads(json.dumps(found))


def first():
    began = time.monotonic()
    failed = []
    for work in (trials, classes, events, explained, bulk, limits, came_back, sums):
        try:
            work()
        except Exception:
            traceback.print_exc()
            failed.append(work.__name__)
    if failed:
        sys.exit(f"failed: {failed}")
    # Trial and grace of the server are over then; the records that follow carry the time over the kill.
    time.sleep(max(0.0, 17.0 - (time.monotonic() - began)))
    put("plain", "last")
    with open(FACTS, "w", encoding="utf-8") as file:
        json.dump(facts(), file)
    print(len(RAN))


def trial():
    """The server's own loop makes it final; what was withdrawn stays GOVERNANCE."""
    end = time.monotonic() + 90
    while s3.head_object(Bucket="trial", Key="k")["ObjectLockMode"] != "COMPLIANCE":
        assert time.monotonic() < end, "still GOVERNANCE"
        time.sleep(0.3)
    head = s3.head_object(Bucket="trial", Key="k")
    refused("AccessDenied", s3.delete_object, Bucket="trial", Key="k", VersionId=head["VersionId"],
            BypassGovernanceRetention=True)
    while answer("lock", "default", "trial")["probation_ends"]:
        assert time.monotonic() < end, "the trial does not end"
        time.sleep(0.3)
    put("trial", "after")
    assert s3.head_object(Bucket="trial", Key="after")["ObjectLockMode"] == "COMPLIANCE"
    assert s3.head_object(Bucket="withdrawn", Key="k")["ObjectLockMode"] == "GOVERNANCE"


def again():
    with open(FACTS, encoding="utf-8") as file:
        before = json.load(file)
    now = facts()
    changed = {name for name in set(before) | set(now) if before.get(name) != now.get(name)}
    changed = {name for name in changed if not name.startswith("trial")}
    assert not changed, [(name, before.get(name), now.get(name)) for name in sorted(changed)]
    assert s3.head_object(Bucket="trial", Key="k")["ObjectLockMode"] == "COMPLIANCE"
    month = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": datetime.datetime.now(UTC) + 30 * DAY}
    refused("AccessDenied", put, name="limits", key="day/3", body=b"b" * 600_000, by=limited, **month)
    sums()


{"first": first, "trial": trial, "again": again}[STEP]()
