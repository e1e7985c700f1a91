// The SDK's habits, one small function each; all of them run.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";

import { Upload, client, getSignedUrl, sdk } from "./common.mjs";

const s3 = client();
const Bucket = "javascript";
const send = (name, input) => s3.send(new sdk[`${name}Command`]({ Bucket, ...input }));
const bytes = async (answer) => Buffer.from(await answer.Body.transformToByteArray());

// The error of a call that must fail.
async function refused(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("was not refused");
}

const checks = {
  async buckets() {
    const { Buckets } = await s3.send(new sdk.ListBucketsCommand({}));
    assert(Buckets.some((bucket) => bucket.Name === Bucket));
    // Signed for us-east-1, as in S3 there: made before is as good as made now.
    await send("CreateBucket", {});
    const missing = await refused(send("ListObjectsV2", { Bucket: "no-such-bucket-here" }));
    assert(missing instanceof sdk.NoSuchBucket, missing.name);
    assert.equal(missing.$metadata.httpStatusCode, 404);
  },

  async put_and_get() {
    const Body = randomBytes(300_000);
    const put = await send("PutObject", {
      Key: "a/b c+d/患者.bin", Body, ContentType: "application/dicom",
      Metadata: { kind: "synthetic" }, CacheControl: "no-store",
    });
    assert.equal(put.ETag, `"${createHash("md5").update(Body).digest("hex")}"`);
    const got = await send("GetObject", { Key: "a/b c+d/患者.bin" });
    assert(Body.equals(await bytes(got)));
    assert.equal(got.ContentType, "application/dicom");
    assert.deepEqual(got.Metadata, { kind: "synthetic" });
    assert.equal(got.CacheControl, "no-store");
    const part = await send("GetObject", { Key: "a/b c+d/患者.bin", Range: "bytes=10-19" });
    assert(Body.subarray(10, 20).equals(await bytes(part)));
    assert.equal(part.ContentRange, "bytes 10-19/300000");
    await send("PutObject", { Key: "text", Body: "文字列" });
    assert.equal(await (await send("GetObject", { Key: "text" })).Body.transformToString(), "文字列");
    await send("PutObject", { Key: "empty", Body: "" });
    assert.equal((await send("HeadObject", { Key: "empty" })).ContentLength, 0);
  },

  async errors_by_their_class() {
    const missing = await refused(send("GetObject", { Key: "missing" }));
    assert(missing instanceof sdk.NoSuchKey, missing.name);
    assert.equal(missing.name, "NoSuchKey");
    assert.equal(missing.$metadata.httpStatusCode, 404);
    assert(missing.$metadata.requestId);
    const head = await refused(send("HeadObject", { Key: "missing" }));
    assert(head instanceof sdk.NotFound, head.name);
    const upload = await refused(send("AbortMultipartUpload", { Key: "k", UploadId: "missing" }));
    assert(upload instanceof sdk.NoSuchUpload, upload.name);
    const wrong = client({ credentials: { accessKeyId: "AZNOBODY0000000000001", secretAccessKey: "x" } });
    const stranger = await refused(wrong.send(new sdk.ListObjectsV2Command({ Bucket })));
    assert.equal(stranger.name, "InvalidAccessKeyId");
    assert.equal(stranger.$metadata.httpStatusCode, 403);
  },

  async checksums_of_every_kind() {
    const Body = Buffer.from("checksummed");
    // The default of today's SDK: CRC32 on every upload, checked on every download.
    const put = await send("PutObject", { Key: "crc", Body });
    assert(put.ChecksumCRC32, "no default checksum");
    const head = await send("HeadObject", { Key: "crc", ChecksumMode: "ENABLED" });
    assert.equal(head.ChecksumCRC32, put.ChecksumCRC32);
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]) {
      // The SDK computes CRC64NVME with native code only, which the tests do not install.
      const given = ChecksumAlgorithm === "CRC64NVME" ? { ChecksumCRC64NVME: "AAAAAAAAAAA=" } : {};
      if (given.ChecksumCRC64NVME) {
        const error = await refused(send("PutObject", { Key: "wrong", Body, ...given }));
        assert.equal(error.name, "BadDigest");
        continue;
      }
      const answer = await send("PutObject", { Key: ChecksumAlgorithm, Body, ChecksumAlgorithm });
      assert(answer[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
      const got = await send("GetObject", { Key: ChecksumAlgorithm, ChecksumMode: "ENABLED" });
      assert(Body.equals(await bytes(got)));
    }
    const error = await refused(send("PutObject", { Key: "wrong", Body, ChecksumSHA256: Buffer.alloc(32).toString("base64") }));
    assert.equal(error.name, "BadDigest");
    assert((await refused(send("HeadObject", { Key: "wrong" }))) instanceof sdk.NotFound);
    const quiet = client({ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
    await quiet.send(new sdk.PutObjectCommand({ Bucket, Key: "quiet", Body }));
    const back = await quiet.send(new sdk.GetObjectCommand({ Bucket, Key: "quiet" }));
    assert(Body.equals(await bytes(back)));
  },

  async streams() {
    // A stream of known length goes out in aws-chunked encoding with a trailing checksum.
    const Body = randomBytes(3_000_000);
    await send("PutObject", { Key: "stream", Body: Readable.from([Body]), ContentLength: Body.length });
    const got = await send("GetObject", { Key: "stream" });
    assert(Body.equals(await bytes(got)));
    assert.equal(got.ContentEncoding, undefined);
    const hash = createHash("sha256");
    for await (const chunk of (await send("GetObject", { Key: "stream" })).Body) hash.update(chunk);
    assert.equal(hash.digest("hex"), createHash("sha256").update(Body).digest("hex"));
  },

  async uploads_in_parts() {
    const Body = randomBytes(12 * 1024 * 1024 + 7);
    const seen = [];
    const upload = new Upload({
      client: s3, params: { Bucket, Key: "parts", Body: Readable.from(cut(Body, 100_000)), Metadata: { a: "b" } },
      partSize: 5 * 1024 * 1024, queueSize: 3,
    });
    upload.on("httpUploadProgress", (progress) => seen.push(progress.part));
    const done = await upload.done();
    assert.match(done.ETag, /-3"$/);
    assert.equal(new Set(seen).size, 3);
    const got = await send("GetObject", { Key: "parts" });
    assert(Body.equals(await bytes(got)));
    assert.deepEqual(got.Metadata, { a: "b" });

    const given = await send("CreateMultipartUpload", { Key: "given-up" });
    await send("UploadPart", { Key: "given-up", UploadId: given.UploadId, PartNumber: 1, Body: "x" });
    const parts = await send("ListParts", { Key: "given-up", UploadId: given.UploadId });
    assert.equal(parts.Parts.length, 1);
    const open = await send("ListMultipartUploads", {});
    assert(open.Uploads.some((item) => item.UploadId === given.UploadId));
    await send("AbortMultipartUpload", { Key: "given-up", UploadId: given.UploadId });
    assert((await refused(send("HeadObject", { Key: "given-up" }))) instanceof sdk.NotFound);

    const stopped = new Upload({ client: s3, params: { Bucket, Key: "stopped", Body }, partSize: 5 * 1024 * 1024 });
    const running = refused(stopped.done());
    await stopped.abort();
    assert.equal((await running).name, "AbortError");
  },

  async presigned_addresses() {
    const put = await getSignedUrl(s3, new sdk.PutObjectCommand({ Bucket, Key: "署名 付き+?.txt" }), { expiresIn: 60 });
    const stored = await fetch(put, { method: "PUT", body: "by fetch" });
    assert.equal(stored.status, 200, await stored.text());
    const get = await getSignedUrl(s3, new sdk.GetObjectCommand({
      Bucket, Key: "署名 付き+?.txt", ResponseContentDisposition: 'attachment; filename="a.txt"',
    }), { expiresIn: 60 });
    const answer = await fetch(get);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-disposition"), 'attachment; filename="a.txt"');
    assert.equal(await answer.text(), "by fetch");
    const forged = await fetch(get.replace(/X-Amz-Signature=./, (text) => text.endsWith("0") ? "X-Amz-Signature=1" : "X-Amz-Signature=0"));
    assert.equal(forged.status, 403);
    assert.match(await forged.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  },

  async pages() {
    const names = Array.from({ length: 25 }, (_, i) => `pages/${String(i).padStart(3, "0")} 頁`);
    await Promise.all(names.map((Key) => send("PutObject", { Key, Body: Key })));
    const seen = [];
    let pages = 0;
    for await (const page of sdk.paginateListObjectsV2({ client: s3, pageSize: 10 }, { Bucket, Prefix: "pages/" })) {
      pages += 1;
      seen.push(...page.Contents.map((item) => item.Key));
    }
    assert.equal(pages, 3);
    assert.deepEqual(seen, names);
    const folders = await send("ListObjectsV2", { Delimiter: "/", EncodingType: "url" });
    assert(folders.CommonPrefixes.some((item) => item.Prefix === "pages/"));
    const removed = await send("DeleteObjects", { Delete: { Objects: names.map((Key) => ({ Key })) } });
    assert.equal(removed.Deleted.length, names.length);
    assert.equal(removed.Errors, undefined);
    assert.equal((await send("ListObjectsV2", { Prefix: "pages/" })).KeyCount, 0);
  },

  async waiters() {
    const soon = sdk.waitUntilObjectExists({ client: s3, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { Bucket, Key: "soon" });
    await send("PutObject", { Key: "soon", Body: "now" });
    assert.equal((await soon).state, "SUCCESS");
    await send("DeleteObject", { Key: "soon" });
    const gone = await sdk.waitUntilObjectNotExists({ client: s3, maxWaitTime: 10 }, { Bucket, Key: "soon" });
    assert.equal(gone.state, "SUCCESS");
    assert.equal((await sdk.waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket })).state, "SUCCESS");
  },

  async conditions() {
    const { ETag } = await send("PutObject", { Key: "once", Body: "1", IfNoneMatch: "*" });
    const second = await refused(send("PutObject", { Key: "once", Body: "2", IfNoneMatch: "*" }));
    assert.equal(second.name, "PreconditionFailed");
    assert.equal(second.$metadata.httpStatusCode, 412);
    await send("PutObject", { Key: "once", Body: "2", IfMatch: ETag });
    assert.equal((await refused(send("PutObject", { Key: "once", Body: "3", IfMatch: ETag }))).name, "PreconditionFailed");
    const head = await send("HeadObject", { Key: "once" });
    const same = await refused(send("GetObject", { Key: "once", IfNoneMatch: head.ETag }));
    assert.equal(same.$metadata.httpStatusCode, 304);
  },

  async copies() {
    await send("PutObject", { Key: "元 ファイル+.txt", Body: "copied", Metadata: { a: "1" } });
    const CopySource = `${Bucket}/${encodeURIComponent("元 ファイル+.txt")}`;
    await send("CopyObject", { Key: "copy", CopySource });
    assert.deepEqual((await send("HeadObject", { Key: "copy" })).Metadata, { a: "1" });
    await send("CopyObject", { Key: "copy", CopySource: `${Bucket}/copy`, MetadataDirective: "REPLACE", Metadata: { b: "2" } });
    assert.deepEqual((await send("HeadObject", { Key: "copy" })).Metadata, { b: "2" });
  },

  async versions() {
    const versioned = `${Bucket}-versioned`;
    await send("CreateBucket", { Bucket: versioned });
    await send("PutBucketVersioning", { Bucket: versioned, VersioningConfiguration: { Status: "Enabled" } });
    const one = await send("PutObject", { Bucket: versioned, Key: "k", Body: "one" });
    await send("PutObject", { Bucket: versioned, Key: "k", Body: "two" });
    const gone = await send("DeleteObject", { Bucket: versioned, Key: "k" });
    assert.equal(gone.DeleteMarker, true);
    const { Versions, DeleteMarkers } = await send("ListObjectVersions", { Bucket: versioned });
    assert.equal(Versions.length, 2);
    assert.equal(DeleteMarkers.length, 1);
    const old = await send("GetObject", { Bucket: versioned, Key: "k", VersionId: one.VersionId });
    assert.equal(await old.Body.transformToString(), "one");
  },
};

function* cut(body, size) {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

await send("CreateBucket", {});
const failures = [];
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
  } catch (error) {
    failures.push(name);
    console.error(`--- ${name}\n${error.stack}`);
  }
}
console.log(`${Object.keys(checks).length - failures.length} checks passed`);
if (failures.length > 0) {
  console.error(`failed: ${failures.join(", ")}`);
  process.exit(1);
}
