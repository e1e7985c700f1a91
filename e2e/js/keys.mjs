// Keys through the JavaScript SDK: node keys.mjs list|put|get BUCKET, keys as JSON on standard input.

import { readFileSync } from "node:fs";

import { client, sdk } from "./common.mjs";

const [verb, Bucket] = process.argv.slice(2);
const s3 = client();

// A listing in XML cannot hold every control character; in URL encoding it can.
async function list() {
  const keys = [];
  for await (const page of sdk.paginateListObjectsV2({ client: s3, pageSize: 9 }, { Bucket, EncodingType: "url" })) {
    keys.push(...(page.Contents ?? []).map((item) => decodeURIComponent(item.Key.replaceAll("+", " "))));
  }
  return keys;
}

async function put(keys) {
  for (const Key of keys) {
    await s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body: `content of ${Key}` }));
  }
  return keys.length;
}

async function get(keys) {
  const contents = [];
  for (const Key of keys) {
    const { Body } = await s3.send(new sdk.GetObjectCommand({ Bucket, Key }));
    contents.push(await Body.transformToString());
  }
  return contents;
}

const keys = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await { list, put, get }[verb](keys)));
