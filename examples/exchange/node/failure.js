// What a failed call was told by the server.
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { status } from "@grpc/grpc-js";
import { createRegistry } from "@bufbuild/protobuf";
import { BadRequestSchema, ErrorInfoSchema } from "./generated/google/rpc/error_details_pb.js";
import { StatusSchema } from "./generated/google/rpc/status_pb.js";

const KNOWN = createRegistry(BadRequestSchema, ErrorInfoSchema);

/**
 * The canonical code and what was said about it. Violations are findings of `pysession check`: field is a JSON Pointer into
 * the document, reason the rule.
 */
export function failureOf(error) {
  const told = { code: status[error.code] ?? "UNKNOWN", message: error.details ?? error.message };
  for (const detail of details(error)) {
    if (detail?.$typeName === ErrorInfoSchema.typeName) {
      told.reason = detail.reason;
    } else if (detail?.$typeName === BadRequestSchema.typeName) {
      told.violations = detail.fieldViolations.map(({ field, reason, description }) => ({ field, reason, description }));
    }
  }
  return told;
}

function details(error) {
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  return bytes ? fromBinary(StatusSchema, bytes).details.map((one) => anyUnpack(one, KNOWN)) : [];
}
