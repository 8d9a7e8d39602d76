package main

import (
	"context"
	"crypto/rand"

	"google.golang.org/protobuf/proto"

	"pysession.example/exchange/generated"
)

// A line is one message of a conversation, as a person would read it.
type line struct {
	Role  string   `json:"role"`
	Texts []string `json:"texts"`
}

// show fetches the typed session and tells of its conversation, whichever dialect it is stored in.
func show(ctx context.Context, c *client, _ options, arguments []string) (any, error) {
	payload, err := c.typed(ctx, arguments[0])
	if err != nil {
		return nil, err
	}
	lines := []line{}
	for _, messages := range histories(payload.GetSession()) {
		for _, message := range messages.GetItems() {
			lines = append(lines, line{message.GetRole(), texts(message)})
		}
	}
	return lines, nil
}

// duplicate stores the typed session under another id. Fields that these definitions do not have go along: proto.Unmarshal
// keeps them.
func duplicate(ctx context.Context, c *client, given options, arguments []string) (any, error) {
	payload, err := c.typed(ctx, arguments[0])
	if err != nil {
		return nil, err
	}
	answer, err := c.sessions.Put(ctx, &sessionpb.PutRequest{
		SessionId:      &arguments[1],
		Payload:        payload,
		Options:        writeOptions(given),
		IdempotencyKey: proto.String(rand.Text()),
	})
	if err != nil {
		return nil, err
	}
	return entryOf(answer.GetEntry()), nil
}

func (c *client) typed(ctx context.Context, sessionID string) (*sessionpb.Payload, error) {
	answer, err := c.sessions.Get(ctx, &sessionpb.GetRequest{
		SessionId: &sessionID,
		Form:      sessionpb.Form_FORM_SESSION.Enum(),
	})
	return answer.GetPayload(), err
}

// histories are the lists of messages of a session: under keys of the state, or beside it.
func histories(session *sessionpb.Session) []*sessionpb.Messages {
	var found []*sessionpb.Messages
	for _, entry := range session.GetState().GetEntries() {
		if history := entry.GetHistory(); history.GetMessages() != nil {
			found = append(found, history.GetMessages())
		}
	}
	if history := session.GetHistory(); history.GetMessages() != nil {
		found = append(found, history.GetMessages())
	}
	if session.GetMessages() != nil {
		found = append(found, session.GetMessages())
	}
	return found
}

func texts(message *sessionpb.Message) []string {
	found := []string{}
	for _, content := range message.GetContents().GetItems() {
		if text := content.GetText(); text != nil {
			found = append(found, text.GetText())
		}
	}
	return found
}
