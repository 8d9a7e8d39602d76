package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"

	"pysession.example/exchange/generated"
)

// An entry is what we tell of a stored session.
type entry struct {
	SessionID string     `json:"session_id"`
	ETag      string     `json:"etag,omitempty"`
	Size      uint64     `json:"size,omitempty"`
	Expires   *time.Time `json:"expires,omitempty"`
	Dialect   string     `json:"dialect,omitempty"`
	Losses    []loss     `json:"losses,omitempty"`
}

// A loss is one value that a conversion could not say in the target's words.
type loss struct {
	Pointer     string `json:"pointer"`
	Kind        string `json:"kind"`
	Detail      string `json:"detail"`
	Recoverable bool   `json:"recoverable"`
}

func entryOf(stored *sessionpb.Entry) entry {
	told := entry{SessionID: stored.GetSessionId(), ETag: stored.GetEtag(), Size: stored.GetSize()}
	if stored.GetExpireTime() != nil {
		expires := stored.GetExpireTime().AsTime()
		told.Expires = &expires
	}
	return told
}

func lossesOf(losses []*sessionpb.Loss) []loss {
	told := make([]loss, len(losses))
	for i, one := range losses {
		kind := strings.ToLower(strings.TrimPrefix(one.GetKind().String(), "LOSS_KIND_"))
		told[i] = loss{one.GetPointer(), kind, one.GetDetail(), one.GetRecoverable()}
	}
	return told
}

// put stores the bytes of a file as they are. A call that fails as UNAVAILABLE can be made again with the same key: it is
// carried out once.
func put(ctx context.Context, c *client, given options, arguments []string) (any, error) {
	data, err := os.ReadFile(arguments[1])
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(data)
	document := &sessionpb.Document{Data: data, Sha256: digest[:]}
	if given.dialect != "" {
		document.Dialect = &given.dialect
	}
	answer, err := c.sessions.Put(ctx, &sessionpb.PutRequest{
		SessionId:      &arguments[0],
		Payload:        &sessionpb.Payload{Form: &sessionpb.Payload_Document{Document: document}},
		Options:        writeOptions(given),
		IdempotencyKey: proto.String(rand.Text()),
	})
	if err != nil {
		return nil, err
	}
	return entryOf(answer.GetEntry()), nil
}

func writeOptions(given options) *sessionpb.WriteOptions {
	switch {
	case given.createOnly:
		return &sessionpb.WriteOptions{Condition: &sessionpb.WriteOptions_CreateOnly{CreateOnly: true}}
	case given.ifMatch != "":
		return &sessionpb.WriteOptions{Condition: &sessionpb.WriteOptions_IfMatch{IfMatch: given.ifMatch}}
	default:
		return nil
	}
}

// get writes the document to a file, as it is stored or converted for the target.
func get(ctx context.Context, c *client, given options, arguments []string) (any, error) {
	request := &sessionpb.GetRequest{SessionId: &arguments[0]}
	if given.target != "" {
		request.Target = &given.target
	}
	answer, err := c.sessions.Get(ctx, request)
	if err != nil {
		return nil, err
	}
	document := answer.GetPayload().GetDocument()
	if sha256.Sum256(document.GetData()) != [sha256.Size]byte(document.GetSha256()) {
		return nil, errors.New("the bytes are not those of the digest")
	}
	if err := os.WriteFile(arguments[1], document.GetData(), 0o600); err != nil {
		return nil, err
	}
	told := entryOf(answer.GetEntry())
	told.Dialect = document.GetDialect()
	told.Losses = lossesOf(answer.GetConversion().GetLosses())
	return told, nil
}

// list tells of all sessions of the token's owner, page by page.
func list(ctx context.Context, c *client, given options, _ []string) (any, error) {
	entries := []entry{}
	request := &sessionpb.ListRequest{}
	if given.prefix != "" {
		request.Prefix = &given.prefix
	}
	for {
		page, err := c.sessions.List(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, one := range page.GetEntries() {
			entries = append(entries, entryOf(one))
		}
		if page.NextPageToken == nil {
			return entries, nil
		}
		request.PageToken = page.NextPageToken
	}
}

// remove deletes a session; with an etag only if it is still that one.
func remove(ctx context.Context, c *client, given options, arguments []string) (any, error) {
	request := &sessionpb.DeleteRequest{SessionId: &arguments[0]}
	if given.ifMatch != "" {
		request.IfMatch = &given.ifMatch
	}
	answer, err := c.sessions.Delete(ctx, request)
	if err != nil {
		return nil, err
	}
	return map[string]bool{"deleted": answer.GetDeleted()}, nil
}

// health asks whether the service takes calls.
func health(ctx context.Context, c *client, _ options, _ []string) (any, error) {
	answer, err := c.health.Check(ctx, &healthpb.HealthCheckRequest{Service: "pysession.v1.SessionExchange"})
	if err != nil {
		return nil, err
	}
	return map[string]string{"status": answer.GetStatus().String()}, nil
}
