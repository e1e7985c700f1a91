//! Each rule is shown its breach: one change to a request that passes, and the refusal.

use http::Request;
use http::request::Parts;

use super::*;

const DATE: &str = "20261122T000000Z";
const SCOPE: &str = "AKEY/20261122/jp-tokyo/s3/aws4_request";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn guard() -> Guard {
    Guard {
        regions: vec!["jp-tokyo".to_owned(), "us-east-1".to_owned()],
        limits: RequestLimits::default(),
    }
}

fn authorization(scope: &str, signed: &str) -> String {
    let signature = "0".repeat(64);
    format!("AWS4-HMAC-SHA256 Credential={scope},SignedHeaders={signed},Signature={signature}")
}

/// A request that passes: all its headers signed.
fn request(method: &str, uri: &str, extra: &[(&str, &str)]) -> Parts {
    let mut headers = vec![
        ("host", "localhost:9000"),
        ("x-amz-content-sha256", EMPTY),
        ("x-amz-date", DATE),
    ];
    for pair in extra {
        headers.retain(|(name, _)| *name != pair.0);
        headers.push(*pair);
    }
    headers.sort_unstable();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let signed = names.join(";");
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in &headers {
        builder = builder.header(*name, *value);
    }
    let builder = builder.header("authorization", authorization(SCOPE, &signed));
    builder.body(()).unwrap().into_parts().0
}

fn presigned(fields: &[(&str, &str)]) -> String {
    let signature = "0".repeat(64);
    let mut query = vec![
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", SCOPE),
        ("X-Amz-Date", DATE),
        ("X-Amz-Expires", "600"),
        ("X-Amz-SignedHeaders", "host"),
        ("X-Amz-Signature", &signature),
    ];
    for pair in fields {
        query.retain(|(name, _)| *name != pair.0);
        query.push(*pair);
    }
    let query: Vec<_> = query.iter().map(|(n, v)| format!("{n}={v}")).collect();
    format!("/bucket/key?{}", query.join("&"))
}

fn presigned_parts(method: &str, uri: &str, extra: &[(&str, &str)]) -> Parts {
    let mut builder = Request::builder().method(method).uri(uri);
    builder = builder.header("host", "localhost:9000");
    for (name, value) in extra {
        builder = builder.header(*name, *value);
    }
    builder.body(()).unwrap().into_parts().0
}

/// The MD5 of nothing.
const NO_MD5: (&str, &str) = ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");

fn passes(mut parts: Parts) -> BodyPlan {
    guard().inspect(&mut parts).unwrap()
}

#[track_caller]
fn refused(mut parts: Parts, code: &str) -> String {
    let refusal = guard().inspect(&mut parts).unwrap_err();
    assert_eq!(refusal.code, code, "{refusal:?}");
    refusal.message
}

fn put(extra: &[(&str, &str)]) -> Parts {
    let mut all = vec![("content-length", "3")];
    all.extend_from_slice(extra);
    request("PUT", "/bucket/key", &all)
}

fn streaming<'a>(mode: &'a str, extra: &[(&'a str, &'a str)]) -> Parts {
    let mut all = vec![
        ("x-amz-content-sha256", mode),
        ("x-amz-decoded-content-length", "3"),
    ];
    all.extend_from_slice(extra);
    put(&all)
}

#[test]
fn well_formed_requests_pass() {
    passes(request("GET", "/bucket/key", &[]));
    assert!(matches!(passes(put(&[])), BodyPlan::Plain));
    passes(presigned_parts("GET", &presigned(&[]), &[]));
    let chunks = streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", &[]);
    assert!(matches!(passes(chunks), BodyPlan::Chunked { .. }));
    let trailer = [("x-amz-trailer", "x-amz-checksum-crc64nvme")];
    let chunks = streaming("STREAMING-UNSIGNED-PAYLOAD-TRAILER", &trailer);
    assert!(matches!(passes(chunks), BodyPlan::Chunked { .. }));
    let spaced = authorization(SCOPE, "host;x-amz-content-sha256;x-amz-date").replace(',', ", ");
    let mut parts = request("GET", "/", &[]);
    parts
        .headers
        .insert("authorization", spaced.parse().unwrap());
    passes(parts);
}

#[test]
fn an_unsigned_amz_header_is_refused() {
    let header = "x-amz-bypass-governance-retention";
    passes(request("DELETE", "/bucket/key", &[(header, "true")]));
    let mut parts = request("DELETE", "/bucket/key", &[]);
    parts.headers.insert(header, "true".parse().unwrap());
    let message = refused(parts, "AccessDenied");
    assert!(message.contains("not signed"), "{message}");
    let hold = [("x-amz-meta-a", "b"), ("content-length", "3")];
    refused(
        presigned_parts("PUT", &presigned(&[]), &hold),
        "AccessDenied",
    );
    let mut replay = put(&[]);
    let source = "/other/secret".parse().unwrap();
    replay.headers.insert("x-amz-copy-source", source);
    refused(replay, "AccessDenied");
}

#[test]
fn the_host_must_be_signed_and_stand_once() {
    let mut parts = request("GET", "/bucket/key", &[]);
    let value = authorization(SCOPE, "x-amz-content-sha256;x-amz-date");
    parts
        .headers
        .insert("authorization", value.parse().unwrap());
    refused(parts, "AccessDenied");
    let uri = presigned(&[("X-Amz-SignedHeaders", "range")]);
    let range = [("range", "bytes=0-1")];
    refused(presigned_parts("GET", &uri, &range), "AccessDenied");
    let mut parts = request("GET", "/bucket/key", &[]);
    parts.headers.append("host", "elsewhere".parse().unwrap());
    refused(parts, "InvalidRequest");
    let mut parts = request("GET", "/bucket/key", &[]);
    parts.headers.remove("host");
    refused(parts, "InvalidRequest");
    let parts = request("GET", "http://elsewhere/bucket/key", &[]);
    refused(parts, "InvalidRequest");
}

#[test]
fn the_list_of_signed_headers_names_what_is_there_once() {
    for signed in [
        "host;range;x-amz-content-sha256;x-amz-date",
        "Host;host;x-amz-content-sha256;x-amz-date",
        "host;host;x-amz-content-sha256;x-amz-date",
        "host;;x-amz-content-sha256;x-amz-date",
    ] {
        let mut parts = request("GET", "/bucket/key", &[]);
        let value = authorization(SCOPE, signed).parse().unwrap();
        parts.headers.insert("authorization", value);
        assert!(guard().inspect(&mut parts).is_err(), "{signed}");
    }
}

#[test]
fn presigned_urls_live_for_a_week_at_most() {
    for good in ["1", "604800"] {
        passes(presigned_parts(
            "GET",
            &presigned(&[("X-Amz-Expires", good)]),
            &[],
        ));
    }
    for bad in ["0", "604801", "2592000", "+5", "1.5", "", "99999999999"] {
        let uri = presigned(&[("X-Amz-Expires", bad)]);
        let parts = presigned_parts("GET", &uri, &[]);
        refused(parts, "AuthorizationQueryParametersError");
    }
    let ended = presigned(&[("X-Amz-Expires", "-1")]);
    refused(presigned_parts("GET", &ended, &[]), "AccessDenied");
}

#[test]
fn only_signature_version_4_is_taken() {
    let mut parts = request("GET", "/bucket/key", &[]);
    let version_2 = "AWS AKEY:frJIUN8DYpKDtOLCwo//yllqDzg=";
    parts
        .headers
        .insert("authorization", version_2.parse().unwrap());
    let message = refused(parts, "InvalidRequest");
    assert!(message.contains("Please use AWS4-HMAC-SHA256"), "{message}");
    let uri = "/bucket/key?AWSAccessKeyId=AKEY&Expires=1175139620&Signature=vjbyPxybdZaNmGa";
    refused(presigned_parts("GET", uri, &[]), "InvalidRequest");
    let uri = presigned(&[("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256")]);
    refused(presigned_parts("GET", &uri, &[]), "InvalidRequest");
    let mut parts = request("GET", "/bucket/key", &[]);
    parts
        .headers
        .insert("authorization", "Bearer x".parse().unwrap());
    refused(parts, "InvalidRequest");
}

#[test]
fn a_form_upload_is_a_form_and_nothing_else() {
    // What s3s would take for a form must be one here too.
    for kind in [
        "Multipart/form-data; boundary=x",
        " multipart/FORM-DATA;boundary=x",
        "multipart/form-data+xml; boundary=x",
    ] {
        let form = [("content-type", kind), ("content-length", "9")];
        let mut signed = request("POST", "/bucket", &form);
        refused(signed.clone(), "InvalidArgument");
        signed.headers = http::HeaderMap::new();
        for (name, value) in form.iter().chain(&[("host", "s3.test")]) {
            signed.headers.insert(*name, value.parse().unwrap());
        }
        let plan = guard().inspect(&mut signed.clone()).unwrap();
        assert!(matches!(plan, BodyPlan::Form(head) if head.boundary == "x"));
        let again = signed.headers.get("content-type").unwrap().clone();
        signed.headers.append("content-type", again);
        refused(signed, "InvalidRequest");
    }
}

#[test]
fn one_form_of_credentials_once() {
    let mut parts = request("GET", &presigned(&[]), &[]);
    refused(parts, "InvalidArgument");
    parts = request("GET", "/bucket/key", &[]);
    let again = parts.headers.get("authorization").unwrap().clone();
    parts.headers.append("authorization", again);
    refused(parts, "InvalidArgument");
    for twice in [
        "&X-Amz-Signature=00",
        "&x-amz-credential=other",
        "&X-Amz-Expires=1",
    ] {
        let uri = presigned(&[]) + twice;
        let parts = presigned_parts("GET", &uri, &[]);
        refused(parts, "AuthorizationQueryParametersError");
    }
    let parts = request("GET", "/bucket/key?X-Amz-Expires=5", &[]);
    refused(parts, "InvalidArgument");
    for value in [
        "Credential=a,Credential=b,SignedHeaders=host,Signature=0",
        "Signature=0",
        "x",
    ] {
        let mut parts = request("GET", "/bucket/key", &[]);
        let value = format!("AWS4-HMAC-SHA256 {value}").parse().unwrap();
        parts.headers.insert("authorization", value);
        refused(parts, "AuthorizationHeaderMalformed");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of traces")]
fn anonymous_is_only_what_has_no_trace_of_a_credential() {
    let nobody = |parts: Parts| {
        let mut parts = parts;
        let passed = guard().inspect(&mut parts).is_ok();
        passed && parts.extensions.get::<Anonymous>().is_some()
    };
    assert!(nobody(presigned_parts("GET", "/bucket/key", &[])));
    let unsigned = [
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("content-length", "3"),
    ];
    assert!(nobody(presigned_parts("PUT", "/bucket/key", &unsigned)));
    assert!(!nobody(request("GET", "/bucket/key", &[])));
    assert!(!nobody(presigned_parts("GET", &presigned(&[]), &[])));
    // Half a credential is a broken one, in the header, the query, or of version 2.
    for value in [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "Basic eDp5",
        "AWS A:b",
    ] {
        let headers = [("authorization", value)];
        assert!(
            guard()
                .inspect(&mut presigned_parts("GET", "/bucket/key", &headers))
                .is_err()
        );
    }
    for query in [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "x-amz-signature=00",
        "X-Amz-Credential=A%2F20260101%2Fjp-tokyo%2Fs3%2Faws4_request",
        "X-Amz-SignedHeaders=host",
        "X-Amz-Expires=9",
        "AWSAccessKeyId=A",
        "awsaccesskeyid=A",
        "Signature=0",
        "Expires=1893456000",
        "X-Amz-Security-Token=t",
        "x-amz-acl=public-read",
    ] {
        let uri = format!("/bucket/key?{query}");
        let refusal = guard().inspect(&mut presigned_parts("GET", &uri, &[]));
        assert!(refusal.is_err(), "{query}");
    }
    let token = [("x-amz-security-token", "t")];
    refused(
        presigned_parts("GET", "/bucket/key", &token),
        "InvalidToken",
    );
    // What only a signature could cover.
    let hash = [
        (
            "x-amz-content-sha256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("content-length", "0"),
    ];
    refused(presigned_parts("PUT", "/bucket/key", &hash), "AccessDenied");
    let twice = {
        let mut parts = presigned_parts("GET", "/bucket/key", &[("range", "bytes=0-1")]);
        parts.headers.append("range", "bytes=2-3".parse().unwrap());
        parts
    };
    refused(twice, "InvalidRequest");
    let chunked = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "3"),
        ("content-length", "3"),
    ];
    refused(
        presigned_parts("PUT", "/bucket/key", &chunked),
        "AccessDenied",
    );
}

#[test]
fn the_scope_names_our_region_and_service() {
    for good in ["jp-tokyo/s3/aws4_request", "us-east-1/s3/aws4_request"] {
        let mut parts = request("GET", "/bucket/key", &[]);
        let scope = format!("A/KEY/20261122/{good}");
        let value = authorization(&scope, "host;x-amz-content-sha256;x-amz-date");
        parts
            .headers
            .insert("authorization", value.parse().unwrap());
        passes(parts);
    }
    for bad in [
        "AKEY/20261122/eu-west-1/s3/aws4_request",
        "AKEY/20261122/jp-tokyo/sts/aws4_request",
        "AKEY/20261122/jp-tokyo/s3/aws4",
        "/20261122/jp-tokyo/s3/aws4_request",
        "AKEY/2026/jp-tokyo/s3/aws4_request",
        "AKEY",
    ] {
        let mut parts = request("GET", "/bucket/key", &[]);
        let value = authorization(bad, "host;x-amz-content-sha256;x-amz-date");
        parts
            .headers
            .insert("authorization", value.parse().unwrap());
        refused(parts, "AuthorizationHeaderMalformed");
        let uri = presigned(&[("X-Amz-Credential", bad)]);
        let parts = presigned_parts("GET", &uri, &[]);
        refused(parts, "AuthorizationQueryParametersError");
    }
}

#[test]
fn a_session_token_is_refused() {
    let token = [("x-amz-security-token", "abc")];
    refused(request("GET", "/bucket/key", &token), "InvalidToken");
    let uri = presigned(&[("X-Amz-Security-Token", "abc")]);
    refused(presigned_parts("GET", &uri, &[]), "InvalidToken");
}

#[test]
fn a_presigned_url_cannot_carry_a_streaming_payload() {
    for mode in [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    ] {
        let signed = "host;x-amz-content-sha256;x-amz-decoded-content-length";
        let uri = presigned(&[("X-Amz-SignedHeaders", signed)]);
        let headers = [
            ("x-amz-content-sha256", mode),
            ("x-amz-decoded-content-length", "3"),
        ];
        refused(presigned_parts("PUT", &uri, &headers), "InvalidRequest");
        // The same, moved into the query.
        let uri = presigned(&[("X-Amz-Content-Sha256", mode)]);
        refused(presigned_parts("PUT", &uri, &[]), "InvalidRequest");
    }
}

#[test]
fn the_payload_header_means_what_it_says() {
    let mut parts = request("GET", "/bucket/key", &[]);
    parts.headers.remove("x-amz-content-sha256");
    let value = authorization(SCOPE, "host;x-amz-date").parse().unwrap();
    parts.headers.insert("authorization", value);
    refused(parts, "InvalidRequest");
    for bad in ["", "abc", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"] {
        refused(put(&[("x-amz-content-sha256", bad)]), "InvalidArgument");
    }
    let signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    refused(
        streaming(signed, &[("x-amz-decoded-content-length", "-3")]),
        "InvalidArgument",
    );
    refused(
        put(&[("x-amz-content-sha256", signed)]),
        "MissingContentLength",
    );
    let trailer = ("x-amz-trailer", "x-amz-checksum-crc32");
    refused(streaming(signed, &[trailer]), "InvalidRequest");
    refused(put(&[trailer]), "InvalidRequest");
    let with_trailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    refused(streaming(with_trailer, &[]), "InvalidRequest");
    let other = [("x-amz-trailer", "x-amz-meta-a")];
    refused(streaming(with_trailer, &other), "InvalidRequest");
    passes(put(&[("content-encoding", "gzip, aws-chunked")]));
    for unframed in [
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-decoded-content-length", "3"),
    ] {
        let headers = [("content-encoding", "gzip, aws-chunked"), unframed];
        refused(put(&headers), "InvalidRequest");
    }
    refused(
        put(&[("x-amz-decoded-content-length", "3")]),
        "InvalidRequest",
    );
    let document = [
        ("x-amz-content-sha256", signed),
        ("x-amz-decoded-content-length", "3"),
        ("content-length", "3"),
    ];
    refused(
        request("POST", "/bucket?delete", &document),
        "InvalidRequest",
    );
    refused(
        request("PUT", "/bucket?versioning", &document),
        "InvalidRequest",
    );
}

#[test]
fn content_declares_its_length() {
    let parts = request("PUT", "/bucket/key", &[("transfer-encoding", "chunked")]);
    refused(parts, "MissingContentLength");
    let parts = request(
        "POST",
        "/bucket?delete",
        &[("transfer-encoding", "chunked")],
    );
    refused(parts, "MissingContentLength");
}

#[test]
fn headers_in_the_query_of_a_presigned_url_count_as_headers() {
    let uri = presigned(&[("X-Amz-Meta-Ward", "3")]);
    let mut parts = presigned_parts("PUT", &uri, &[("content-length", "3")]);
    guard().inspect(&mut parts).unwrap();
    assert_eq!(parts.headers.get("x-amz-meta-ward").unwrap(), "3");
    let uri = presigned(&[("X-Amz-Object-Lock-Mode", "COMPLIANCE")]);
    let mut parts = presigned_parts("PUT", &uri, &[("content-length", "3")]);
    guard().inspect(&mut parts).unwrap();
    assert_eq!(
        parts.headers.get("x-amz-object-lock-mode").unwrap(),
        "COMPLIANCE"
    );
    let parts = presigned_parts("GET", &uri, &[]);
    refused(parts, "InvalidArgument");
    refused(
        request("GET", "/bucket/key?x-amz-meta-a=b", &[]),
        "InvalidArgument",
    );
}

#[test]
fn a_presigned_checksum_of_nothing_claims_nothing() {
    let name = "x-amz-checksum-crc32";
    for (value, kept) in [("AAAAAA%3D%3D", false), ("BAAAAA%3D%3D", true)] {
        let uri = presigned(&[(name, value)]);
        let mut parts = presigned_parts("PUT", &uri, &[("content-length", "3")]);
        guard().inspect(&mut parts).unwrap();
        assert_eq!(parts.headers.contains_key(name), kept, "{value}");
    }
}

#[test]
fn what_would_be_ignored_is_refused_by_name() {
    for (name, value) in [
        ("x-amz-object-lock-of-the-future", "ON"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-copy-source-server-side-encryption-customer-key", "a"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "a"),
        ("x-amz-server-side-encryption", "aws:kms:dsse"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ("x-amz-mfa", "a 1"),
        ("x-amz-write-offset-bytes", "3"),
        ("x-amz-something-of-the-future", "1"),
    ] {
        let message = refused(put(&[(name, value)]), "NotImplemented");
        assert!(message.starts_with(name), "{message}");
    }
    for (name, value, code) in [
        ("x-amz-storage-class", "GLACIER", "InvalidStorageClass"),
        ("x-amz-server-side-encryption", "DES", "InvalidArgument"),
    ] {
        refused(put(&[(name, value)]), code);
    }
    for (name, value) in [
        // Whose the bucket is, and what its ownership allows, the operation judges.
        ("x-amz-expected-bucket-owner", "111122223333"),
        ("x-amz-acl", "public-read"),
        ("x-amz-grant-read", "id=a"),
        ("x-amz-website-redirect-location", "/"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "false"),
        ("x-amz-acl", "private"),
        ("x-amz-acl", "bucket-owner-full-control"),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-meta-anything", "goes"),
    ] {
        passes(put(&[(name, value)]));
    }
}

#[test]
fn sizes_are_bounded() {
    let long = "k".repeat(RequestLimits::default().uri_bytes);
    refused(
        request("GET", &format!("/bucket/{long}"), &[]),
        "InvalidURI",
    );
    let large = "v".repeat(RequestLimits::default().header_bytes);
    refused(
        put(&[("x-amz-meta-a", &large)]),
        "RequestHeaderSectionTooLarge",
    );
    let mut parts = request("GET", "/bucket/key", &[]);
    for _ in 0..RequestLimits::default().headers {
        parts.headers.append("accept", "*/*".parse().unwrap());
    }
    refused(parts, "RequestHeaderSectionTooLarge");
    let mib = 1024 * 1024;
    for (method, uri, limit) in [
        ("PUT", "/bucket?versioning", mib),
        ("PUT", "/bucket/key?tagging", mib),
        ("POST", "/bucket?delete", 2 * mib),
        ("POST", "/bucket/key?uploadId=x", 4 * mib),
    ] {
        let plan = passes(request(
            method,
            uri,
            &[("content-length", &limit.to_string()), NO_MD5],
        ));
        assert!(matches!(plan, BodyPlan::Document(_)), "{uri}");
        let over = (limit + 1).to_string();
        let parts = request(method, uri, &[("content-length", &over)]);
        refused(parts, "MaxMessageLengthExceeded");
    }
}

#[test]
fn header_values_are_text() {
    let mut parts = put(&[]);
    let latin = http::HeaderValue::from_bytes(b"JULI\xC1N").unwrap();
    parts.headers.insert("content-disposition", latin);
    refused(parts, "InvalidRequest");
}

#[test]
fn a_header_that_counts_stands_once() {
    for (name, value) in [
        ("x-amz-date", DATE),
        ("content-md5", "a"),
        ("range", "bytes=0-1"),
    ] {
        let mut parts = request("GET", "/bucket/key", &[(name, value)]);
        parts.headers.append(name, value.parse().unwrap());
        refused(parts, "InvalidRequest");
    }
}

#[test]
fn a_lock_stands_only_where_an_object_is_stored() {
    let hold = ("x-amz-object-lock-legal-hold", "ON");
    let length = ("content-length", "0");
    for (method, uri) in [("PUT", "/bucket/key"), ("POST", "/bucket/key?uploads")] {
        passes(request(method, uri, &[hold, length]));
    }
    let copy = ("x-amz-copy-source", "/bucket/other");
    passes(request("PUT", "/bucket/key", &[hold, copy]));
    for (method, uri) in [
        ("PUT", "/bucket"),
        ("PUT", "/bucket/key?tagging"),
        ("PUT", "/bucket/key?retention"),
        ("PUT", "/bucket/key?partNumber=1&uploadId=x"),
        ("POST", "/bucket/key?uploadId=x"),
        ("DELETE", "/bucket/key"),
        ("GET", "/bucket/key"),
    ] {
        refused(request(method, uri, &[hold, length]), "InvalidArgument");
    }
}

#[test]
fn some_documents_need_a_checksum() {
    for (method, uri) in [
        ("POST", "/bucket?delete"),
        ("PUT", "/bucket?object-lock"),
        ("PUT", "/bucket?lifecycle"),
        ("PUT", "/bucket/key?retention"),
        ("PUT", "/bucket/key?legal-hold"),
    ] {
        let length = ("content-length", "0");
        refused(request(method, uri, &[length]), "InvalidRequest");
        // Only the name of one is no checksum.
        let named = ("x-amz-sdk-checksum-algorithm", "CRC32");
        refused(request(method, uri, &[length, named]), "InvalidRequest");
        passes(request(method, uri, &[length, NO_MD5]));
        passes(request(
            method,
            uri,
            &[length, ("x-amz-checksum-crc32", "AAAAAA==")],
        ));
    }
    passes(request(
        "PUT",
        "/bucket?tagging",
        &[("content-length", "0")],
    ));
}
