package main

import (
	"context"
	"errors"
	"time"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/message"
)

var turns = []scenario{
	{"empty", "the zero Session, no run", func() (*agent.Session, error) {
		return &agent.Session{}, nil
	}},
	{"text", "one text turn", func() (*agent.Session, error) {
		return conversation(agent.Config{}, answers(says("Hello.")), "Hi.")
	}},
	{"text_turns", "three text turns of an agent with a name", func() (*agent.Session, error) {
		said := answers(says("One."), says("Two."), says("Three."))
		return conversation(agent.Config{ID: "agent-1", Name: "Ada"}, said, "first", "second", "third")
	}},
	{"resumed", "two turns, stored and read again between them", func() (*agent.Session, error) {
		session, err := conversation(agent.Config{}, answers(says("One.")), "first")
		if err != nil {
			return nil, err
		}
		if session, err = restored(session); err != nil {
			return nil, err
		}
		return session, speak(agent.New(model(answers(says("Two."))), agent.Config{}), session, "second")
	}},
	{"read_only", "stored, read again, and stored without a turn", func() (*agent.Session, error) {
		session, err := conversation(agent.Config{}, answers(says("One.")), "first")
		if err != nil {
			return nil, err
		}
		return restored(session)
	}},
	{"streaming", "an answer in six updates: text, reasoning, usage", func() (*agent.Session, error) {
		parts := []message.Content{
			&message.TextReasoningContent{Text: "think"},
			&message.TextReasoningContent{Text: "ing", ProtectedData: "c2VjcmV0"},
			&message.TextContent{Text: "Hel"},
			&message.TextContent{Text: "lo"},
			&message.TextContent{Text: "."},
			&message.UsageContent{Details: message.UsageDetails{InputTokenCount: 3, OutputTokenCount: 2, TotalTokenCount: 5}},
		}
		var updates []*agent.ResponseUpdate
		for _, part := range parts {
			updates = append(updates, &agent.ResponseUpdate{
				Role: message.RoleAssistant, MessageID: "msg_1", ResponseID: "resp_1", CreatedAt: noon,
				Contents: []message.Content{part},
			})
		}
		return conversation(agent.Config{}, script{updates}, "Hi.")
	}},
	{"message_members", "messages with every member set; times with fractions and offsets", func() (*agent.Session, error) {
		request := message.NewText("Hi.")
		request.ID, request.AuthorName, request.CreatedAt = "msg_1", "Grace", noon.Add(123456789)
		request.AdditionalProperties = map[string]any{"b": 1, "a": map[string]any{"z": true, "y": nil}, "c": []any{"x", 2.5}}
		east := time.FixedZone("", 5*3600+1800)
		said := script{{{
			Role: message.RoleAssistant, MessageID: "msg_2", AuthorName: "Ada", CreatedAt: noon.In(east).Add(500 * time.Millisecond),
			Contents: says("Hello."), AdditionalProperties: map[string]any{"model": "scripted"},
		}}}
		return oneRequest(said, request)
	}},
	{"roles", "system, developer, tool and a role in capitals among the request messages", func() (*agent.Session, error) {
		var requests []*message.Message
		for _, role := range []message.Role{message.RoleSystem, "developer", message.RoleUser, "User", message.RoleTool, ""} {
			requests = append(requests, &message.Message{Role: role, Contents: says("I am " + string(role))})
		}
		return oneRequest(answers(says("Hello.")), requests...)
	}},
	{"unicode", "characters outside the BMP, HTML characters, control characters, U+2028", func() (*agent.Session, error) {
		text := "é 漢字 🎉 <b>&\"quoted\"</b> \\ / \x01\b\f\t\u007f\u2028\u2029 \ufeff"
		return conversation(agent.Config{}, answers(says(text)), text)
	}},
	{"failed_run", "a turn, then one in which the model fails: it stores nothing", func() (*agent.Session, error) {
		session := &agent.Session{}
		speaker := agent.New(model(answers(says("One."))), agent.Config{})
		if err := speak(speaker, session, "first"); err != nil {
			return nil, err
		}
		if err := speak(speaker, session, "second"); !errors.Is(err, errModel) {
			return nil, errors.New("the run did not fail")
		}
		return session, nil
	}},
	{"empty_answer", "an answer without contents", func() (*agent.Session, error) {
		return conversation(agent.Config{}, script{{{Role: message.RoleAssistant, MessageID: "msg_1"}}}, "Hi.")
	}},
	{"no_answer", "a model that says nothing at all", func() (*agent.Session, error) {
		return conversation(agent.Config{}, script{nil}, "Hi.")
	}},
}

// oneRequest is a session after one run with these messages.
func oneRequest(said script, requests ...*message.Message) (*agent.Session, error) {
	session := &agent.Session{}
	speaker := agent.New(model(said), agent.Config{})
	_, err := speaker.Run(context.Background(), requests, agent.WithSession(session)).Collect()
	return session, err
}
