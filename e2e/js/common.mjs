// What the scripts share: the SDK from the folder that `cargo xtask tools` filled, and a client
// set up as docs/operating/clients/javascript.md prints it.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.SDK_FOLDER}/`);

export const sdk = require("@aws-sdk/client-s3");
export const { Upload } = require("@aws-sdk/lib-storage");
export const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

export function client(options = {}) {
  return new sdk.S3Client({
    endpoint: process.env.AWS_ENDPOINT_URL,
    region: "us-east-1",
    forcePathStyle: true,
    ...options,
  });
}
