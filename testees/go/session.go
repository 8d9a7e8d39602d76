package main

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/message"
)

const sdk = "github.com/microsoft/agent-framework-go"

// reader is the name under which this build's release is known. Set it when linking
// (-ldflags "-X main.reader=go@5b27c979abb4"), since a replaced module has no version of its own.
var reader string

// handle reads a session in the three steps of every reader, then does what more was asked for.
func handle(asked request) answer {
	done := answer{ID: asked.ID}
	fail := func(stage string, err error) answer {
		done.Stage, done.Error = stage, failureOf(err)
		return done
	}

	var session agent.Session
	if err := attempt(func() error { return json.Unmarshal(asked.Document, &session) }); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return fail("parse", err)
		}
		return fail("load", err)
	}

	keys := historyKeys(asked.Options)
	options := []agent.Option{agent.WithSession(&session)}
	for _, key := range keys {
		var restored []*message.Message
		err := attempt(func() (err error) {
			restored, err = historyProvider(key).Invoking(context.Background(), agent.InvokingContext{Options: options})
			return err
		})
		if err != nil {
			return fail("touch", err)
		}
		done.count(restored)
		done.EmptyContents += emptied(asked.Document, key, restored)
	}

	switch asked.Operation {
	case "append":
		// Stored as a run stores: the request, then the response.
		turn := agent.InvokedContext{
			RequestMessages:  []*message.Message{message.NewText(asked.Text)},
			ResponseMessages: []*message.Message{reply(asked.Text)},
			Options:          options,
		}
		if err := attempt(func() error { return historyProvider(keys[0]).Invoked(context.Background(), turn) }); err != nil {
			return fail("touch", err)
		}
	case "next-turn":
		done.NextTurn = takeTurn(asked)
	}

	err := attempt(func() (err error) {
		done.Saved, err = json.Marshal(&session)
		return err
	})
	if err != nil {
		return fail("save", err)
	}
	done.OK = true
	return done
}

// defaultHistoryKey is where the SDK's default history provider keeps its messages; it has no exported name.
const defaultHistoryKey = "in-memory"

// historyKeys are those that an application configures, else the default one.
func historyKeys(asked options) []string {
	if len(asked.HistoryKeys) == 0 {
		return []string{defaultHistoryKey}
	}
	return asked.HistoryKeys
}

func historyProvider(key string) agent.HistoryProvider {
	return agent.NewInMemoryHistoryProvider(agent.InMemoryHistoryProviderConfig{SourceID: key})
}

// count adds the messages that a history came back with; a null among them is none.
func (done *answer) count(restored []*message.Message) {
	if done.MessagesRestored == nil {
		done.MessagesRestored = new(int)
	}
	for _, one := range restored {
		if one != nil {
			*done.MessagesRestored++
		}
	}
}

func reply(text string) *message.Message {
	return &message.Message{Role: message.RoleAssistant, Contents: message.Contents{&message.TextContent{Text: text}}}
}

func describe(id int64) answer {
	done := answer{ID: id, OK: true, Reader: reader, Environment: map[string]string{}, Forms: []string{sessionForm}}
	if build, ok := debug.ReadBuildInfo(); ok {
		done.Environment["go"] = build.GoVersion
		for _, module := range build.Deps {
			if module.Path == sdk && module.Replace == nil {
				done.Environment[sdk] = module.Version
			}
		}
	}
	return done
}
