//! Format 1 as bytes: a change here is a change of the format.

use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};

use super::frame::{self, FrameHeader, Parts, PayloadPlace};
use super::group::{self, Closing, GroupHeader};
use super::head::Head;
use super::segment::{self, SegmentHeader};
use super::{JournalFormat, Place, format_file};

fn format() -> JournalFormat {
    JournalFormat {
        region: RegionName::parse("jp-tokyo").unwrap(),
        incarnation: Incarnation([0xa5; 16]),
        log_limit: 64 << 20,
        extent_cap: 1 << 30,
        head_key: [0x11; 32],
    }
}

#[test]
fn the_format_file_reads_as_written_and_refuses_other_versions() {
    let text = format_file::encode(&format());
    assert_eq!(format_file::decode(text.as_bytes()).unwrap(), format());
    assert!(text.starts_with("azekura-journal 1\nregion jp-tokyo\nincarnation a5a5"));
    let newer = text.replace("azekura-journal 1", "azekura-journal 2");
    assert_eq!(
        format_file::decode(newer.as_bytes()),
        Err(format_file::BadFormat::Unknown("2".to_owned()))
    );
    let changed = text.replace("jp-tokyo", "jp-osaka");
    assert!(format_file::decode(changed.as_bytes()).is_err());
}

#[test]
fn a_segment_header_has_its_fields_where_the_byte_map_says() {
    let header = SegmentHeader {
        segment: 3,
        incarnation: Incarnation([0xa5; 16]),
        log_limit: 64 << 20,
        mark: Place {
            segment: 2,
            offset: 777,
        },
        next_group: 41,
        previous_head: [0x77; 32],
    };
    let bytes = header.encode(&format());
    assert_eq!(bytes.len(), 4096);
    assert_eq!(&bytes[..4], b"AZS1");
    assert_eq!(bytes[8..16], [1, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(bytes[24..40], [0xa5; 16]);
    assert_eq!(
        bytes[40..56],
        [2, 0, 0, 0, 8, 0, 0, 0, 9, 3, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(&bytes[56..64], b"jp-tokyo");
    assert_eq!((bytes[88], &bytes[96..128]), (41, &[0x77; 32][..]));
    assert_eq!(SegmentHeader::decode(&bytes), Ok(header));
}

#[test]
fn segment_names_are_canonical() {
    assert_eq!(segment::file_name(0x1a), "0000001a.seg");
    assert_eq!(segment::parse_file_name("0000001a.seg"), Some(0x1a));
    for wrong in ["0000001A.seg", "1a.seg", "0000001a.seg~", "+000001a.seg"] {
        assert_eq!(segment::parse_file_name(wrong), None);
    }
}

#[test]
fn a_frame_has_its_fields_where_the_byte_map_says() {
    let mut bytes = Vec::new();
    let parts = Parts {
        particulars: b"particulars",
        particulars_crc: super::bytes::crc32c(b"particulars"),
        payload: b"payload",
        payload_crc: super::bytes::crc32c(b"payload"),
        payload_place: PayloadPlace::Here,
    };
    let length = frame::append(&mut bytes, 9, 2, b"envelope", &parts);
    assert_eq!((length, bytes.len()), (96, 96));
    assert_eq!(&bytes[..4], b"AZR1");
    assert_eq!(bytes[8..16], [96, 0, 0, 0, 8, 0, 0, 0]);
    assert_eq!(
        (bytes[20], bytes[28], bytes[36], bytes[40], bytes[56]),
        (11, 7, 1, 2, 9)
    );
    assert_eq!(&bytes[64..90], b"envelopeparticularspayload");
    let found = frame::parse(&bytes).unwrap();
    assert_eq!(found.envelope, b"envelope");
    assert_eq!(found.inline_payload, b"payload");
    // CRC32C of the envelope, by the check value of the catalogue's algorithm.
    assert_eq!(super::bytes::crc32c(b"123456789"), 0xe306_9283);
    let mut wrong = bytes.clone();
    wrong[41] ^= 1;
    assert_eq!(FrameHeader::decode(&wrong), None);
}

#[test]
fn a_group_has_its_fields_where_the_byte_map_says() {
    let head = Head {
        region: RegionName::parse("jp-tokyo").unwrap(),
        incarnation: Incarnation([0xa5; 16]),
        group: 7,
        previous: [0x33; 32],
        partitions: vec![(PartitionId(1), Sequence(2), [0x44; 32])],
    };
    let encoded = head.encode();
    assert_eq!(Head::decode(&encoded), Some(head));
    let mut bytes = Vec::new();
    group::begin(&mut bytes);
    let closing = Closing {
        records: 0,
        group: 7,
        incarnation: Incarnation([0xa5; 16]),
        mark: Place {
            segment: 1,
            offset: 4096,
        },
        previous_head: [0x33; 32],
        head: &encoded,
        signature: [0x55; 64],
    };
    group::finish(&mut bytes, &closing);
    assert_eq!(&bytes[..4], b"AZG1");
    assert_eq!(bytes.len() % 16, 0);
    assert_eq!((bytes[16], bytes[40], bytes[44]), (7, 1, 112));
    assert_eq!(bytes[48..56], [0, 16, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[112], 0x86, "a CBOR array of 6");
    let header = GroupHeader::decode(&bytes).unwrap();
    let (found, signature) = group::head_block(&bytes, &header).unwrap();
    assert_eq!((found, signature), (&encoded[..], &[0x55; 64][..]));
}
