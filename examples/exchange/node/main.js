// Hands sessions to a pysession server, and fetches them from it.
//
// The server is named by the environment: PYSESSION_SERVER (host:port), PYSESSION_CA (a file of the certificates that may have
// signed the server's; without it those that Node trusts), PYSESSION_TOKEN. Results go to standard output as JSON; a failure
// goes to standard error as JSON, and the exit code is 1.
import { parseArgs } from "node:util";
import { ExchangeClient } from "./client.js";
import { failureOf } from "./failure.js";
import { copy, get, list, put, remove, show } from "./sessions.js";
import { download, upload } from "./transfers.js";

const COMMANDS = {
  put: { run: put, arguments: ["ID", "FILE"] },
  get: { run: get, arguments: ["ID", "FILE"] },
  upload: { run: upload, arguments: ["ID", "FILE"] },
  download: { run: download, arguments: ["ID", "FILE"] },
  show: { run: show, arguments: ["ID"] },
  copy: { run: copy, arguments: ["ID", "NEW-ID"] },
  list: { run: list, arguments: [] },
  delete: { run: remove, arguments: ["ID"] },
};

const OPTIONS = {
  dialect: { type: "string" },
  "if-match": { type: "string" },
  "create-only": { type: "boolean" },
  target: { type: "string" },
  prefix: { type: "string" },
};

function usage() {
  const lines = Object.entries(COMMANDS).map(([name, command]) => `  ${[name, ...command.arguments].join(" ")}`);
  return ["usage: node main.js COMMAND [options] ARGUMENTS", ...lines].join("\n");
}

/** The command, its arguments and the options; undefined when the command line is none of those in the usage. */
function asked() {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    const [name, ...given] = positionals;
    const command = COMMANDS[name];
    return command?.arguments.length === given.length ? { command, given, values } : undefined;
  } catch {
    return undefined;
  }
}

async function main() {
  const found = asked();
  if (found === undefined) {
    console.error(usage());
    return 2;
  }
  const { command, given, values } = found;
  const { PYSESSION_SERVER: server, PYSESSION_CA: authorities, PYSESSION_TOKEN: token } = process.env;
  const client = new ExchangeClient(server, authorities, token);
  const options = { ...values, ifMatch: values["if-match"], createOnly: values["create-only"] };
  try {
    console.log(JSON.stringify(await command.run(client, options, given)));
    return 0;
  } catch (error) {
    console.error(JSON.stringify(failureOf(error)));
    return 1;
  } finally {
    client.close();
  }
}

process.exitCode = await main();
