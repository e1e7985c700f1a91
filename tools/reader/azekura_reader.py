#!/usr/bin/env python3
"""Reads an Azekura vault without Azekura.

Written from the format documents (journal.md, records.md, records.cddl, keyring.md), which lie beside
this file in the vault's directory `decoder`. Needs Python 3.9 or later and the package `cryptography`.

    python3 azekura_reader.py VAULT                     a summary, and everything that is wrong
    python3 azekura_reader.py --json VAULT              one line of JSON for each version
    python3 azekura_reader.py --json --verify VAULT     the same, every payload opened and hashed again
    python3 azekura_reader.py --extract DIR VAULT       writes out the current version of every key

The keyring is opened with the passphrase from --passphrase-file, AZEKURA_PASSPHRASE_FILE or
AZEKURA_PASSPHRASE, or with the generated secret in VAULT/keyring.secret. It only reads the vault.
Contents of a sealed tenant need the passphrase of that institution as well (--tenant-passphrase-file).

Exit codes: 0 all is well (what a release record erased is well), 1 something is damaged, 2 the vault cannot be read.
"""
import argparse
import bisect
import datetime
import getpass
import hashlib
import hmac
import json
import os
import struct
import sys
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    sys.exit("the Python package 'cryptography' is needed: pip install cryptography")

FRAME = 65536                 # content bytes of a payload frame
STORED_FRAME = FRAME + 24     # with tag and CRC
ZERO_ID = bytes(16)
KINDS = {1: "tenant-created", 2: "epoch-opened", 3: "bucket-created", 4: "bucket-changed",
         5: "bucket-retired", 6: "bucket-configured", 7: "clock-tick",
         16: "version", 17: "delete-marker", 18: "version-hidden",
         19: "blob-intent", 20: "intent-withdrawn", 21: "upload-started", 22: "part-stored",
         23: "upload-aborted", 24: "version-tagged", 25: "version-locked", 26: "locks-changed",
         8: "epoch-destroyed", 27: "released", 28: "freed", 29: "disposal-requested",
         30: "slot-restated", 31: "lifecycle-ran", 32: "imported",
         33: "identity-changed", 34: "request-changed", 35: "audit-batch",
         36: "acl-changed", 37: "tenant-resealed", 38: "tenant-deleted", 39: "audit-released"}
IGNORABLE = 0x8000


class CannotRead(Exception):
    """The vault as a whole cannot be read."""


class Damaged(Exception):
    """Bytes that are not what was written."""


class Erased(Exception):
    """Bytes that were erased on purpose: all zero."""


class Newer(Exception):
    """Content of a later release."""


class Locked(Exception):
    """Content that only the passphrase of an institution opens."""


# ---- checksums, hashes, keys ------------------------------------------------------------------------

def crc_table(polynomial):
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (polynomial if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C = crc_table(0x82F63B78)
CRC64_NVME = crc_table(0x9A6C9329AC4BC9B5)


def crc(table, ones, data):
    value = ones
    for byte in data:
        value = table[(value ^ byte) & 255] ^ value >> 8
    return value ^ ones


def crc32c(data):
    return crc(CRC32C, 0xFFFFFFFF, data)


def crc64(data):
    return crc(CRC64_NVME, 0xFFFFFFFFFFFFFFFF, data)


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def hkdf(key, salt, info):
    """HKDF-SHA-256 (RFC 5869), 32 bytes."""
    extracted = hmac.new(salt or bytes(32), key, "sha256").digest()
    return hmac.new(extracted, info + b"\x01", "sha256").digest()


def gcm_open(key, nonce, sealed, associated):
    try:
        return AESGCM(key).decrypt(nonce, bytes(sealed), associated)
    except InvalidTag:
        raise Damaged("it does not open with this key") from None


def unwrap_key(above, wrapped, owner, epoch):
    """records.md, "Wrapped keys"."""
    if len(wrapped) != 81 or wrapped[0] != 1:
        raise Newer("a wrapped key of unknown scheme")
    key = hkdf(above, wrapped[1:33], b"azekura wrap v1" + owner + struct.pack(">I", epoch))
    return gcm_open(key, bytes(12), wrapped[33:], b"")


def content_key(seal, tenant, passphrase):
    """records.md, "Sealed tenants": the content key, or None if it is another passphrase."""
    lock_key = hashlib.pbkdf2_hmac("sha256", passphrase, seal[9], seal[10], 32)
    try:
        key = gcm_open(lock_key, bytes(12), seal[11], b"azekura tenant seal v1" + tenant)
    except Damaged:
        return None
    if hmac.new(key, b"azekura tenant seal check" + tenant, "sha256").digest()[:16] != seal[12]:
        raise CannotRead("the seal of a tenant is damaged: what the passphrase opened is not its content key")
    return key


def id_text(identity):
    """A 16-byte id as S3 shows it: base32hex, lower case, without padding."""
    number = int.from_bytes(identity, "big") << 2
    return "".join("0123456789abcdefghijklmnopqrstuv"[number >> 5 * i & 31] for i in reversed(range(26)))


# ---- deterministic CBOR (RFC 8949, 4.2.1), the subset of records.md ---------------------------------------

class Cbor:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def head(self):
        data, start = self.data, self.at
        if start >= len(data):
            raise Damaged("CBOR ends inside an item")
        major, info = data[start] >> 5, data[start] & 31
        if info < 24:
            self.at = start + 1
            return major, info
        if info > 27 or major == 7:
            raise Damaged("CBOR of a form that is not used")
        width = 1 << info - 24
        number = int.from_bytes(data[start + 1:start + 1 + width], "big")
        self.at = start + 1 + width
        if self.at > len(data) or number < (24 if width == 1 else 1 << 4 * width):
            raise Damaged("CBOR head cut or not the shortest")
        return major, number

    def string(self, length):
        start, self.at = self.at, self.at + length
        if self.at > len(self.data):
            raise Damaged("CBOR string longer than its bytes")
        return self.data[start:self.at]

    def item(self, depth=0):
        if depth > 8:
            raise Damaged("CBOR nested too deeply")
        major, number = self.head()
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.string(number)
        if major == 3:
            return self.string(number).decode("utf-8")
        if major == 4:
            return [self.item(depth + 1) for _ in range(number)]
        if major == 5:
            return dict((key, value) for key, value, _ in self.entries(number, depth))
        if major == 7 and number in (20, 21, 22):
            return {20: False, 21: True, 22: None}[number]
        raise Damaged("CBOR of a form that is not used")

    def entries(self, count, depth=0):
        """Key, value and raw value of each entry of a map whose head was read."""
        before = -1
        for _ in range(count):
            key = self.head()
            if key[0] != 0 or key[1] <= before:
                raise Damaged("map keys must be ascending numbers")
            before, start = key[1], self.at
            value = self.item(depth + 1)
            yield before, value, self.data[start:self.at]

    def end(self):
        if self.at != len(self.data):
            raise Damaged("bytes after the end")


def cbor(data):
    reader = Cbor(data)
    try:
        value = reader.item()
    except UnicodeDecodeError:
        raise Damaged("text that is not UTF-8") from None
    reader.end()
    return value


def field_map(data):
    """A map of fields: {number: value}, {number: raw value}."""
    reader = Cbor(data)
    major, count = reader.head()
    if major != 5:
        raise Damaged("not a map of fields")
    try:
        entries = list(reader.entries(count))
    except UnicodeDecodeError:
        raise Damaged("text that is not UTF-8") from None
    reader.end()
    return {n: value for n, value, _ in entries}, {n: raw for n, _, raw in entries}


# ---- commitment (records.md) --------------------------------------------------------------------------

def tree_hash(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha256(b"\x01", tree_hash(leaves[:left]), tree_hash(leaves[left:]))


def commitment(seed, raw):
    leaves = []
    for number in sorted(n for n in raw if n != 1):
        n = struct.pack(">H", number)
        salt = hmac.new(seed, b"azekura field salt v1" + n, "sha256").digest()[:16]
        leaves.append(sha256(b"\x00", salt, n, raw[number]))
    return tree_hash(leaves)


# ---- journal (journal.md) -----------------------------------------------------------------------------

def checked_header(data, magic, size):
    """Whether a binary header stands here: magic, then a CRC32C over all bytes after it."""
    return (len(data) >= size and data[:4] == magic
            and struct.unpack_from("<I", data, 4)[0] == crc32c(data[8:size]))


class Segment:
    """A segment file. One that is packed (version 2) reads as the segment that it was made from:
    what it does not hold is zeros."""

    def __init__(self, path, number):
        self.file, self.runs = open(path, "rb"), None
        self.file.seek(0, 2)
        self.length = self.file.tell()
        first = self.raw(0, 4096)
        if checked_header(first, b"AZS1", 4096):
            header = first if first[8:12] == struct.pack("<I", 2) else None
        else:
            last = self.raw(max(self.length - 4096, 0), 4096)
            packed = checked_header(last, b"AZS1", 4096) and last[8:12] == struct.pack("<I", 2)
            header = last if packed else None
        if header is not None:
            self.unpack(header, number)

    def close(self):
        self.file.close()

    def raw(self, offset, length):
        self.file.seek(offset)
        return self.file.read(length)

    def unpack(self, header, number):
        segment, length, _, count, table_at, table_crc = struct.unpack_from("<IQ16sQQI", header, 12)
        if segment != number:
            return
        for copy in range(2):
            table = self.raw(table_at + copy * 16 * count, 16 * count)
            if len(table) == 16 * count and crc32c(table) == table_crc:
                break
        else:
            return
        self.runs, self.length, at = [], length, 4096
        for offset, size in struct.iter_unpack("<QQ", table):
            self.runs.append((offset, size, at))
            at += size

    def read(self, offset, length):
        length = max(min(length, self.length - offset), 0)
        if self.runs is None:
            return self.raw(offset, length)
        data = bytearray(length)
        first = max(bisect.bisect_right(self.runs, (offset, 1 << 64, 0)) - 1, 0)
        for start, size, at in self.runs[first:]:
            if start >= offset + length:
                break
            low, high = max(start, offset), min(start + size, offset + length)
            if low < high:
                data[low - offset:high - offset] = self.raw(at + low - start, high - low)
        return bytes(data)


class Group:
    SIZE = 112

    def __init__(self, data):
        (self.bytes, self.records, self.number, self.incarnation, self.mark_segment, self.head_at,
         self.mark_offset, self.previous, self.head_bytes, self.head_crc) = struct.unpack_from(
            "<IIQ16sIIQ32sII", data, 8)


class Frame:
    """A record as it lies in a segment."""
    SIZE = 64

    def __init__(self, data, at, segment, offset):
        (self.bytes, self.envelope_bytes, self.envelope_crc, self.particulars_bytes,
         self.particulars_crc, self.payload_bytes, self.payload_crc, place, self.index,
         extent_segment, extent_offset, self.group) = struct.unpack_from("<IIIIIIIIIIQQ", data, at + 8)
        self.segment, self.offset = segment, offset
        end = at + 64 + self.envelope_bytes
        self.envelope = data[at + 64:end]
        self.particulars_at = (segment, offset + 64 + self.envelope_bytes, self.particulars_bytes)
        self.particulars = data[end:end + self.particulars_bytes]
        inline = (segment, self.particulars_at[1] + self.particulars_bytes, self.payload_bytes)
        extent = (extent_segment, extent_offset, self.payload_bytes)
        self.payload_at = {0: None, 1: inline, 2: extent}.get(place)


class Record:
    def __init__(self, frame, envelope):
        (_, self.region, self.incarnation, self.partition, self.sequence, self.commit, self.kind,
         self.core_bytes) = envelope
        self.frame = frame

    def __str__(self):
        kind = KINDS.get(self.kind, f"kind {self.kind}")
        return f"{kind} at partition {self.partition:x} sequence {self.sequence}"


class Journal:
    def __init__(self, directory, report):
        self.directory, self.report = Path(directory), report
        self.files = {}
        self.read_format()
        self.segments = sorted(int(path.stem, 16) for path in self.directory.glob("????????.seg"))
        if not self.segments:
            raise CannotRead(f"{self.directory} holds no segments (*.seg)")
        self.partitions = {}          # partition: (last sequence, chain or None)
        self.groups = self.records = 0
        self.next_group, self.previous_head = 1, bytes(32)

    def read_format(self):
        path = self.directory / "FORMAT"
        try:
            text = path.read_bytes()
        except OSError as error:
            raise CannotRead(f"{path}: {error.strerror}: is this the journal? (--journal)") from None
        lines = dict(line.split(" ", 1) for line in text.decode("utf-8", "replace").splitlines() if " " in line)
        if lines.get("azekura-journal") != "1":
            raise CannotRead(f"{path}: format {lines.get('azekura-journal')} is not known to this reader")
        body = text[:text.rstrip(b"\n").rfind(b"\n") + 1]
        if lines.get("crc32c") != f"{crc32c(body):08x}":
            self.report.damage(f"{path}: its checksum is wrong; its values are used all the same")
        try:
            self.region = lines["region"]
            self.incarnation = bytes.fromhex(lines["incarnation"])
            self.log_limit = int(lines["log-limit"])
            self.head_key = bytes.fromhex(lines["head-key"])
        except (KeyError, ValueError) as error:
            raise CannotRead(f"{path}: unreadable ({error})") from None

    def file(self, segment):
        if segment not in self.files:
            if len(self.files) >= 64:
                self.files.pop(next(iter(self.files))).close()
            self.files[segment] = Segment(self.path(segment), segment)
        return self.files[segment]

    def path(self, segment):
        return self.directory / f"{segment:08x}.seg"

    def read(self, place):
        segment, offset, length = place
        try:
            data = self.file(segment).read(offset, length)
        except OSError as error:
            raise Damaged(f"{self.path(segment).name}: {error.strerror}") from None
        if len(data) != length:
            raise Damaged(f"{self.path(segment).name} ends before offset {offset + length}")
        return data

    def segment_header(self, number):
        """Number of its first group, head before it, and the end of the log before it."""
        data = self.file(number).read(0, 4096)
        if not checked_header(data, b"AZS1", 4096):
            return None
        version, segment, _, incarnation, mark_segment, _, mark_offset = struct.unpack_from(
            "<IIQ16sIIQ", data, 8)
        if version == 2:    # packed, and both its tables are lost
            return None
        if version != 1:
            raise CannotRead(f"{self.path(number).name}: format {version} is not known to this reader")
        first_group, previous = struct.unpack_from("<Q32s", data, 88)
        if segment != number or incarnation != self.incarnation:
            return None
        return first_group, previous, (mark_segment, mark_offset)

    def walk(self):
        """Every readable record, in order; everything else goes to the report."""
        for position, segment in enumerate(self.segments):
            if position and segment != self.segments[position - 1] + 1:
                self.report.damage(f"segment files are missing before {self.path(segment).name}")
                self.previous_head = None
            header = self.segment_header(segment)
            last = position + 1 == len(self.segments)
            if header is None:
                self.missing_header(segment, last)
            elif position == 0 and header[0] > 1:
                self.next_group, self.previous_head = header[0], header[1]
            yield from self.walk_segment(segment, None if last else self.segments[position + 1])

    def missing_header(self, segment, last):
        log = self.file(segment).read(0, self.log_limit)
        if last and self.next_group_after(log, 4096) is None:
            self.report.note(f"{self.path(segment).name}: its creation never finished; it holds no group")
        else:
            self.report.damage(f"{self.path(segment).name}: its header is unreadable; "
                               "its groups are read all the same")

    def walk_segment(self, segment, following):
        log = self.file(segment).read(0, self.log_limit)
        at, name = 4096, self.path(segment).name
        while at < len(log):
            group = self.group_at(log, at)
            if group is not None:
                end = at + group.bytes
                final = following is None and self.next_group_after(log, end) is None
                yield from self.take_group(log[at:end], group, segment, at, final)
                at = end
                continue
            found = self.next_group_after(log, at + 16)
            until = found if found is not None else self.log_end(segment, following, at, len(log))
            if found is None and following is None:
                if any(log[at:]):
                    self.report.note(f"{name} offset {at}: a torn write at the end of the journal "
                                     "(never acknowledged), or damage to its very last group")
                return
            if until > at:
                self.report.damage(f"{name} offset {at}: {until - at} bytes hold no readable group")
                yield from self.take_frames(log[at:until], None, segment, at)
                self.previous_head = None
            if found is None:
                return
            at = found

    def log_end(self, segment, following, at, length):
        header = self.segment_header(following) if following is not None else None
        if header is None:
            return at
        mark_segment, mark_offset = header[2]
        return min(mark_offset if mark_segment == segment else at, length)

    def group_at(self, log, at):
        if not checked_header(log[at:at + Group.SIZE], b"AZG1", Group.SIZE):
            return None
        group = Group(log[at:at + Group.SIZE])
        fits = group.bytes >= Group.SIZE and at + group.bytes <= self.log_limit
        return group if fits and group.incarnation == self.incarnation and group.number >= self.next_group else None

    def next_group_after(self, log, at):
        at = log.find(b"AZG1", at)
        while at >= 0:
            if at % 16 == 0 and self.group_at(log, at) is not None:
                return at
            at = log.find(b"AZG1", at + 1)
        return None

    def take_group(self, data, group, segment, at, final):
        where = f"{self.path(segment).name} offset {at}, group {group.number}"
        say = self.report.note if final else self.report.damage
        if group.number > self.next_group:
            self.report.damage(f"{where}: groups {self.next_group} to {group.number - 1} are missing before it")
        elif self.previous_head not in (None, group.previous):
            self.report.damage(f"{where}: it does not continue the chain of signed heads")
        self.next_group = group.number + 1
        self.groups += 1
        frames = list(self.take_frames(data[Group.SIZE:group.head_at], group.number, segment,
                                       at + Group.SIZE))
        if len(frames) != group.records:
            say(f"{where}: {len(frames)} of {group.records} records are readable")
        yield from frames
        head = data[group.head_at:group.head_at + group.head_bytes]
        signature = data[group.head_at + group.head_bytes:][:64]
        self.previous_head = None
        try:
            if crc32c(head + signature) != group.head_crc:
                raise Damaged("the signed head is damaged")
            self.take_head(cbor(head), group, head, signature, where)
        except Damaged as problem:
            say(f"{where}: {problem}")

    def take_head(self, head, group, encoded, signature, where):
        if len(head) != 6 or head[0] != 1:
            raise Damaged("the signed head has an unknown form")
        if head[1:5] != [self.region, self.incarnation, group.number, group.previous]:
            raise Damaged("the signed head belongs to another group")
        try:
            Ed25519PublicKey.from_public_bytes(self.head_key).verify(signature, b"azekura head v1\n" + encoded)
        except InvalidSignature:
            self.report.damage(f"{where}: the signature of the head is wrong")
        self.previous_head = sha256(b"\x03", encoded)
        for partition, sequence, chain in head[5]:
            known, own = self.partitions.get(partition, (0, bytes(32)))
            if known < sequence:
                self.report.damage(f"{where}: records {known + 1} to {sequence} of partition {partition:x} are lost")
            elif known == sequence and own not in (None, chain):
                self.report.damage(f"{where}: the chain of partition {partition:x} is not the signed one")
            if known <= sequence:
                self.partitions[partition] = (sequence, chain)

    def take_frames(self, data, group, segment, base):
        at, gap = 0, None
        while at < len(data):
            good = checked_header(data[at:at + Frame.SIZE], b"AZR1", Frame.SIZE)
            frame = Frame(data, at, segment, base + at) if good else None
            if frame is None or frame.bytes < Frame.SIZE or (group is not None and frame.group != group):
                gap = at if gap is None else gap
                following = data.find(b"AZR1", at + 1)
                at = (following + 15 & ~15) if following >= 0 else len(data)
                continue
            if gap is not None and group is not None:
                self.report.damage(f"{self.path(segment).name} offset {base + gap}: {at - gap} bytes hold no record")
            gap = None
            record = self.take_record(frame)
            if record is not None:
                yield record
            at += frame.bytes

    def take_record(self, frame):
        where = f"{self.path(frame.segment).name} offset {frame.offset}"
        try:
            if crc32c(frame.envelope) != frame.envelope_crc:
                raise Damaged("the envelope of a record is damaged")
            envelope = cbor(frame.envelope)
            if envelope[0] != 1 or len(envelope) != 8:
                raise Damaged("an envelope of unknown form")
        except Damaged as problem:
            self.report.damage(f"{where}: {problem}")
            return None
        record = Record(frame, envelope)
        known, chain = self.partitions.get(record.partition, (0, bytes(32)))
        if record.sequence <= known:
            return None
        if record.sequence > known + 1:
            self.report.damage(f"{where}: records {known + 1} to {record.sequence - 1} of partition "
                               f"{record.partition:x} are missing")
            chain = None
        if chain is not None:
            chain = sha256(b"\x02", chain, sha256(b"\x00", frame.envelope))
        self.partitions[record.partition] = (record.sequence, chain)
        self.records += 1
        return record


# ---- keyring (keyring.md) -----------------------------------------------------------------------------

def text_file(path, title):
    """The lines of a small file: {name: value}, and all its bytes."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotRead(f"{path}: {error.strerror}") from None
    rows = data.decode("utf-8", "replace").splitlines()
    if rows[:2] != [title, "format 1"]:
        raise CannotRead(f"{path}: not a file {title!r} of format 1")
    return dict(row.split(" ", 1) for row in rows if " " in row), data


def open_keyring(path, passphrase_file):
    """The root key, and the public key whose signatures the heads must bear."""
    rows, data = text_file(path, "azekura keyring")
    if rows.get("kdf") != "pbkdf2-hmac-sha-256" or rows.get("cipher") != "aes-256-gcm":
        raise CannotRead(f"{path}: sealed in a way that this reader does not know")
    try:
        key = hashlib.pbkdf2_hmac("sha256", secret(path, rows["protector"], passphrase_file),
                                  bytes.fromhex(rows["salt"]), int(rows["iterations"]), 32)
        sealed, associated = bytes.fromhex(rows["sealed"]), data[:data.index(b"\nsealed ") + 1]
        plain = gcm_open(key, bytes(12), sealed, associated)
    except (KeyError, ValueError) as error:
        raise CannotRead(f"{path}: damaged ({error!r}): use the exported copy (--keyring)") from None
    except Damaged:
        raise CannotRead(f"{path}: wrong passphrase or secret, or the keyring is damaged") from None
    return plain[:32], public_bytes(Ed25519PrivateKey.from_private_bytes(plain[32:64]).public_key())


def secret(keyring, protector, passphrase_file):
    if protector == "secret-file":
        path = Path(f"{keyring}.secret")
        try:
            return path.read_bytes().rstrip()
        except OSError as error:
            raise CannotRead(f"{path}: {error.strerror}: it opens the keyring") from None
    path = passphrase_file or os.environ.get("AZEKURA_PASSPHRASE_FILE")
    if path:
        return Path(path).read_bytes().rstrip(b"\r\n")
    if os.environ.get("AZEKURA_PASSPHRASE"):
        return os.environ["AZEKURA_PASSPHRASE"].encode().rstrip(b"\r\n")
    if sys.stdin.isatty():
        return getpass.getpass("passphrase of the keyring: ").encode()
    raise CannotRead("no passphrase: give --passphrase-file or AZEKURA_PASSPHRASE "
                     "(or --without-keys to check the journal alone)")


def public_bytes(key):
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


# ---- what the records say (records.md) ------------------------------------------------------------------

def core_lock(core):
    """Retention, legal hold, event hold, end of probation, classes."""
    return [core.get(10), core.get(11), core.get(14), core.get(15), core.get(16, [])]


class Version:
    """A version or delete marker; `fields` is None while its particulars cannot be read."""

    def __init__(self, record, core, fields, problem):
        self.record, self.core, self.fields, self.problem = record, core, fields, problem
        self.id, self.bucket = core.get(7, ZERO_ID), core.get(6, ZERO_ID)
        self.marker, self.hidden, self.erased = record.kind == 17, False, False
        self.key = fields[8] if fields else None
        self.null = bool(fields and fields[9])
        self.verified = self.computed = None
        self.tags = fields[16] if fields and not self.marker else None
        self.lock = core_lock(core)


class Vault:
    def __init__(self, journal, root_key, blob_dirs, report):
        self.journal, self.root, self.blob_dirs, self.report = journal, root_key, blob_dirs, report
        self.tenants, self.bucket_keys, self.buckets = {}, {}, {}
        self.versions, self.current, self.newest_null, self.frames = {}, {}, {}, {}
        self.erased = self.locked = 0
        self.sealed, self.seals, self.content_keys = set(), {}, {}    # tenants; the last seal of each
        self.unclaimed, self.released = {}, set()    # parts erased or half erased; what releases list

    def load(self):
        for record in self.journal.walk():
            if record.frame.payload_at is not None:
                self.frames[record.partition, record.sequence] = record.frame
            try:
                try:
                    self.take(record)
                except (Damaged, Newer) as problem:
                    self.complain(record, f"{record}: {problem}")
                self.claim(record)
            except (Damaged, Newer) as problem:
                self.report.damage(f"{record}: {problem}")
            except (KeyError, IndexError, TypeError, ValueError, struct.error) as problem:
                self.report.damage(f"{record}: malformed ({problem!r})")

        for text in self.unclaimed.values():
            self.report.damage(text)

    def unlock(self, passphrase):
        for tenant, seal in self.seals.items():
            key = content_key(seal, tenant, passphrase)
            if key is not None:
                self.content_keys[tenant] = key
        if not self.content_keys:
            raise CannotRead("the passphrase of --tenant-passphrase-file opens no tenant of this vault")

    def data_key(self, version, owner, which):
        """The key of a payload (1) or upload (2), as it is or wrapped under the tenant's content key."""
        key, seal = version.fields[18], version.fields.get(20)
        tenant = version.core[5]
        if (seal is not None) != (tenant in self.sealed):
            raise Damaged("its data key is not stored as its tenant's data keys are")
        if seal is None:
            return key
        if seal[0] != 1:
            raise Newer("a sealed data key of unknown scheme")
        if tenant not in self.content_keys:
            raise Locked
        once = hkdf(self.content_keys[tenant], owner, b"azekura tenant seal v1" + version.bucket)
        return gcm_open(once, bytes(12), key + seal[1], owner + version.bucket + bytes([which]))

    def complain(self, record, text):
        """Particulars that are wrong may be half erased: a later release record would say so."""
        if crc32c(record.frame.particulars) == record.frame.particulars_crc:
            self.report.damage(text)
        else:
            self.unclaimed[record.partition, record.sequence] = text

    def claim(self, record):
        """A release record lists, not sealed, the records that may be erased; it is one of them."""
        own = record.partition, record.sequence
        if crc32c(record.frame.particulars) != record.frame.particulars_crc:
            self.unclaimed.setdefault(own, f"{record}: it is erased, and no release record says so")
        if record.kind != 27:
            return
        stored = self.journal.read(record.frame.payload_at)
        if crc32c(stored) != record.frame.payload_crc:
            raise Damaged("the list of a release record is damaged")
        for sequence in [record.sequence, *cbor(stored)[0]]:
            self.unclaimed.pop((record.partition, sequence), None)
            self.released.add((record.partition, sequence))

    def take(self, record):
        if record.kind not in KINDS:
            if record.kind < IGNORABLE:
                raise Newer("a kind of record that this reader does not know")
            return
        core, _ = field_map(record.core_bytes)
        unknown = [n for n in core if 16 < n < IGNORABLE]
        if unknown or core[1] != record.kind:
            raise Newer(f"unknown fields {unknown} in its core") if unknown else Damaged("its kind contradicts its core")
        fields, problem = None, None
        try:
            fields = self.particulars(record, core)
        except Erased:
            problem = "erased"
            self.erased += 1
        except (Damaged, Newer) as reason:
            problem = str(reason)
            if record.kind not in (16, 17):
                raise
        if record.kind in (16, 17):
            self.take_version(Version(record, core, fields, problem))
        elif record.kind == 25:
            self.lock(core[6], core[7], core_lock(core))
        elif fields is not None:
            self.take_event(record.kind, core, fields)

    def particulars(self, record, core):
        sealed = record.frame.particulars
        if not any(sealed):
            raise Erased
        if self.root is None:
            if crc32c(sealed) != record.frame.particulars_crc:
                raise Damaged("its particulars are damaged")
            return None
        if sealed[0] != 1:
            raise Newer("particulars of an unknown sealing scheme")
        epoch, bucket = struct.unpack_from("<I", sealed, 1)[0], core.get(6, ZERO_ID)
        if epoch != core[12]:
            raise Damaged("the epoch of its particulars contradicts its core")
        if record.kind in (1, 7, 38) or (core[5] == ZERO_ID and 6 not in core):
            above = self.root
        elif record.kind in (2, 3, 8, 28, 29) or 6 not in core or (record.kind == 27 and epoch == 0):
            above = self.tenants.get(core[5])
        else:
            above = self.bucket_keys.get((bucket, epoch))
        if above is None:
            raise Damaged("the record that holds its key could not be read")
        label = b"azekura particulars v1"
        key = hkdf(above, sealed[5:37], label + bucket)
        try:
            plain = gcm_open(key, bytes(12), sealed[37:], label + struct.pack(">H", record.kind) + bucket)
        except Damaged:
            intact = crc32c(sealed) == record.frame.particulars_crc
            raise Damaged("its particulars do not open with their key" if intact
                          else "its particulars are damaged") from None
        fields, raw = field_map(plain)
        if commitment(fields[1], raw) != core[13]:
            raise Damaged("its particulars are not those that its core commits to")
        return fields

    def take_event(self, kind, core, fields):
        bucket = core.get(6)
        if kind == 1:
            self.tenants[core[5]] = unwrap_key(self.root, fields[9], core[5], 0)
            if 12 in fields:
                self.sealed.add(core[5])
        elif kind == 37:
            if fields[8] != 1:
                raise Newer("a seal of unknown scheme")
            self.seals[core[5]] = fields
        elif kind == 2:
            self.bucket_keys[bucket, fields[8]] = unwrap_key(self.tenants[core[5]], fields[9], bucket, fields[8])
        elif kind == 3:
            self.buckets[bucket] = {"name": fields[8], "retired": False}
            self.bucket_keys[bucket, 1] = unwrap_key(self.tenants[core[5]], fields[14], bucket, 1)
        elif kind == 5:
            self.buckets[bucket]["retired"] = True
        elif kind == 18:
            hidden, change = self.versions.get((bucket, fields[9][0])), fields[10]
            if hidden is not None:
                hidden.hidden = True
            if change[0] == 1:
                self.current.pop((bucket, fields[8]), None)
            elif change[0] == 2:
                self.current[bucket, fields[8]] = change[1][0]
        elif kind == 30:
            self.current.pop((bucket, fields[8]), None)
            if 9 in fields:
                self.current[bucket, fields[8]] = fields[9][0][0]
        elif kind == 24:
            tagged = self.versions.get((bucket, core[7]))
            if tagged is not None:
                tagged.tags = fields[9]
        elif kind == 26:
            for version, lock in fields[10]:
                self.lock(bucket, version, lock)

    def lock(self, bucket, version, lock):
        locked = self.versions.get((bucket, version))
        if locked is not None:
            locked.lock = lock

    def take_version(self, version):
        self.versions[version.bucket, version.id] = version
        if version.fields is None:
            version.erased = version.problem == "erased"
            if not version.erased and version.problem:
                text = f"{version.record}, version {id_text(version.id)}: {version.problem}"
                self.complain(version.record, text)
            return
        known = range(8, 11 if version.marker else 21)
        unknown = [n for n in version.fields if n >= 7 and n not in known and n < IGNORABLE]
        if unknown:
            raise Newer(f"unknown fields {unknown}")
        name = version.bucket, version.key
        if not version.fields[10]:
            self.current[name] = version.id
        if version.null:
            self.newest_null[name] = max(self.newest_null.get(name, ZERO_ID), version.id)

    # -- payloads --

    def pieces(self, version):
        """Where the content lies: frame or blob, payload id, data key, length, SHA-256 or None."""
        fields, record = version.fields, version.record
        place = fields[17]
        if place[0] == 0:
            return []
        size = version.core[8]
        if place[0] == 1:
            key = self.data_key(version, version.id, 1)
            return [(self.frames.get((record.partition, record.sequence)), version.id, key, size, None)]
        if place[0] == 2:
            key = self.data_key(version, place[1][1], 1)
            return [(tuple(place[1]), place[1][1], key, size, None)]
        if place[0] != 3:
            raise Newer("its payload lies in a place that this reader does not know")
        found, key = [], self.data_key(version, fields[19], 2)
        for _, attempt, length, digest, _, _, inline_at in place[1]:
            source = (fields[19], attempt) if inline_at is None else self.frames.get((record.partition, inline_at))
            found.append((source, attempt, hkdf(key, b"", b"azekura part v1" + attempt), length, digest))
        return found

    def content(self, version):
        """The content in chunks; raises Damaged or Erased."""
        for source, payload, key, length, digest in self.pieces(version):
            hashed = hashlib.sha256()
            if length:
                for chunk in self.open_frames(source, payload, key, version.bucket, length):
                    hashed.update(chunk)
                    yield chunk
            if digest is not None and hashed.digest() != digest:
                raise Damaged("a part does not have its SHA-256")

    def open_frames(self, source, payload, key, bucket, length):
        cipher, count = AESGCM(key), -(-length // FRAME)
        for number in range(count):
            size = min(FRAME, length - number * FRAME) + 24
            stored = self.stored(source, number * STORED_FRAME, size)
            associated = (b"azekura frame v1" + payload + bucket + struct.pack(">Q", number)
                          + bytes([number + 1 == count]))
            try:
                yield cipher.decrypt(struct.pack(">4xQ", number), stored[:-8], associated)
            except (InvalidTag, ValueError):
                if stored and not any(stored):
                    raise Erased from None
                intact = len(stored) == size and crc64(stored[:-8]) == int.from_bytes(stored[-8:], "little")
                raise Damaged(f"frame {number} of {count} " + ("does not open with its key" if intact
                              else "is damaged")) from None

    def stored(self, source, offset, length):
        """Bytes of a payload as stored, from the journal or a blob; short only at its end."""
        if source is None:
            raise Damaged("the record that holds its content could not be read")
        if isinstance(source, Frame):
            segment, start, _ = source.payload_at
            return self.journal.file(segment).read(start + offset, length)
        intent, attempt = source
        directory = f"{crc32c(intent + attempt) & 255:02x}"
        for base in self.blob_dirs:
            path = Path(base) / directory / f"{intent.hex()}-{attempt.hex()}.blob"
            if path.exists():
                with open(path, "rb") as file:
                    file.seek(64 + offset)
                    return file.read(length)
        raise Damaged(f"blob {intent.hex()}-{attempt.hex()} is missing")

    def verify(self, version, sink=None):
        """Opens and hashes the content; the outcome stands in the version."""
        if version.marker or version.fields is None:
            return
        hashed, size = hashlib.sha256(), 0
        try:
            for chunk in self.content(version):
                hashed.update(chunk)
                size += len(chunk)
                if sink is not None:
                    sink.write(chunk)
            recorded = version.fields[11]
            if size != version.core[8] or (any(recorded) and hashed.digest() != recorded):
                raise Damaged("its content does not have the recorded length or SHA-256")
            version.computed, version.verified = hashed.hexdigest(), True
        except Locked:
            self.locked += 1
            version.problem = "locked: its institution's passphrase opens it"
        except Erased:
            version.erased, version.verified, version.problem = True, False, "erased"
            if (version.record.partition, version.record.sequence) not in self.released:
                self.report.damage(f"{self.name(version)}: it is erased, and no release record says so")
        except (Damaged, Newer, OSError, KeyError, ValueError, IndexError) as problem:
            if (version.record.partition, version.record.sequence) in self.released:
                version.erased, version.verified, version.problem = True, False, "being erased"
                return
            version.verified, version.problem = False, f"content: {problem}"
            self.report.damage(f"{self.name(version)}: {problem}")

    def name(self, version):
        bucket = self.buckets.get(version.bucket, {}).get("name", id_text(version.bucket))
        return f"{bucket}/{version.key} version {id_text(version.id)}"

    def ordered(self):
        name = lambda v: self.buckets.get(v.bucket, {}).get("name", "")
        return sorted(self.versions.values(), key=lambda v: (name(v), v.bucket, v.key or "", v.id))


# ---- what is shown ----------------------------------------------------------------------------------------

class Report:
    def __init__(self):
        self.damages = 0

    def damage(self, text):
        self.damages += 1
        print(f"DAMAGED: {text}", file=sys.stderr)

    def note(self, text):
        print(f"note: {text}", file=sys.stderr)


def moment(ms):
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (start + datetime.timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def line(vault, version, base):
    def at(place):
        if place is None:
            return None
        path = vault.journal.path(place[0])
        inside = base in path.resolve().parents
        return {"file": str(path.resolve().relative_to(base) if inside else path),
                "offset": place[1], "length": place[2]}

    core, fields, bucket = version.core, version.fields, vault.buckets.get(version.bucket, {})
    name = version.bucket, version.key
    content = fields is not None and not version.marker
    etag = None
    if content:
        md5, parts = fields[12]
        etag = md5.hex() + (f"-{parts}" if parts is not None else "")
    recorded = fields[11].hex() if content and any(fields[11]) else None
    retention, hold, event, _, classes = version.lock
    replaced = version.null and vault.newest_null.get(name) != version.id
    return {
        "bucket": bucket.get("name"), "bucket_id": id_text(version.bucket),
        "bucket_retired": bucket.get("retired"), "key": version.key, "version": id_text(version.id),
        "kind": KINDS[version.record.kind], "null": version.null, "size": core[8], "sha256": recorded or version.computed,
        "etag": etag, "written": moment(core[3]), "current": vault.current.get(name) == version.id,
        "hidden": version.hidden, "shown": fields is not None and not version.hidden and not replaced,
        "headers": dict(fields[14]) if content else None, "metadata": dict(fields[15]) if content else None,
        "tags": dict(version.tags) if content else None,
        "retention": {"mode": {1: "GOVERNANCE", 2: "COMPLIANCE"}.get(retention[0]), "until": moment(retention[1])}
        if retention else None, "legal_hold": hold, "event": event and {"class": event[0], "floor": moment(event[1])},
        "classes": classes,
        "erased": version.erased, "verified": version.verified, "problem": version.problem,
        "partition": f"{version.record.partition:x}", "sequence": version.record.sequence,
        "particulars_at": at(version.record.frame.particulars_at), "payload_at": at(version.record.frame.payload_at),
    }


def safe_path(directory, bucket, key):
    """A path under `directory` for any key: odd segments are encoded, none leads outside."""
    parts = []
    for part in [bucket] + key.split("/"):
        odd = part in ("", ".", "..") or part.startswith("%") or "\0" in part or len(part.encode()) > 200
        safe = "%" + part.encode().hex() if odd else part
        parts.append(safe if len(safe) <= 200 else "%" + hashlib.sha256(part.encode()).hexdigest())
    path = directory.joinpath(*parts)
    if path.is_dir() or any(parent.is_file() for parent in path.parents):
        # S3 can hold both "a" and "a/b"; a file system cannot.
        path = directory / parts[0] / ("%clash-" + hashlib.sha256(key.encode()).hexdigest())
    return path


def extract(vault, version, directory):
    bucket = vault.buckets.get(version.bucket, {})
    name = bucket.get("name") or id_text(version.bucket)
    if bucket.get("retired"):
        name += f"@{id_text(version.bucket)}"
    path = safe_path(directory, name, version.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = directory / f".partial-{id_text(version.id)}"
    with open(partial, "wb") as file:
        vault.verify(version, file)
    if version.verified:
        partial.rename(path)
        if path.name.startswith("%"):
            vault.report.note(f"{vault.name(version)} is written to {path}")
    else:
        partial.unlink()


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vault", type=Path, help="the vault's directory")
    parser.add_argument("--json", action="store_true", help="print one line a version")
    parser.add_argument("--verify", action="store_true", help="open and hash every payload")
    parser.add_argument("--extract", type=Path, metavar="DIR", help="write current versions to DIR")
    parser.add_argument("--journal", type=Path, metavar="DIR", help="default VAULT/journal")
    parser.add_argument("--blobs", type=Path, metavar="DIR", action="append", help="default VAULT/blobs; may repeat")
    parser.add_argument("--keyring", type=Path, metavar="FILE", help="default VAULT/keyring")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="opens the keyring")
    parser.add_argument("--tenant-passphrase-file", type=Path, metavar="FILE",
                        help="opens the contents of the sealed tenants that it fits")
    parser.add_argument("--without-keys", action="store_true", help="check structure, chains and signatures only")
    return parser.parse_args(given)


def run(args):
    report = Report()
    if not args.vault.is_dir():
        raise CannotRead(f"{args.vault} is not a directory")
    journal = Journal(args.journal or args.vault / "journal", report)
    root = None
    if not args.without_keys:
        root, head_key = open_keyring(args.keyring or args.vault / "keyring", args.passphrase_file)
        if head_key != journal.head_key:
            report.damage("the journal's head-key is not that of the keyring; signatures are judged by the keyring's")
            journal.head_key = head_key
    vault = Vault(journal, root, args.blobs or [args.vault / "blobs"], report)
    vault.load()
    if args.tenant_passphrase_file:
        vault.unlock(args.tenant_passphrase_file.read_bytes().rstrip(b"\r\n"))
    base, shown, verified = args.vault.resolve(), 0, 0
    if args.extract:
        args.extract.mkdir(parents=True, exist_ok=True)
        if any(args.extract.iterdir()):
            raise CannotRead(f"{args.extract} is not empty: nothing is written over")
    for version in vault.ordered():
        current = vault.current.get((version.bucket, version.key)) == version.id
        if args.extract and current and version.fields and not version.marker:
            extract(vault, version, args.extract)
        elif args.verify:
            vault.verify(version)
        shown, verified = shown + 1, verified + (version.verified is True)
        if args.json:
            print(json.dumps(line(vault, version, base), ensure_ascii=False))
    print(f"{journal.groups} groups, {journal.records} records, {shown} versions, {verified} verified, "
          f"{vault.locked} locked, {vault.erased} records with erased particulars, {report.damages} findings of damage", file=sys.stderr)
    return 1 if report.damages else 0


def main():
    try:
        sys.stdout.reconfigure(encoding="utf-8")
        return run(arguments())
    except CannotRead as problem:
        print(f"cannot read the vault: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 2


if __name__ == "__main__":
    sys.exit(main())
