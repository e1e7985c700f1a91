//! Every error that this server can answer: code, HTTP status, words and what to do next.
//!
//! Codes, statuses and words are those of AWS (S3 API reference, "Error responses"), because clients
//! branch on them. A cause may say more precisely what is wrong; a row's words stand in where it
//! says nothing. The hint is ours: it goes into the document as `<Hint>`, an element more, which the
//! SDKs pass over (decision 0071). `docs/reference/errors.md` is written from this table by its test.
//!
//! To add an error: one row here, then `UPDATE=1 cargo test -p azekura-gateway --lib errors`.

use super::row::row;
pub(crate) use super::row::{ErrorRow, SaidBy};

/// The row of a code.
pub(crate) fn row_of(code: &str) -> Option<&'static ErrorRow> {
    let at = ROWS.binary_search_by(|row| row.code.cmp(code)).ok()?;
    ROWS.get(at)
}

/// All rows, ordered by code.
pub(crate) const ROWS: &[ErrorRow] = &[
    row(
        "AccessControlListNotSupported",
        400,
        "The bucket does not allow ACLs.",
        "Leave the ACL out, or use private or bucket-owner-full-control.",
    ),
    row(
        "AccessDenied",
        403,
        "Access Denied",
        "Check which key signs the request and what that key may do. A locked version stays until its lock ends.",
    ),
    row(
        "AccessForbidden",
        403,
        "Access forbidden",
        "Put a CORS rule on the bucket that allows this origin, method and these headers.",
    ),
    row(
        "AuthorizationHeaderMalformed",
        400,
        "The authorization header that you provided is not valid.",
        "Sign with AWS4-HMAC-SHA256 for the region in <Region>, service s3.",
    ),
    row(
        "AuthorizationQueryParametersError",
        400,
        "The authorization query parameters that you provided are not valid.",
        "Make a new URL or form; a presigned URL lives for at most seven days.",
    ),
    row(
        "BadDigest",
        400,
        "The Content-MD5 or checksum value that you specified did not match what the server received.",
        "The content changed on its way: send it again. Nothing was stored.",
    ),
    row(
        "BadRequest",
        400,
        "Bad Request",
        "Read the message: it names the limit.",
    ),
    row(
        "BucketAlreadyExists",
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Select a different name and try again.",
        "Choose another name: buckets of all institutions share one space of names.",
    ),
    row(
        "BucketAlreadyOwnedByYou",
        409,
        "The bucket that you tried to create already exists, and you own it.",
        "Use the bucket as it is.",
    ),
    row(
        "BucketNotEmpty",
        409,
        "The bucket that you tried to delete is not empty.",
        "Delete its objects, versions and delete markers, and abort its uploads.",
    ),
    row(
        "ConditionalRequestConflict",
        409,
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
        "Read the object again and repeat the request if it still holds.",
    ),
    row(
        "EntityTooLarge",
        400,
        "Your proposed upload exceeds the maximum allowed size.",
        "Use a multipart upload above 5 GiB; a form keeps to its content-length-range.",
    ),
    row(
        "EntityTooSmall",
        400,
        "Your proposed upload is smaller than the minimum allowed size.",
        "Parts but the last have 5 MiB at least; a form keeps to its content-length-range.",
    ),
    row(
        "ExpiredToken",
        400,
        "The provided token has expired.",
        "Sign with a permanent key.",
    )
    .by(SaidBy::Nobody("session tokens are not issued: every token is InvalidToken")),
    row(
        "IncompleteBody",
        400,
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
        "The connection ended early: send it again. Nothing was stored.",
    ),
    row(
        "InsufficientStorage",
        507,
        "The vault has reached its floor of free space.",
        "Tell the operator: nothing is stored until there is room. Reading goes on.",
    ),
    row(
        "InternalError",
        500,
        "We encountered an internal error. Please try again.",
        "Tell the operator the request id; the log holds the cause.",
    ),
    row(
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
        "Check the key id, and that the client talks to the right server.",
    ),
    row(
        "InvalidArgument",
        400,
        "Invalid Argument",
        "Read the message: it names the argument.",
    ),
    row(
        "InvalidBucketAclWithObjectOwnership",
        400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        "Make the bucket private first, or keep an ownership that allows ACLs.",
    ),
    row(
        "InvalidBucketName",
        400,
        "The specified bucket is not valid.",
        "3 to 63 characters of a-z, 0-9, '-' and '.'; not an address, not a reserved ending.",
    ),
    row(
        "InvalidBucketState",
        409,
        "The request is not valid with the current state of the bucket.",
        "Object lock needs versioning to be Enabled, and versioning stays Enabled under it.",
    ),
    row(
        "InvalidChunkSizeError",
        400,
        "The chunked body is malformed.",
        "Update the client, or send the content without aws-chunked.",
    ),
    row(
        "InvalidDigest",
        400,
        "The Content-MD5 you specified was invalid.",
        "Content-MD5 is the base64 of 16 bytes.",
    ),
    row(
        "InvalidLocationConstraint",
        400,
        "The specified location-constraint is not valid",
        "Leave the constraint out, or name the region of this server.",
    ),
    row(
        "InvalidObjectState",
        403,
        "The operation is not valid for the current state of the object.",
        "The object is not archived: read it as it is.",
    ),
    row(
        "InvalidPart",
        400,
        "One or more of the specified parts could not be found.",
        "Upload the part again and complete with the ETag that it answers.",
    ),
    row(
        "InvalidPartNumber",
        416,
        "The requested partnumber is not satisfiable",
        "Ask for a part that the object has; HEAD with partNumber=1 tells how many.",
    ),
    row(
        "InvalidPartOrder",
        400,
        "The list of parts was not in ascending order.",
        "List the parts by their number.",
    ),
    row(
        "InvalidPolicyDocument",
        400,
        "The content of the form does not meet the conditions specified in the policy document.",
        "A policy is the base64 of JSON with 'expiration' and 'conditions'.",
    ),
    row(
        "InvalidRange",
        416,
        "The requested range is not satisfiable",
        "Ask for bytes within the length that Content-Range gives.",
    ),
    row(
        "InvalidRedirectLocation",
        400,
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        "Give a path or a URL of at most 2 KiB.",
    ),
    row(
        "InvalidRequest",
        400,
        "Invalid Request",
        "Read the message: it names what is wrong.",
    ),
    row(
        "InvalidRetentionPeriod",
        400,
        "Default retention period must be a positive integer value.",
        "Give Days (1 to 36500) or Years (1 to 100).",
    ),
    row(
        "InvalidStorageClass",
        400,
        "The storage class you specified is not valid",
        "Leave the class out, or use STANDARD.",
    ),
    row(
        "InvalidTag",
        400,
        "The tag provided was not a valid tag.",
        "At most 10 tags of an object; keys of 1 to 128 characters, values of up to 256.",
    ),
    row(
        "InvalidToken",
        400,
        "The provided token is malformed or otherwise not valid.",
        "Session tokens are not issued here: sign with a permanent key.",
    ),
    row(
        "InvalidURI",
        400,
        "Couldn't parse the specified URI.",
        "Percent-encode the path as UTF-8.",
    ),
    row(
        "KeyTooLongError",
        400,
        "Your key is too long",
        "A key has at most 1,024 bytes of UTF-8.",
    ),
    row(
        "MalformedACLError",
        400,
        "The XML that you provided was not well formed or did not validate against our published schema.",
        "Read the message: it names what is wrong with the list.",
    ),
    row(
        "MalformedPOSTRequest",
        400,
        "The body of your POST request is not well-formed multipart/form-data.",
        "Send the form as RFC 7578 has it, the file as its last field.",
    ),
    row(
        "MalformedPolicy",
        400,
        "The policy is not a policy.",
        "Read the message: it names the statement and what is wrong.",
    ),
    row(
        "MalformedTrailerError",
        400,
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        "Send the trailer that x-amz-trailer announces.",
    ),
    row(
        "MalformedXML",
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
        "Compare the document with the S3 API reference.",
    ),
    row(
        "MaxMessageLengthExceeded",
        400,
        "Your request was too large.",
        "Send a smaller document; DeleteObjects takes 1,000 keys at once.",
    ),
    row(
        "MaxPostPreDataLengthExceeded",
        400,
        "Your POST request fields preceding the upload file were too large.",
        "The fields of a form have at most 20 KiB.",
    ),
    row(
        "MetadataTooLarge",
        400,
        "Your metadata headers exceed the maximum allowed metadata size",
        "User metadata has at most 2 KiB, names and values together.",
    ),
    row(
        "MethodNotAllowed",
        405,
        "The specified method is not allowed against this resource.",
        "Use a method that Allow names.",
    ),
    row(
        "MissingContentLength",
        411,
        "You must provide the Content-Length HTTP header.",
        "Send Content-Length, or a STREAMING payload with x-amz-decoded-content-length.",
    ),
    row(
        "MissingRequestBodyError",
        400,
        "Request body is empty.",
        "Send the XML document of the operation.",
    )
    .by(SaidBy::Library("an operation that needs a document got none")),
    row(
        "MissingSecurityHeader",
        400,
        "Your request was missing a required header",
        "Say which ACL: x-amz-acl, or a document.",
    ),
    row(
        "NoSuchBucket",
        404,
        "The specified bucket does not exist",
        "Check the name; list the buckets; create it.",
    ),
    row(
        "NoSuchBucketPolicy",
        404,
        "The bucket policy does not exist",
        "The bucket has none; nothing needs to be done.",
    ),
    row(
        "NoSuchCORSConfiguration",
        404,
        "The CORS configuration does not exist",
        "Set one with PutBucketCors if browsers shall read the bucket.",
    ),
    row(
        "NoSuchKey",
        404,
        "The specified key does not exist.",
        "Check the key byte for byte; nothing is normalised. A deleted object still has its versions.",
    ),
    row(
        "NoSuchLifecycleConfiguration",
        404,
        "The lifecycle configuration does not exist",
        "The bucket has none; nothing needs to be done.",
    ),
    row(
        "NoSuchObjectLockConfiguration",
        404,
        "The specified object does not have a ObjectLock configuration",
        "This version has no retention, or no hold was ever set; nothing needs to be done.",
    ),
    row(
        "NoSuchPublicAccessBlockConfiguration",
        404,
        "The public access block configuration was not found",
        "Nothing is public here with or without it.",
    ),
    row(
        "NoSuchTagSet",
        404,
        "The TagSet does not exist",
        "The bucket has no tags; set them with PutBucketTagging.",
    ),
    row(
        "NoSuchUpload",
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        "List the uploads of the bucket; begin a new one.",
    ),
    row(
        "NoSuchVersion",
        404,
        "The specified version does not exist.",
        "List the versions of the key.",
    ),
    row(
        "NoSuchWebsiteConfiguration",
        404,
        "The specified bucket does not have a website configuration",
        "Websites are not served here.",
    ),
    row(
        "NotImplemented",
        501,
        "A header or query you provided implies functionality that is not implemented.",
        "Leave out what the message names; README.md says what is built.",
    ),
    row(
        "NotModified",
        304,
        "Not Modified",
        "What you have is current. (The answer has no body.)",
    ),
    row(
        "ObjectLockConfigurationNotFoundError",
        404,
        "Object Lock configuration does not exist for this bucket",
        "The bucket has no lock: enable versioning, then put an ObjectLockConfiguration.",
    ),
    row(
        "OwnershipControlsNotFoundError",
        404,
        "The bucket ownership controls were not found",
        "Buckets are owned by BucketOwnerEnforced without them.",
    ),
    row(
        "PermanentRedirect",
        301,
        "The bucket that you are attempting to access must be addressed using the specified endpoint.",
        "Use the endpoint of the bucket.",
    )
    .by(SaidBy::Nobody("a vault is one region: a wrong one is AuthorizationHeaderMalformed")),
    row(
        "PreconditionFailed",
        412,
        "At least one of the preconditions that you specified did not hold.",
        "Read the object again and repeat the request if it still holds.",
    ),
    row(
        "QuotaExceeded",
        403,
        "The institution's quota is used up.",
        "Hidden history counts until it is released. The operator of the vault can raise the quota.",
    ),
    row(
        "ReplicationConfigurationNotFoundError",
        404,
        "The replication configuration was not found",
        "The bucket has none; nothing needs to be done.",
    ),
    row(
        "RequestHeaderSectionTooLarge",
        400,
        "Your request header section exceeds the maximum allowed size.",
        "Send fewer or shorter headers.",
    ),
    row(
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
        "Set the clock of the client (NTP); 15 minutes are borne.",
    ),
    row(
        "RequestTimeout",
        400,
        "Your socket connection to the server was not read from or written to within the timeout period.",
        "Send it again. Nothing was stored.",
    )
    .by(SaidBy::Nobody("a connection that stalls is closed by the listener without an answer")),
    row(
        "ServiceUnavailable",
        503,
        "Service is unable to handle request.",
        "The server is stopping: try again after it has started. Or an administrator of the institution has not unlocked its key: azekura tenant unlock. Or the host's clock is in doubt: see azekura clock show. Or the request could not be put on record under strict audit: free space.",
    ),
    row(
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        "Check the secret; a proxy that changes host, path or headers breaks signatures too.",
    ),
    row(
        "SlowDown",
        503,
        "Please reduce your request rate.",
        "Wait as long as Retry-After says, then try again with fewer requests at once.",
    ),
    row(
        "TooManyBuckets",
        400,
        "You have attempted to create more buckets than are allowed.",
        "Delete a bucket.",
    )
    .by(SaidBy::Nobody("the number of buckets has no limit")),
    row(
        "UnresolvableGrantByEmailAddress",
        400,
        "The email address that you provided does not match any account on record.",
        "Name grantees by the id of their tenant.",
    ),
    row(
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        "The content changed on its way: send it again. Nothing was stored.",
    ),
];
