// Another language at the shared tables, with its own driver: appends the messages that are given, and prints all there are.
// usage: node conversation.mjs SOCKET-FOLDER SCHEMA APPEND.sql READ.sql < {"session": …, "messages": [{"role": …, "message": text}]}
import { readFileSync } from "node:fs";
import pg from "pg";

const [folder, schema, append, read] = process.argv.slice(2);
const { session, messages } = JSON.parse(readFileSync(0, "utf8"));
const client = new pg.Client({ host: folder, user: "pysession", database: "postgres", options: `-c search_path=${schema}` });
await client.connect();
for (const { role, message } of messages) {
  await client.query(readFileSync(append, "utf8"), ["", session, "postgres_history", "dotnet", role, null, null, message]);
}
const found = await client.query(readFileSync(read, "utf8"), ["", session, "postgres_history"]);
console.log(JSON.stringify(found.rows));
await client.end();
