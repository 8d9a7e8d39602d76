package main

import (
	"context"
	"encoding/json"
	"iter"
	"strings"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/agent/harness/toolautocall"
	"github.com/microsoft/agent-framework-go/message"
)

// unansweredApproval is part of the message of the error that a run ends with; the SDK has no type for it.
const unansweredApproval = "have no matching ToolApprovalResponseContent"

// takeTurn really runs the next turn, on a session of its own: an agent with the tool calling middleware that the SDK's
// providers bring, and a model that says one word.
func takeTurn(asked request) *nextTurn {
	turn := &nextTurn{}
	called := false
	model := func(_ context.Context, messages []*message.Message, _ ...agent.Option) iter.Seq2[*agent.ResponseUpdate, error] {
		return func(yield func(*agent.ResponseUpdate, error) bool) {
			if !called {
				turn.Sent, called = len(messages), true
			}
			yield(&agent.ResponseUpdate{
				Role:     message.RoleAssistant,
				Contents: message.Contents{&message.TextContent{Text: "yes"}},
			}, nil)
		}
	}
	var configuration agent.Config
	if len(asked.Options.HistoryKeys) > 0 {
		// An agent has one history provider.
		configuration.HistoryProvider = historyProvider(asked.Options.HistoryKeys[0])
	}
	runner := agent.New(agent.ProviderConfig{
		Run:         model,
		Middlewares: []agent.Middleware{toolautocall.New(toolautocall.Config{})},
	}, configuration)

	var session agent.Session
	err := attempt(func() error {
		if err := json.Unmarshal(asked.Document, &session); err != nil {
			return err
		}
		_, err := runner.RunText(context.Background(), "go on", agent.WithSession(&session)).Collect()
		return err
	})
	switch {
	case err != nil && strings.Contains(err.Error(), unansweredApproval):
		turn.Outcome, turn.Error = "approval-blocks", failureOf(err)
	case err != nil:
		turn.Outcome, turn.Error = "fails", failureOf(err)
	case session.ServiceID() != "":
		turn.Outcome = "service-managed"
	default:
		turn.Outcome = "sees-all"
	}
	return turn
}
