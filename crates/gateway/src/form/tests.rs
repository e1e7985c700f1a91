//! A form cut into pieces at every place: what is read does not depend on how it arrives.

use std::convert::Infallible;

use futures::StreamExt as _;
use futures::executor::block_on;
use http_body::Frame;
use http_body_util::StreamBody;

use super::*;
use crate::faults::Fault;
use file::Lengths;

/// Fields, content and the fault that ended it, of a form that arrives in pieces of `step` bytes.
type Read = Result<(Vec<(String, String)>, Vec<u8>, Option<&'static str>), &'static str>;

fn read(form: &[u8], step: usize, lengths: Lengths) -> Read {
    let frames: Vec<Result<_, Infallible>> = form
        .chunks(step)
        .map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = StreamBody::new(futures::stream::iter(frames));
    block_on(async {
        let (fields, rest) = multipart::read(body, "b").await.map_err(|r| r.code)?;
        let fields = fields.iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
        let fields = fields.collect();
        let mut file = rest.into_file(lengths, Faults::default());
        let mut content = Vec::new();
        while let Some(piece) = file.next().await {
            match piece {
                Ok(piece) => content.extend_from_slice(&piece),
                Err(Fault::Refused(refusal)) => return Ok((fields, content, Some(refusal.code))),
                Err(_) => return Ok((fields, content, Some("another"))),
            }
        }
        Ok((fields, content, None))
    })
}

fn form(content: &str, end: &str) -> Vec<u8> {
    format!(
        "--b \t\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\na/${{filename}}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\n\r\n--\r\n${{filename}}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"/tmp/倉.dcm\"\r\n\
         Content-Type: x\r\n\r\n{content}{end}"
    )
    .into_bytes()
}

#[test]
fn pieces_of_any_size_read_alike() {
    let fields = [
        ("key", "a/倉.dcm"),
        ("empty", ""),
        ("policy", "\r\n--\r\n${filename}"),
    ];
    let fields: Vec<_> = fields.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    for content in [
        "",
        "a",
        "\r",
        "\r\n",
        "\r\n--",
        "\r\n-\r\n--\r\r\n--c\r\n",
        "--b--",
        "\n--b\r\n",
    ] {
        for end in [
            "\r\n--b--",
            "\r\n--b--\r\n",
            "\r\n--b  \r\nanything\r\n--b--\r\n",
        ] {
            let form = form(content, end);
            for step in 1..form.len() {
                let expected = (fields.clone(), content.as_bytes().to_vec(), None);
                let found = read(&form, step, Lengths::default());
                assert_eq!(found, Ok(expected), "{content:?} {end:?} by {step}");
            }
        }
    }
}

#[test]
fn an_end_that_is_none_is_found_however_it_arrives() {
    for end in [
        "",
        "\r",
        "\r\n--",
        "\r\n--b",
        "\r\n--b-",
        "\r\n--b \t",
        "\r\n--bc",
        "\r\n--b-x",
        "\r\n--b\rx",
    ] {
        let form = form("content", end);
        for step in 1..form.len() {
            let (_, _, fault) = read(&form, step, Lengths::default()).unwrap();
            assert_eq!(fault, Some("MalformedPOSTRequest"), "{end:?} by {step}");
        }
    }
}

#[test]
fn lengths_are_held_while_the_file_arrives() {
    let form = form("content", "\r\n--b--");
    for (least, most, fault) in [
        (7, 7, None),
        (0, 6, Some("EntityTooLarge")),
        (0, 0, Some("EntityTooLarge")),
        (8, 9, Some("EntityTooSmall")),
    ] {
        for step in 1..form.len() {
            let read = read(&form, step, Lengths { least, most }).unwrap();
            assert_eq!(read.2, fault, "{least} to {most} by {step}");
            assert!(u64::try_from(read.1.len()).unwrap() <= most);
        }
    }
}

#[test]
fn fields_are_bounded_before_a_file_comes() {
    let endless = [
        b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_vec(),
        vec![b'x'; 1 << 20],
    ];
    let headers = [b"--b\r\nX: ".to_vec(), vec![b'x'; 1 << 20]];
    let many: Vec<_> = (0..2000)
        .map(|n| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{n}\"\r\n\r\n\r\n").into_bytes()
        })
        .collect();
    for form in [
        endless.concat(),
        headers.concat(),
        many.concat(),
        vec![b'x'; 1 << 20],
    ] {
        for step in [100, 5000, 1 << 20] {
            let found = read(&form, step, Lengths::default());
            assert_eq!(found, Err("MaxPostPreDataLengthExceeded"), "by {step}");
        }
    }
}
