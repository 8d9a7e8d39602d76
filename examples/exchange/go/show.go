package main

import (
	"context"

	"pysession.example/exchange/generated"
)

// A line is one message of a conversation, as a person would read it.
type line struct {
	Role  string   `json:"role"`
	Texts []string `json:"texts"`
}

// show fetches the typed session and tells of its conversation, whichever dialect it is stored in.
func show(ctx context.Context, c *client, _ options, arguments []string) (any, error) {
	answer, err := c.sessions.Get(ctx, &sessionpb.GetRequest{
		SessionId: &arguments[0],
		Form:      sessionpb.Form_FORM_SESSION.Enum(),
	})
	if err != nil {
		return nil, err
	}
	lines := []line{}
	for _, messages := range histories(answer.GetPayload().GetSession()) {
		for _, message := range messages.GetItems() {
			lines = append(lines, line{message.GetRole(), texts(message)})
		}
	}
	return lines, nil
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
