//! Documents of every operation that takes one. A case is `METHOD TARGET`, a line end, the document;
//! `{upload}` and `{etag}` stand for a multipart upload under way.

use crate::lab::Lab;
use crate::lab::raw::fill;
use crate::target::Target;

/// Sends documents, signed.
#[derive(Default)]
pub struct Xml {
    lab: Option<Lab>,
    upload: Option<(String, String)>,
}

const SEEDS: [&str; 25] = [
    "POST /bucket?delete\n<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object><Object><Key>鍵</Key><VersionId>null</VersionId></Object><Quiet>true</Quiet></Delete>",
    "POST /bucket?delete\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a --><Delete><Object><Key><![CDATA[a<b]]></Key><ETag>&quot;abc&quot;</ETag><Size>3</Size><LastModifiedTime>Wed, 21 Oct 2015 07:28:00 GMT</LastModifiedTime></Object></Delete>",
    "POST /bucket/up?uploadId={upload}\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>",
    "POST /bucket/up?uploadId={upload}\n<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><ETag>\"{etag}\"</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32><PartNumber>2</PartNumber></Part></CompleteMultipartUpload>",
    "PUT /new-bucket\n<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>jp-tokyo</LocationConstraint></CreateBucketConfiguration>",
    "PUT /tagged-bucket\n<CreateBucketConfiguration><LocationConstraint>tokyo</LocationConstraint><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>",
    "PUT /bucket?versioning\n<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "PUT /bucket?versioning\n<VersioningConfiguration><Status>Suspended</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>",
    "PUT /bucket?tagging\n<Tagging><TagSet><Tag><Key>部門</Key><Value>放射線科</Value></Tag><Tag><Key>b</Key><Value/></Tag></TagSet></Tagging>",
    "PUT /bucket/key?tagging\n<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
    "PUT /bucket?cors\n<CORSConfiguration><CORSRule><ID>r</ID><AllowedOrigin>https://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>etag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    "PUT /bucket?publicAccessBlock\n<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
    "PUT /bucket?ownershipControls\n<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>",
    "PUT /bucket?encryption\n<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
    "PUT /bucket?requestPayment\n<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    "PUT /bucket?accelerate\n<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>",
    "PUT /bucket?acl\n<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList/></AccessControlPolicy>",
    "PUT /bucket?notification\n<NotificationConfiguration/>",
    "PUT /bucket?lifecycle\n<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Prefix/><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "PUT /bucket?object-lock\n<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
    "PUT /bucket?object-lock\n<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
    "PUT /bucket/key?retention\n<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2090-01-01T00:00:00Z</RetainUntilDate></Retention>",
    "PUT /bucket/key?legal-hold\n<LegalHold><Status>OFF</Status></LegalHold>",
    "POST /bucket/key?restore\n<RestoreRequest><Days>1</Days></RestoreRequest>",
    "POST /bucket/key?select&select-type=2\n<SelectObjectContentRequest><Expression>a</Expression></SelectObjectContentRequest>",
];

impl Target for Xml {
    fn seeds(&self) -> Vec<Vec<u8>> {
        SEEDS.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "<!DOCTYPE a [<!ENTITY b \"c\">]>",
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">",
            "&b;",
            "&#0;",
            "&#x41;",
            "&#xD800;",
            "&#1114112;",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?xml version=\"1.0\"?>",
            "<?a?>",
            "</",
            "/>",
            "<a>",
            "</a>",
            " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"",
            " xmlns:x=\"y\"",
            "x:",
            "<Key>",
            "</Key>",
            "<Object>",
            "</Object>",
            "<Part>",
            "</Part>",
            "<Tag>",
            "</Tag>",
            "<Rule>",
            "true",
            "false",
            "Enabled",
            "\u{feff}",
            " a='b'",
            "<Quiet>1</Quiet>",
            "encoding=\"ISO-2022-JP\"",
            "<a><a><a><a><a><a><a><a>",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let end = input
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(input.len());
        let (line, document) = input.split_at(end);
        let document = document.get(1..).unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        let known = SEEDS.iter().filter_map(|seed| seed.split_once('\n'));
        // Only the document is hostile here: the lines of requests have a target of their own.
        let line = known.map(|(line, _)| line).find(|known| *known == line);
        let Some((method, target)) = line.and_then(|line| line.split_once(' ')) else {
            return Ok("another operation".to_owned());
        };
        if self.lab.is_none() {
            self.upload = None;
        }
        let lab = Lab::of(&mut self.lab)?;
        let (upload, etag) = match &self.upload {
            Some(known) => known.clone(),
            None => self.upload.insert(new_upload(lab)?).clone(),
        };
        let target = target.replace("{upload}", &upload);
        let document = fill(document, "etag", etag.as_bytes());
        // At completion a checksum speaks of the object, not of the document.
        let answer = if target.contains("uploadId") {
            lab.call(method, &target, &[], &document)?
        } else {
            lab.call_checked(method, &target, &document)?
        };
        let path = target
            .split_once("uploadId")
            .map_or(target.as_str(), |(path, _)| path);
        let accepted = answer.status < 300;
        if path.starts_with("/bucket/up")
            && (accepted || answer.element("Code").as_deref() == Some("NoSuchUpload"))
        {
            self.upload = None;
        }
        Ok(format!("{method} {path} {}", answer.label()))
    }
}

/// An upload with one part: its id and the ETag of the part.
fn new_upload(lab: &mut Lab) -> Result<(String, String), String> {
    let answer = lab.call("POST", "/bucket/up?uploads=", &[], b"")?;
    let id = answer.element("UploadId").ok_or("no upload")?;
    let target = format!("/bucket/up?partNumber=1&uploadId={id}");
    let part = lab.call("PUT", &target, &[], b"part")?;
    let etag = part
        .headers
        .get("etag")
        .and_then(|value| value.to_str().ok());
    Ok((id, etag.unwrap_or_default().trim_matches('"').to_owned()))
}
