// Reads [{"schema": …, "instances": [text, …]}, …] from standard input, writes [[true, false, …], …]: the verdicts.
// An instance comes as JSON text, so that its numbers reach the validator as written.
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

const jobs = JSON.parse(readFileSync(0, "utf8"));
const verdicts = jobs.map(({ schema, instances }) => {
  const judge = new Ajv2020({ strict: false }).compile(schema);
  return instances.map((text) => judge(JSON.parse(text)));
});
process.stdout.write(JSON.stringify(verdicts));
