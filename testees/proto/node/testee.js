// Parses serialised pysession.v1.Session messages, looks into them and serialises them again.
// It answers requests, one JSON object a line; ../README.md describes them.
import { createInterface } from "node:readline";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SessionSchema } from "./generated/pysession/v1/session_pb.js";

/** The lists of messages: under keys of the state, beside it, or in a durable agent's entries. */
function* histories(session) {
  const lists = [
    ...(session.state?.entries ?? []).map(({ kind }) => kind.case === "history" ? kind.value.messages : undefined),
    session.history?.messages,
    session.messages,
    ...(session.data?.conversationHistory?.items ?? []).map(({ kind }) => kind.value?.messages),
  ];
  yield* lists.filter((messages) => messages !== undefined);
}

function* texts(messages) {
  for (const message of messages) {
    for (const { kind } of message.contents?.items ?? []) {
      if (kind.case === "text" && kind.value.text !== undefined) {
        yield kind.value.text;
      }
    }
  }
}

function read(document) {
  const session = fromBinary(SessionSchema, Buffer.from(document, "base64"));
  const messages = [...histories(session)].flatMap(({ items }) => items);
  return {
    saved: Buffer.from(toBinary(SessionSchema, session)).toString("base64"),
    session_id: session.sessionId ?? null,
    messages: messages.length,
    texts: [...texts(messages)],
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, document } = JSON.parse(line);
  let answer;
  try {
    answer = { id, ok: true, ...read(document) };
  } catch (error) {
    answer = { id, ok: false, error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
