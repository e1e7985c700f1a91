use super::*;
use azekura_model::checksum::ChecksumAlgorithm as A;

fn digests(content: &[u8]) -> ContentDigests {
    let mut digester = Digester::new(&A::ALL);
    content.chunks(7).for_each(|chunk| digester.update(chunk));
    digester.finish()
}

/// Check values of the CRC catalogue and of the standards, for `123456789`.
#[test]
fn known_answers() {
    let digests = digests(b"123456789");
    let value = |algorithm| {
        let mut all = digests.checksums.iter();
        hex::encode(&all.find(|c| c.algorithm == algorithm).unwrap().value)
    };
    assert_eq!(digests.bytes, 9);
    assert_eq!(hex::encode(digests.md5), "25f9e794323b453885f5181f1b624d0b");
    assert_eq!(value(A::Crc32), "cbf43926");
    assert_eq!(value(A::Crc32c), "e3069283");
    assert_eq!(value(A::Crc64Nvme), "ae8b14860a799888");
    assert_eq!(value(A::Sha1), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
    assert_eq!(
        value(A::Sha256),
        "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
    );
    assert_eq!(hex::encode(digests.sha256), value(A::Sha256));
}

#[test]
fn crcs_combine_and_others_do_not() {
    let content: Vec<u8> = (0..100_000_u32)
        .map(|i| u8::try_from(i % 253).unwrap())
        .collect();
    let whole = digests(&content);
    for algorithm in A::ALL {
        let of = |bytes: &[u8]| {
            let mut all = digests(bytes).checksums.into_iter();
            all.find(|c| c.algorithm == algorithm).unwrap()
        };
        let (a, b, c) = (
            &content[..40_000],
            &content[40_000..40_001],
            &content[40_001..],
        );
        let (va, vb, vc) = (of(a).value, of(b).value, of(c).value);
        let parts: [(&[u8], u64); 3] = [(&va, 40_000), (&vb, 1), (&vc, 59_999)];
        let combined = combine(algorithm, &parts);
        if matches!(algorithm, A::Sha1 | A::Sha256) {
            assert_eq!(combined, None);
        } else {
            let mut all = whole.checksums.iter();
            assert_eq!(combined.as_ref(), all.find(|c| c.algorithm == algorithm));
        }
        assert_eq!(combine(algorithm, &[]), None);
        assert_eq!(combine(algorithm, &[(&[1, 2, 3], 3)]), None);
    }
}

#[test]
fn composite_is_the_algorithm_over_the_parts_values() {
    let parts: Vec<_> = [b"abc".as_slice(), b"defg"].map(digests).into();
    for algorithm in A::ALL {
        let values: Vec<Vec<u8>> = parts
            .iter()
            .map(|d| {
                let mut all = d.checksums.iter();
                all.find(|c| c.algorithm == algorithm)
                    .unwrap()
                    .value
                    .clone()
            })
            .collect();
        let refs: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let composite = composite(algorithm, &refs);
        if algorithm == A::Crc64Nvme {
            assert_eq!(composite, None);
            continue;
        }
        let composite = composite.unwrap();
        let expected = digests(&values.concat());
        let mut all = expected.checksums.iter();
        assert_eq!(
            composite.value,
            all.find(|c| c.algorithm == algorithm).unwrap().value
        );
        assert_eq!(composite.parts, Some(2));
    }
}

fn claim(algorithm: A, value: Vec<u8>) -> Checksum {
    full(algorithm, value)
}

#[test]
fn each_wrong_claim_has_its_error() {
    let digests = digests(b"123456789");
    let check = |claims| check(claims, &digests);
    let right = || claim(A::Crc32, hex::decode("cbf43926").unwrap());
    assert_eq!(
        check(Claims {
            bytes: Some(9),
            md5: Some(digests.md5),
            checksums: vec![right()],
            trailer: Some((A::Crc32, Box::new(move || Some(right())))),
            compute: None,
        }),
        Ok(())
    );
    let short = Claims {
        bytes: Some(10),
        ..Claims::default()
    };
    assert_eq!(check(short), Err(BodyError::Incomplete.into()));
    let long = Claims {
        bytes: Some(8),
        ..Claims::default()
    };
    assert!(matches!(
        check(long),
        Err(StoreError::Body(BodyError::Malformed(_)))
    ));
    let md5 = Claims {
        md5: Some([0; 16]),
        ..Claims::default()
    };
    assert_eq!(check(md5), Err(StoreError::BadDigest));
    let wrong = Claims {
        checksums: vec![claim(A::Sha1, vec![0; 20])],
        ..Claims::default()
    };
    assert_eq!(
        check(wrong),
        Err(StoreError::BadChecksum { algorithm: "SHA1" })
    );
    for (arrived, expected) in [
        (None, StoreError::MalformedTrailer),
        (
            Some(claim(A::Crc32c, vec![0; 4])),
            StoreError::MalformedTrailer,
        ),
        (
            Some(claim(A::Crc32, vec![0; 4])),
            StoreError::BadChecksum { algorithm: "CRC32" },
        ),
    ] {
        let trailer = Claims {
            trailer: Some((A::Crc32, Box::new(move || arrived))),
            ..Claims::default()
        };
        assert_eq!(check(trailer), Err(expected));
    }
}

#[test]
fn what_is_computed_follows_the_claims() {
    assert_eq!(algorithms_for(&Claims::default()), [A::Crc64Nvme]);
    let claims = Claims {
        checksums: vec![claim(A::Sha1, vec![0; 20]), claim(A::Sha1, vec![1; 20])],
        trailer: Some((A::Crc32, Box::new(|| None))),
        compute: Some(A::Crc32),
        ..Claims::default()
    };
    assert_eq!(algorithms_for(&claims), [A::Crc32, A::Sha1]);
}
