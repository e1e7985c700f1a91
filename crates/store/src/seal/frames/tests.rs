use super::*;
use crate::entropy::SeededEntropy;
use proptest::prelude::*;

const PAYLOAD: PayloadId = PayloadId([4; 16]);
const BUCKET: BucketUuid = BucketUuid([5; 16]);

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|i| u8::try_from((i * 31 + i / 251) % 256).unwrap())
        .collect()
}

fn seal(content: &[u8], step: usize) -> (Vec<u8>, SecretKey) {
    let (mut sealer, key) = FrameSealer::fresh(&SeededEntropy::new(1), PAYLOAD, BUCKET).unwrap();
    let mut out = Vec::new();
    for chunk in content.chunks(step) {
        sealer.update(chunk, &mut out).unwrap();
    }
    sealer.finish(&mut out).unwrap();
    (out, key)
}

fn open(key: &SecretKey, stored: &[u8], bytes: u64) -> Result<Vec<u8>, FrameError> {
    let opener = FrameOpener::new(key, PAYLOAD, BUCKET, bytes).unwrap();
    let mut out = Vec::new();
    opener.open(0..frame_count(bytes), stored, &mut out)?;
    Ok(out)
}

#[test]
fn round_trips_at_every_edge_and_any_chunking() {
    for bytes in [0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000] {
        let plain = content(bytes);
        let (stored, key) = seal(&plain, 70_000);
        assert_eq!(stored.len() as u64, sealed_bytes(bytes as u64));
        assert_eq!(seal(&plain, 1_000).0, stored);
        assert_eq!(content_bytes(stored.len() as u64), Some(bytes as u64));
        assert_eq!(open(&key, &stored, bytes as u64).unwrap(), plain);
        check_without_keys(0..frame_count(bytes as u64), &stored, bytes as u64).unwrap();
    }
}

#[test]
fn every_kind_of_tampering_is_noticed() {
    let plain = content(150_000);
    let (stored, key) = seal(&plain, 9_999);
    let at = 70_000;
    let mut flipped = stored.clone();
    flipped[at] ^= 1;
    assert_eq!(
        open(&key, &flipped, 150_000),
        Err(FrameError::Checksum { frame: 1 })
    );
    assert!(check_without_keys(0..3, &flipped, 150_000).is_err());

    // Frames swapped: each CRC holds, the place does not.
    let one = usize::try_from(STORED_FRAME).unwrap();
    let mut swapped = stored[one..2 * one].to_vec();
    swapped.extend_from_slice(&stored[..one]);
    swapped.extend_from_slice(&stored[2 * one..]);
    assert_eq!(
        open(&key, &swapped, 150_000),
        Err(FrameError::Authentication { frame: 0 })
    );

    // Cut at a frame: the last flag is missing.
    assert_eq!(
        open(&key, &stored[..2 * one], 131_072),
        Err(FrameError::Authentication { frame: 1 })
    );
    // Cut within a frame, or longer than declared.
    assert!(open(&key, &stored[..stored.len() - 1], 150_000).is_err());
    let mut longer = stored.clone();
    longer.push(0);
    assert!(open(&key, &longer, 150_000).is_err());

    // Another bucket, another payload, another key.
    let other = FrameOpener::new(&key, PAYLOAD, BucketUuid([6; 16]), 150_000).unwrap();
    assert!(other.open(0..3, &stored, &mut Vec::new()).is_err());
    let other = FrameOpener::new(&key, PayloadId([6; 16]), BUCKET, 150_000).unwrap();
    assert!(other.open(0..3, &stored, &mut Vec::new()).is_err());
    assert!(open(&SecretKey::new([1; 32]), &stored, 150_000).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_range_is_read_alone(bytes in 1_u64..300_000, a in any::<u64>(), b in any::<u64>()) {
        let plain = content(usize::try_from(bytes).unwrap());
        let (stored, key) = seal(&plain, 65_536);
        let (mut from, mut until) = (a % bytes, b % bytes + 1);
        if from >= until {
            (from, until) = (until - 1, from + 1);
        }
        let frames = frames_of(from..until);
        let range = stored_range(frames.clone(), bytes);
        let slice = &stored[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
        let opener = FrameOpener::new(&key, PAYLOAD, BUCKET, bytes).unwrap();
        let mut out = Vec::new();
        opener.open(frames.clone(), slice, &mut out).unwrap();
        let skip = usize::try_from(from - frames.start * FRAME).unwrap();
        let take = usize::try_from(until - from).unwrap();
        prop_assert_eq!(&out[skip..skip + take],
            &plain[usize::try_from(from).unwrap()..usize::try_from(until).unwrap()]);
    }
}
