// Sessions that go in chunks, and go on where they stopped when the connection is cut.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { Form, SessionExchange } from "./generated/pysession/v1/exchange_pb.js";
import { entryOf, lossesOf, writeOptions } from "./sessions.js";

const { upload: Upload, getUpload: GetUpload, download: Download } = SessionExchange.method;

const CHUNK_BYTES = 64 * 1024;
const ATTEMPTS = 5;
const FIRST_WAIT_MILLISECONDS = 100;

/** Sends a file. When the connection is cut it asks how much has come, and goes on from there. */
export async function upload(client, options, [sessionId, path]) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = {
      sessionId,
      uploadId: randomUUID(),
      form: Form.DOCUMENT,
      size: BigInt(size),
      sha256: await digestOf(path),
      dialect: options.dialect,
      options: writeOptions(options),
    };
    const { entry } = await again(async (attempt) => {
      if (attempt > 0) {
        header.offset = await arrived(client, header.uploadId);
      }
      return client.clientStream(Upload, parts(file, header));
    });
    return entryOf(entry);
  } finally {
    await file.close();
  }
}

/** The messages of one call: a header, chunks, a trailer. */
async function* parts(file, header) {
  yield { part: { case: "header", value: header } };
  for (let offset = header.offset ?? 0n; offset < header.size; ) {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(CHUNK_BYTES), position: Number(offset) });
    yield { part: { case: "chunk", value: { offset, data: buffer.subarray(0, bytesRead) } } };
    offset += BigInt(bytesRead);
  }
  yield { part: { case: "trailer", value: { sha256: header.sha256 } } };
}

async function arrived(client, uploadId) {
  try {
    return (await client.unary(GetUpload, { uploadId })).offset;
  } catch (error) {
    if (error.code === status.NOT_FOUND) {
      return 0n;
    }
    throw error;
  }
}

/**
 * Fetches a document into a file, which is there when it is whole. When the connection is cut it goes on where it stopped, if
 * the session is still the same.
 */
export async function download(client, { target }, [sessionId, path]) {
  const partial = `${path}.part`;
  const file = await open(partial, "w", 0o600);
  const request = { sessionId, target, form: Form.DOCUMENT };
  const told = {};
  try {
    const expected = await again(() => receive(client.serverStream(Download, request), file, request, told));
    if (!(await digestOf(partial)).equals(expected)) {
      throw new Error("the bytes are not those of the digest");
    }
    await rename(partial, path);
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
  return told;
}

/** Writes what comes and moves the offset of the request along; returns the digest in the trailer. */
async function receive(answers, file, request, told) {
  for await (const { part } of answers) {
    switch (part.case) {
      case "header":
        Object.assign(told, entryOf(part.value.entry), { dialect: part.value.dialect, losses: [] });
        request.ifMatch = part.value.entry.etag;
        break;
      case "chunk":
        await file.write(part.value.data, 0, part.value.data.length, Number(part.value.offset));
        request.offset = part.value.offset + BigInt(part.value.data.length);
        break;
      case "losses":
        told.losses.push(...lossesOf(part.value.losses));
        break;
      case "trailer":
        return part.value.sha256;
    }
  }
  throw new Error("the server ended the download before its trailer");
}

/** Repeats what failed because the server could not be reached, with longer and longer waits. */
async function again(work) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (error.code !== status.UNAVAILABLE || attempt === ATTEMPTS - 1) {
        throw error;
      }
      await setTimeout(FIRST_WAIT_MILLISECONDS * 2 ** attempt);
    }
  }
}

async function digestOf(path) {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) {
    hash.update(piece);
  }
  return hash.digest();
}
