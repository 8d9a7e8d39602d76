package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/agent/harness/toolautocall"
	"github.com/microsoft/agent-framework-go/message"
)

var noon = time.Date(2026, 7, 24, 12, 0, 0, 0, time.UTC)

// errModel is what a scripted model fails with.
var errModel = errors.New("the model is not there")

// script is what a model says, one answer a call, each in one or more updates.
type script [][]*agent.ResponseUpdate

// answers makes a script of answers that come in one update each.
func answers(all ...[]message.Content) script {
	var made script
	for _, contents := range all {
		made = append(made, []*agent.ResponseUpdate{{Role: message.RoleAssistant, Contents: contents}})
	}
	return made
}

func says(text string) []message.Content {
	return []message.Content{&message.TextContent{Text: text}}
}

func calls(name, arguments, id string) message.Content {
	return &message.FunctionCallContent{CallID: id, Name: name, Arguments: arguments}
}

// model is a provider as the SDK's own are: it answers from the script, behind the tool calling middleware.
func model(said script) agent.ProviderConfig {
	next, made := 0, 0
	return agent.ProviderConfig{
		ProviderName: "scripted",
		Run: func(context.Context, []*message.Message, ...agent.Option) iter.Seq2[*agent.ResponseUpdate, error] {
			return func(yield func(*agent.ResponseUpdate, error) bool) {
				if next >= len(said) {
					yield(nil, errModel)
					return
				}
				answer := said[next]
				next++
				for _, update := range answer {
					if !yield(update, nil) {
						return
					}
				}
			}
		},
		Middlewares: []agent.Middleware{toolautocall.New(toolautocall.Config{NewID: func() string {
			made++
			return fmt.Sprintf("generated-%d", made)
		}})},
	}
}

// conversation says each of the texts to an agent in one session.
func conversation(configuration agent.Config, said script, texts ...string) (*agent.Session, error) {
	session := &agent.Session{}
	return session, speak(agent.New(model(said), configuration), session, texts...)
}

func speak(speaker *agent.Agent, session *agent.Session, texts ...string) error {
	for _, text := range texts {
		if _, err := speaker.RunText(context.Background(), text, agent.WithSession(session)).Collect(); err != nil {
			return err
		}
	}
	return nil
}

// restored is the session after an application stored it and read it again.
func restored(session *agent.Session) (*agent.Session, error) {
	document, err := json.Marshal(session)
	if err != nil {
		return nil, err
	}
	again := &agent.Session{}
	return again, json.Unmarshal(document, again)
}
