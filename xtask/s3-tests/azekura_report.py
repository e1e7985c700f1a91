"""Plugin of pytest for `cargo xtask s3-tests`.

It keeps the tests that AZEKURA_CORE lists, gives each test bucket names of its own, so that what one
test leaves behind cannot fail the next, and writes one JSON line a test to AZEKURA_REPORT.
"""

import json
import os

import pytest

FOLDER = "s3tests.functional"
_phases = {}


def _name(nodeid):
    return nodeid.split("::", 1)[1]


def pytest_collection_modifyitems(config, items):
    with open(os.environ["AZEKURA_CORE"], encoding="utf-8") as listed:
        order = {name: at for at, name in enumerate(listed.read().split("\n")) if name}
    kept = [item for item in items if _name(item.nodeid) in order]
    dropped = [item for item in items if _name(item.nodeid) not in order]
    kept.sort(key=lambda item: order[_name(item.nodeid)])
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


@pytest.fixture(autouse=True)
def azekura_prefix(configfile):
    import s3tests.functional as suite

    suite.prefix = suite.choose_bucket_prefix(template="s3t-{random}-")


def pytest_runtest_logreport(report):
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    phases = _phases.setdefault(report.nodeid, {})
    phases[report.when] = report
    if report.when != "teardown":
        return
    outcome, why, seconds = "passed", "", 0.0
    for phase in ("setup", "call", "teardown"):
        part = phases.get(phase)
        if part is None:
            continue
        seconds += part.duration
        if outcome != "passed" or part.outcome == "passed":
            continue
        outcome = part.outcome if phase == "call" or part.skipped else "error"
        why = _why(part)
    del _phases[report.nodeid]
    line = {"name": _name(report.nodeid), "outcome": outcome, "why": why, "seconds": seconds}
    with open(os.environ["AZEKURA_REPORT"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def _why(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return f"{os.path.basename(crash.path)}:{crash.lineno}: {crash.message}".split("\n")[0]
    return str(report.longrepr).strip().split("\n")[-1]
