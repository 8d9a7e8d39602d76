package main

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A failure is what a call came to: the canonical code, and what the server said about it. Violations are findings of
// pysession check: field is a JSON Pointer into the document, reason the rule.
type failure struct {
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	Reason     string      `json:"reason,omitempty"`
	Violations []violation `json:"violations,omitempty"`
}

type violation struct {
	Field       string `json:"field"`
	Reason      string `json:"reason"`
	Description string `json:"description"`
}

// names are as the specification of gRPC spells them.
var names = map[codes.Code]string{
	codes.Canceled:           "CANCELLED",
	codes.Unknown:            "UNKNOWN",
	codes.InvalidArgument:    "INVALID_ARGUMENT",
	codes.DeadlineExceeded:   "DEADLINE_EXCEEDED",
	codes.NotFound:           "NOT_FOUND",
	codes.AlreadyExists:      "ALREADY_EXISTS",
	codes.PermissionDenied:   "PERMISSION_DENIED",
	codes.ResourceExhausted:  "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION",
	codes.Aborted:            "ABORTED",
	codes.OutOfRange:         "OUT_OF_RANGE",
	codes.Unimplemented:      "UNIMPLEMENTED",
	codes.Internal:           "INTERNAL",
	codes.Unavailable:        "UNAVAILABLE",
	codes.DataLoss:           "DATA_LOSS",
	codes.Unauthenticated:    "UNAUTHENTICATED",
}

func failureOf(err error) failure {
	said := status.Convert(err)
	told := failure{Code: names[said.Code()], Message: said.Message()}
	for _, detail := range said.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			told.Reason = detail.GetReason()
		case *errdetails.BadRequest:
			for _, one := range detail.GetFieldViolations() {
				told.Violations = append(told.Violations, violation{one.GetField(), one.GetReason(), one.GetDescription()})
			}
		}
	}
	return told
}
