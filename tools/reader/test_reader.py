"""The reader against the frozen bytes of format v1: python3 -m unittest discover tools/reader"""
import contextlib
import io
import json
import shutil
import struct
import tempfile
import unittest
from pathlib import Path

import azekura_reader as reader

FROZEN = Path(__file__).resolve().parents[2] / "crates/record/testdata"


def lines(path):
    return [bytes.fromhex(line) for line in path.read_text().split()]


class Frozen(unittest.TestCase):
    def test_commitments_of_every_kind(self):
        seen = set()
        for path in sorted(FROZEN.glob("[0-9]*.hex")):
            particulars, expected = lines(path)
            fields, raw = reader.field_map(particulars)
            self.assertEqual(reader.commitment(fields[1], raw), expected, path.name)
            seen.add(int(path.name[:2]))
        self.assertEqual(seen, set(reader.KINDS))

    def test_cores_and_summary(self):
        core, _ = reader.field_map(lines(FROZEN / "core-full.hex")[0])
        self.assertEqual((core[1], core[6], core[8], core[10]), (16, b"\x22" * 16, 4096, [2, 5000000000000]))
        self.assertEqual(reader.field_map(lines(FROZEN / "core-small.hex")[0])[0][3], -1)
        self.assertEqual(reader.cbor(lines(FROZEN / "summary.hex")[0])[2], 1 << 32)

    def test_other_forms_are_refused(self):
        for form in ("a1011817", "a1 01 190017", "bf0101ff", "a202010101", "a101c001", "a101f90000", "a1010100",
                     "a10161ff", "a1"):
            with self.assertRaises(reader.Damaged, msg=form):
                reader.field_map(bytes.fromhex(form))


class WorkedExample(unittest.TestCase):
    """The numbers of docs/formats/records.md."""

    def test_particulars_and_frame(self):
        particulars, _ = lines(FROZEN / "19-blob-intent.hex")
        bucket, salt = b"\x22" * 16, b"\x53" * 32
        key = reader.hkdf(b"\x42" * 32, salt, b"azekura particulars v1" + bucket)
        self.assertEqual(key.hex(), "3ecb0796c099b8392842c21f1c04c84a84ea48094d440ae7dbc0d6f52871316b")
        sealed = b"\x01\x01\0\0\0" + salt + reader.AESGCM(key).encrypt(
            bytes(12), particulars, b"azekura particulars v1\x00\x13" + bucket)
        self.assertEqual(reader.sha256(sealed).hex(),
                         "136de86a40d07fa8666e05b5f58487983714c9609e0ea3543206e2be3465e49a")
        frame = bytes.fromhex("4b1dd08919a978c2bc770846221cd57360aa7ff87bad0a56ceabbd7275")
        self.assertEqual(int.from_bytes(frame[-8:], "little"), reader.crc64(frame[:-8]))
        associated = b"azekura frame v1" + b"\x76" * 16 + bucket + bytes(8) + b"\x01"
        self.assertEqual(reader.gcm_open(b"\x4c" * 32, bytes(12), frame[:-8], associated), b"hello")

    def test_checksums_and_ids(self):
        self.assertEqual(reader.crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(reader.crc64(b"123456789"), 0xAE8B14860A799888)
        self.assertEqual(reader.id_text(b"\xff" * 16), "vvvvvvvvvvvvvvvvvvvvvvvvvs")


class Packed(unittest.TestCase):
    """A packed segment that the engine wrote (crates/engine/src/journal/packed/tests.rs)."""

    PACKED = FROZEN.parents[1] / "engine/testdata/packed.seg"
    RUNS = ((0, 64), (4096, 32), (10000, 4000), (19984, 16))

    def content(self):
        data = bytearray(20000)
        for number, (offset, length) in enumerate(self.RUNS):
            data[offset:offset + length] = bytes([number + 1]) * length
        return bytes(data)

    def read(self, data):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "00000005.seg"
            path.write_bytes(data)
            file = reader.Segment(path, 5)
            try:
                for offset, length in ((0, 1), (63, 2), (4000, 6100), (13999, 5990), (19999, 1), (19999, 50)):
                    yield file.read(offset, length), (offset, length)
                yield file.read(0, 1 << 30), (0, 1 << 30)
            finally:
                file.close()

    def test_it_reads_as_the_segment_it_was_made_from(self):
        packed, content = self.PACKED.read_bytes(), self.content()
        self.assertLess(len(packed), 12600)
        for damaged in (None, 100, len(packed) - 100, len(packed) - 4096 - 100):
            data = bytearray(packed)
            if damaged is not None:
                data[damaged] ^= 1
            for read, (offset, length) in self.read(bytes(data)):
                self.assertEqual(read, content[offset:offset + length], (damaged, offset, length))

    def pack(self, data, number):
        """As docs/formats/journal.md says."""
        runs, at = [], 0
        while at < len(data):
            unit = data[at:at + 16]
            if any(unit):
                if runs and at - sum(runs[-1]) < 128:
                    runs[-1] = (runs[-1][0], at + len(unit) - runs[-1][0])
                else:
                    runs.append((at, len(unit)))
            at += 16
        held = b"".join(data[offset:offset + length] for offset, length in runs)
        table = b"".join(struct.pack("<QQ", *run) for run in runs)
        body = struct.pack("<IIQ16sQQI", 2, number, len(data), data[24:40], len(runs), 4096 + len(held),
                           reader.crc32c(table)).ljust(4088, b"\0")
        header = b"AZS1" + struct.pack("<I", reader.crc32c(body)) + body
        return header + held + table + table + header

    def run_over(self, vault, change=None):
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / "vault"
            shutil.copytree(vault, copy)
            segment = copy / "journal/00000000.seg"
            if change is not None:
                segment.write_bytes(change(segment.read_bytes()))
            words = Path(directory) / "words"
            words.write_text("correct horse battery staple")
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = reader.run(reader.arguments(
                    ["--json", "--verify", "--passphrase-file", str(words), str(copy)]))
            return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()

    def test_a_packed_vault_says_what_it_said(self):
        vault = FROZEN.parents[2] / "testdata/format/v1/vault"
        code, lines, _ = self.run_over(vault)
        self.assertEqual((code, len(lines) > 5), (0, True))
        self.assertTrue(all(line["verified"] for line in lines if line["kind"] == "version"))
        packed = self.run_over(vault, lambda data: self.pack(data, 0))
        self.assertEqual(packed[:2], (code, lines))

    def test_what_is_erased_without_a_release_is_damage(self):
        vault = FROZEN.parents[2] / "testdata/format/v1/vault"
        _, lines, _ = self.run_over(vault)
        small = next(line for line in lines if line["key"] == "small" and line["kind"] == "version")
        for part in ("particulars_at", "payload_at"):
            place = small[part]
            for count in (place["length"], place["length"] // 2):
                def erase(data, start=place["offset"], count=count):
                    return data[:start] + bytes(count) + data[start + count:]
                code, _, said = self.run_over(vault, erase)
                self.assertEqual(code, 1, (part, count, said))

    def test_a_plain_file_is_itself(self):
        data = bytes(range(256)) * 40
        for read, (offset, length) in self.read(data):
            self.assertEqual(read, data[offset:offset + length])


class Paths(unittest.TestCase):
    def test_no_key_leads_outside(self):
        base = Path("/nowhere/out")
        for key in ("../../etc/passwd", "/etc/passwd", "a//b", "..", ".", "a/../../b", "x" * 1024, "a\0b", "字" * 341):
            path = reader.safe_path(base, "bucket", key)
            self.assertTrue(str(path).startswith("/nowhere/out/bucket/"), path)
            self.assertFalse({"..", "."} & set(path.parts), path)
            self.assertTrue(all(len(part.encode()) <= 255 for part in path.parts), path)

    def test_a_key_may_be_the_folder_of_another(self):
        for first, second in (("a", "a/b"), ("a/b", "a")):
            with tempfile.TemporaryDirectory() as base:
                path = reader.safe_path(Path(base), "bucket", first)
                path.parent.mkdir(parents=True)
                path.write_bytes(b"1")
                other = reader.safe_path(Path(base), "bucket", second)
                other.parent.mkdir(parents=True, exist_ok=True)
                other.write_bytes(b"2")
                self.assertEqual(path.read_bytes(), b"1")


if __name__ == "__main__":
    unittest.main()
