// A tree up and down: node round_trip.mjs SOURCE RESTORED

import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";

import { Upload, client, sdk } from "./common.mjs";

const [source, restored] = process.argv.slice(2);
const s3 = client();
const Bucket = "javascript-tree";
const WORKERS = 8;

async function* files(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

// Runs `work` on every item, WORKERS at a time.
async function each(items, work) {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
    }),
  );
}

await s3.send(new sdk.CreateBucketCommand({ Bucket }));
const paths = [];
for await (const path of files(source)) paths.push(path);
await each(paths, (path) => {
  const Key = relative(source, path).split(sep).join("/");
  return new Upload({ client: s3, params: { Bucket, Key, Body: createReadStream(path) } }).done();
});
const keys = [];
for await (const page of sdk.paginateListObjectsV2({ client: s3, pageSize: 100 }, { Bucket })) {
  keys.push(...(page.Contents ?? []).map((item) => item.Key));
}
await each(keys, async (Key) => {
  const path = join(restored, Key);
  await mkdir(dirname(path), { recursive: true });
  const { Body } = await s3.send(new sdk.GetObjectCommand({ Bucket, Key }));
  await pipeline(Body, createWriteStream(path));
});
console.log(`${keys.length} files`);
