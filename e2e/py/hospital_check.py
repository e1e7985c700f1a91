"""Reads a synthetic hospital with the libraries that read real ones: hl7apy, pydicom, qpdf."""

import collections
import json
import os
import subprocess
import sys

import pydicom
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message, parse_segment
from hl7apy.validation import Validator

root, qpdf = sys.argv[1], sys.argv[2]
counts = collections.Counter()
# Messages of a type that are checked against their structure; hl7apy is slow.
EACH = 10
# Events of the Japanese profile, which HL7 itself does not know, and RDE: hl7apy puts a TQ1 that
# follows RXE into the optional group of the same segment before it.
BY_SEGMENT = {"PPR-01", "OMG-11", "OMG-12", "OMP-01", "OMP-02"}


def hl7(name, data):
    parts = name.split("_")
    assert len(parts) == 7 and parts[6] in "012", name
    text = data.decode("iso2022_jp")
    kind = parts[2]
    counts["hl7"] += 1
    counts[kind] += 1
    segments = text.rstrip("\r").split("\r")
    assert segments[0].split("|")[17] == "~ISO IR87", name
    patient = next(s for s in segments if s.startswith("PID")).split("|")
    assert patient[3].split("^")[0] == parts[0] and parts[0].startswith("99"), name
    if counts[kind] > EACH:
        return
    try:
        if kind in BY_SEGMENT:
            for segment in segments:
                if not segment.startswith("Z"):
                    parsed = parse_segment(segment, "2.5", validation_level=VALIDATION_LEVEL.TOLERANT)
                    Validator.validate(parsed)
            if kind in ("OMP-01", "OMP-02"):
                order = [segment[:3] for segment in segments[3:]]
                assert order == ["ORC", "RXE", "TQ1", "RXR"] * (len(order) // 4), (name, order)
        else:
            Validator.validate(parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT))
    except HL7apyException as error:
        raise AssertionError(f"{name}: {error}") from error


def dicom(path, name):
    image = pydicom.dcmread(path)
    shape = image.Rows, image.Columns, image.SamplesPerPixel, image.BitsAllocated // 8
    length = int(image.get("NumberOfFrames", 1))
    for number in shape:
        length *= number
    assert len(image.PixelData) == length, (name, shape)
    assert image.SOPInstanceUID + ".dcm" == name
    assert path.split(os.sep)[-3:-1] == [image.StudyInstanceUID, image.SeriesInstanceUID]
    assert image.file_meta.MediaStorageSOPClassUID == image.SOPClassUID
    assert image.SOPClassUID.name.endswith("Storage"), image.SOPClassUID
    assert image.SOPInstanceUID.startswith("2.25.")
    assert image.InstitutionName == "合成病院" and image.PatientID.startswith("99")
    assert "^" in image.PatientName.ideographic and "^" in image.PatientName.phonetic
    counts[image.Modality] += 1


def claims(name, data):
    lines = data.decode("cp932").split("\r\n")
    receipts = sum(line.startswith("RE,") for line in lines)
    assert lines[0].startswith("IR,") and lines[-2].startswith(f"GO,{receipts},"), name
    counts["receipts"] += receipts


for folder, _, names in os.walk(root):
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".dcm"):
            dicom(path, name)
            continue
        with open(path, "rb") as file:
            data = file.read()
        if "/standard/" in path:
            hl7(name, data)
        elif name.endswith(".pdf"):
            assert data.startswith(b"%PDF-1.") and data.rstrip().endswith(b"%%EOF"), name
            counts["pdf"] += 1
            if counts["pdf"] <= 5 and qpdf:
                subprocess.run([qpdf, "--check", path], check=True, stdout=subprocess.DEVNULL)
        elif name.endswith(".json"):
            bundle = json.loads(data)
            assert bundle["type"] == "document", name
            assert bundle["entry"][0]["resource"]["resourceType"] == "Composition", name
            counts["fhir"] += 1
        elif name.endswith(".UKE"):
            claims(name, data)
        elif name.endswith(".sql"):
            assert data.decode("utf-8").rstrip().endswith("--"), name
            counts["sql"] += 1

types = sum(1 for kind in counts if "-" in kind or kind == "OMD")
assert types == 26, types
assert {"CT", "MR", "CR", "US", "XA", "ES"} <= set(counts), counts
print(json.dumps({"hl7": counts["hl7"], "receipts": counts["receipts"], "types": types}))
