// What a program does with sessions that go in one message.
import { createHash, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Form, SessionExchange } from "./generated/pysession/v1/exchange_pb.js";
import { LossKindSchema } from "./generated/pysession/v1/report_pb.js";

const { put: Put, get: Get, list: List, delete: Delete } = SessionExchange.method;

export const sha256 = (data) => createHash("sha256").update(data).digest();

/** What we tell of a stored session. */
export function entryOf(entry) {
  return {
    session_id: entry.sessionId,
    etag: entry.etag,
    size: Number(entry.size),
    ...(entry.expireTime && { expires: timestampDate(entry.expireTime).toISOString() }),
  };
}

export function lossesOf(losses) {
  return losses.map(({ pointer, kind, detail, recoverable }) => ({
    pointer,
    kind: LossKindSchema.value[kind]?.localName.toLowerCase(),
    detail,
    recoverable,
  }));
}

/** What must hold of what is there. */
export function writeOptions({ ifMatch, createOnly }) {
  if (createOnly) {
    return { condition: { case: "createOnly", value: true } };
  }
  return ifMatch ? { condition: { case: "ifMatch", value: ifMatch } } : undefined;
}

/**
 * Stores the bytes of a file as they are. A call that fails as UNAVAILABLE can be made again with the same key: it is carried
 * out once.
 */
export async function put(client, options, [sessionId, file]) {
  const data = await readFile(file);
  const { entry } = await client.unary(Put, {
    sessionId,
    payload: { form: { case: "document", value: { data, sha256: sha256(data), dialect: options.dialect } } },
    options: writeOptions(options),
    idempotencyKey: randomUUID(),
  });
  return entryOf(entry);
}

/** Writes the document to a file, as it is stored or converted for the target. */
export async function get(client, { target }, [sessionId, path]) {
  const { entry, payload, conversion } = await client.unary(Get, { sessionId, target });
  const { data, sha256: digest, dialect } = payload.form.value;
  if (!sha256(data).equals(digest)) {
    throw new Error("the bytes are not those of the digest");
  }
  await writeFile(path, data, { mode: 0o600 });
  return { ...entryOf(entry), dialect, losses: lossesOf(conversion?.losses ?? []) };
}

/** A message of a conversation, as a person would read it, whichever dialect the session is stored in. */
export async function show(client, _, [sessionId]) {
  const { payload } = await client.unary(Get, { sessionId, form: Form.SESSION });
  const session = payload.form.value;
  const histories = [
    ...(session.state?.entries ?? []).map(({ kind }) => (kind.case === "history" ? kind.value.messages : undefined)),
    session.history?.messages,
    session.messages,
  ];
  return histories
    .flatMap((messages) => messages?.items ?? [])
    .map(({ role, contents }) => ({
      role,
      texts: (contents?.items ?? []).filter(({ kind }) => kind.case === "text").map(({ kind }) => kind.value.text),
    }));
}

/** Stores the typed session under another id. Fields that these definitions do not have go along: fromBinary keeps them. */
export async function copy(client, options, [sessionId, newId]) {
  const { payload } = await client.unary(Get, { sessionId, form: Form.SESSION });
  const { entry } = await client.unary(Put, {
    sessionId: newId,
    payload,
    options: writeOptions(options),
    idempotencyKey: randomUUID(),
  });
  return entryOf(entry);
}

/** All sessions of the token's owner, page by page. */
export async function list(client, { prefix }) {
  const entries = [];
  let pageToken;
  do {
    const page = await client.unary(List, { prefix, pageToken });
    entries.push(...page.entries.map(entryOf));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return entries;
}

/** Deletes a session; with an etag only if it is still that one. */
export async function remove(client, { ifMatch }, [sessionId]) {
  const { deleted } = await client.unary(Delete, { sessionId, ifMatch });
  return { deleted };
}
