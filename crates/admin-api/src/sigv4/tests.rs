//! Vectors of the AWS SigV4 test suite (`aws-sig-v4-test-suite`), and what must be refused.

use aws_lc_rs::hmac;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use super::canonical::{Canonical, Scope, signing_key};
use super::*;

const SUITE_SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Vector {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    signed: &'static [&'static str],
    body: &'static str,
    signature: &'static str,
}

const HOST: (&str, &str) = ("host", "example.amazonaws.com");
const DATE: (&str, &str) = ("x-amz-date", "20150830T123600Z");

const SUITE: &[Vector] = &[
    Vector {
        name: "get-vanilla",
        method: "GET",
        path: "/",
        query: "",
        headers: &[HOST, DATE],
        signed: &["host", "x-amz-date"],
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    Vector {
        name: "post-vanilla",
        method: "POST",
        path: "/",
        query: "",
        headers: &[HOST, DATE],
        signed: &["host", "x-amz-date"],
        body: "",
        signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    },
    Vector {
        name: "get-vanilla-query-order-key-case",
        method: "GET",
        path: "/",
        query: "Param2=value2&Param1=value1",
        headers: &[HOST, DATE],
        signed: &["host", "x-amz-date"],
        body: "",
        signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    },
    Vector {
        name: "get-header-value-trim",
        method: "GET",
        path: "/",
        query: "",
        headers: &[
            HOST,
            DATE,
            ("my-header1", " value1"),
            ("my-header2", " \"a   b   c\""),
        ],
        signed: &["host", "my-header1", "my-header2", "x-amz-date"],
        body: "",
        signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    },
    Vector {
        name: "get-header-key-duplicate",
        method: "GET",
        path: "/",
        query: "",
        headers: &[
            HOST,
            DATE,
            ("my-header1", "value2"),
            ("my-header1", "value2"),
            ("my-header1", "value1"),
        ],
        signed: &["host", "my-header1", "x-amz-date"],
        body: "",
        signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    },
    Vector {
        name: "post-x-www-form-urlencoded",
        method: "POST",
        path: "/",
        query: "",
        headers: &[
            HOST,
            DATE,
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        signed: &["content-type", "host", "x-amz-date"],
        body: "Param1=value1",
        signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    },
];

#[test]
fn signatures_equal_those_of_the_aws_suite() {
    let scope = Scope {
        day: "20150830",
        region: "us-east-1",
        service: "service",
    };
    for vector in SUITE {
        let mut headers = HeaderMap::new();
        for (name, value) in vector.headers {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let to_sign = Canonical {
            method: vector.method,
            path: vector.path,
            path_once: false,
            query: vector.query,
            headers: &headers,
            signed: vector.signed,
            body_sha256: &sha256_hex(vector.body.as_bytes()),
        }
        .string_to_sign("20150830T123600Z", &scope);
        let signature = hmac::sign(&signing_key(SUITE_SECRET, &scope), to_sign.as_bytes());
        assert_eq!(
            hex::encode(signature),
            vector.signature,
            "vector {}",
            vector.name
        );
    }
}

const NOW: i64 = 1_800_000_000;

fn credentials() -> Credentials {
    Credentials {
        key_id: "AZKEXAMPLE".to_owned(),
        secret: SUITE_SECRET.to_owned(),
    }
}

fn policy() -> AcceptedScopes {
    AcceptedScopes {
        regions: vec!["local".to_owned()],
        service: SERVICE.to_owned(),
    }
}

fn request() -> Request<Vec<u8>> {
    Request::post("http://127.0.0.1:9001/v1/buckets/b?prefix=a%2Fb&max=5&x=%E6%A0%A1")
        .body(b"{}".to_vec())
        .unwrap()
}

fn signed() -> Request<Vec<u8>> {
    let mut request = request();
    sign(&mut request, &credentials(), "local", SERVICE, NOW).unwrap();
    request
}

fn judge(request: &Request<Vec<u8>>, now: i64) -> Result<String, Refused> {
    let claim = identify(request, &policy(), now)?;
    verify(request, &claim, SUITE_SECRET)?;
    Ok(claim.key_id)
}

#[test]
fn what_the_client_signs_the_server_accepts_within_five_minutes() {
    for skew in [-300, 0, 300] {
        assert_eq!(judge(&signed(), NOW + skew).unwrap(), "AZKEXAMPLE");
    }
    for skew in [-301, 301, 86_400] {
        assert_eq!(judge(&signed(), NOW + skew), Err(Refused::Time));
    }
}

#[test]
fn an_unsigned_or_foreign_request_is_refused() {
    assert_eq!(judge(&request(), NOW), Err(Refused::Unsigned));
    for (region, service) in [("elsewhere", SERVICE), ("local", "s3")] {
        let mut request = request();
        sign(&mut request, &credentials(), region, service, NOW).unwrap();
        assert_eq!(judge(&request, NOW), Err(Refused::Scope));
    }
    let mut other = request();
    let wrong = Credentials {
        secret: "wrong".to_owned(),
        ..credentials()
    };
    sign(&mut other, &wrong, "local", SERVICE, NOW).unwrap();
    assert_eq!(judge(&other, NOW), Err(Refused::Signature));
}

#[test]
fn every_change_after_signing_is_refused() {
    let mut body = signed();
    body.body_mut().push(b' ');
    assert_eq!(judge(&body, NOW), Err(Refused::Body));

    let mut method = signed();
    *method.method_mut() = http::Method::DELETE;
    assert_eq!(judge(&method, NOW), Err(Refused::Signature));

    for uri in [
        "/v1/buckets/c?prefix=a%2Fb&max=5&x=%E6%A0%A1",
        "/v1/buckets/b?prefix=a%2Fb&max=6&x=%E6%A0%A1",
    ] {
        let mut target = signed();
        *target.uri_mut() = uri.parse().unwrap();
        assert_eq!(judge(&target, NOW), Err(Refused::Signature));
    }

    let mut host = signed();
    host.headers_mut()
        .insert("host", HeaderValue::from_static("other"));
    assert_eq!(judge(&host, NOW), Err(Refused::Signature));
}

#[test]
fn headers_that_matter_must_be_signed_and_single() {
    let mut added = signed();
    added
        .headers_mut()
        .insert("x-amz-anything", HeaderValue::from_static("1"));
    assert_eq!(judge(&added, NOW), Err(Refused::UnsignedHeader));

    for name in ["host", "x-amz-date", "x-amz-content-sha256"] {
        let mut missing = signed();
        missing.headers_mut().remove(name);
        assert_eq!(judge(&missing, NOW), Err(Refused::UnsignedHeader), "{name}");
    }
    for name in [
        "host",
        "x-amz-date",
        "x-amz-content-sha256",
        "authorization",
    ] {
        let mut twice = signed();
        let value = twice.headers().get(name).unwrap().clone();
        twice
            .headers_mut()
            .append(HeaderName::from_static(name), value);
        assert_eq!(judge(&twice, NOW), Err(Refused::Malformed), "{name}");
    }
}

#[test]
fn malformed_authorizations_are_refused() {
    let good = signed().headers().get("authorization").unwrap().clone();
    let good = good.to_str().unwrap();
    for bad in [
        good.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
        good.replace("aws4_request", "aws4"),
        good.replace("SignedHeaders=host;", "SignedHeaders=Host;"),
        good.replace("Signature=", "Signature=zz"),
        format!("{good}, Signature=00"),
        "AWS AKID:sig".to_owned(),
        String::new(),
    ] {
        let mut request = signed();
        request
            .headers_mut()
            .insert("authorization", HeaderValue::from_str(&bad).unwrap());
        assert_eq!(judge(&request, NOW), Err(Refused::Malformed), "{bad}");
    }
}

/// AWS S3 API reference, "Signature calculations for the Authorization header", example "GET
/// Object".
#[test]
fn a_request_of_s3_is_signed_as_in_the_reference() {
    let mut request = Request::builder()
        .uri("http://examplebucket.s3.amazonaws.com/test.txt")
        .header("range", "bytes=0-9")
        .body(Vec::new())
        .unwrap();
    let credentials = Credentials {
        key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
    };
    sign_s3(&mut request, &credentials, "us-east-1", 1_369_353_600).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(
        authorization.ends_with(
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=\
             f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        "{authorization}"
    );
}
