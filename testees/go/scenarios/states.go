package main

import (
	"context"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/agent/compaction"
	"github.com/microsoft/agent-framework-go/agent/harness/agentmode"
	"github.com/microsoft/agent-framework-go/agent/harness/todo"
	"github.com/microsoft/agent-framework-go/message"
)

var states = []scenario{
	{"service_id", "a session that a service keeps the history of", func() (*agent.Session, error) {
		speaker := agent.New(model(answers(says("Hello."))), agent.Config{})
		session, err := speaker.CreateSession(context.Background(), agent.WithServiceID("conv_1"))
		if err != nil {
			return nil, err
		}
		return session, speak(speaker, session, "Hi.")
	}},
	{"service_id_later", "a service that takes the history over in the second turn", func() (*agent.Session, error) {
		session := &agent.Session{}
		speaker := agent.New(model(answers(says("One."), says("Two."))), agent.Config{})
		if err := speak(speaker, session, "first"); err != nil {
			return nil, err
		}
		session.SetServiceID("resp_1")
		return session, speak(speaker, session, "second")
	}},
	{"history_key", "a history provider with a key of its own", func() (*agent.Session, error) {
		own := agent.NewInMemoryHistoryProvider(agent.InMemoryHistoryProviderConfig{SourceID: "own", StateKey: "own_history"})
		return conversation(agent.Config{HistoryProvider: own}, answers(says("Hello.")), "Hi.")
	}},
	{"history_initialised", "a history that begins with messages of the application", func() (*agent.Session, error) {
		own := agent.NewInMemoryHistoryProvider(agent.InMemoryHistoryProviderConfig{
			StateInitializer: func(*agent.Session) []*message.Message {
				return []*message.Message{{Role: message.RoleSystem, Contents: says("Be kind.")}}
			},
		})
		return conversation(agent.Config{HistoryProvider: own}, answers(says("Hello.")), "Hi.")
	}},
	{"state_values", "values of every JSON type that an application set", func() (*agent.Session, error) {
		session, err := conversation(agent.Config{}, answers(says("Hello.")), "Hi.")
		if err != nil {
			return nil, err
		}
		for key, value := range map[string]any{
			"null": nil, "text": "<b>", "zero": 0, "number": 1.5, "large": int64(9007199254740993), "flag": true, "list": []int{},
			"map": map[string]any{"b": 1, "a": nil}, "bytes": []byte("bytes"), "": "no name", "struct": place{City: "Paris"},
		} {
			session.Set(key, value)
		}
		return session, nil
	}},
	{"state_before_turn", "a value that an application set, and no turn", func() (*agent.Session, error) {
		session := &agent.Session{}
		session.Set("user", place{City: "Paris"})
		return session, nil
	}},
	{"context_provider", "messages of a context provider, which are stored with their source", func() (*agent.Session, error) {
		memory := agent.NewContextProvider(agent.ContextProviderConfig{
			SourceID: "memory",
			Provide: func(context.Context, agent.InvokingContext) ([]*message.Message, []agent.Option, error) {
				return []*message.Message{message.NewText("The user lives in Paris.")}, nil, nil
			},
		})
		said := answers(says("Hello."), says("Still here."))
		return conversation(agent.Config{ContextProviders: []agent.ContextProvider{memory}}, said, "Hi.", "And?")
	}},
	{"todo", "a todo list: two added, one done", func() (*agent.Session, error) {
		said := answers(
			[]message.Content{calls("todos_add", `{"Arg0":[{"title":"pack","description":"warm things"},{"title":"leave"}]}`, "call_1")},
			[]message.Content{calls("todos_complete", `{"Arg0":[{"id":1,"reason":"packed"}]}`, "call_2")},
			says("One to go."),
		)
		return conversation(agent.Config{ContextProviders: []agent.ContextProvider{todo.New(nil)}}, said, "Plan a trip.")
	}},
	{"todo_resumed", "the same, stored, read again, and a turn more: its results are now plain JSON", func() (*agent.Session, error) {
		lists := agent.Config{ContextProviders: []agent.ContextProvider{todo.New(nil)}}
		said := answers([]message.Content{calls("todos_add", `{"Arg0":[{"title":"pack","description":"warm"}]}`, "call_1")}, says("Noted."))
		session, err := conversation(lists, said, "Plan a trip.")
		if err != nil {
			return nil, err
		}
		if session, err = restored(session); err != nil {
			return nil, err
		}
		return session, speak(agent.New(model(answers(says("Pack."))), lists), session, "What next?")
	}},
	{"agent_mode", "the mode set to execute, before it is announced", func() (*agent.Session, error) {
		modes := agentmode.New(agentmode.Config{})
		session, err := conversation(agent.Config{ContextProviders: []agent.ContextProvider{modes}}, answers(says("Planned.")), "Plan.")
		if err != nil {
			return nil, err
		}
		if err := modes.SetMode("plan", agent.WithSession(session)); err != nil {
			return nil, err
		}
		return session, modes.SetMode("execute", agent.WithSession(session))
	}},
	{"compaction", "four turns, the older ones summarised", func() (*agent.Session, error) {
		summarised := compaction.NewContextProvider(compaction.ContextProviderConfig{Strategy: &compaction.SummarizationStrategy{
			Trigger: compaction.TurnsExceed(2), MinimumPreservedGroups: 2,
			Summarizer: compaction.SummarizerFunc(func(context.Context, []*message.Message) (string, error) {
				return "They greeted each other.", nil
			}),
		}})
		said := answers(says("One."), says("Two."), says("Three."), says("Four."))
		return conversation(agent.Config{ContextProviders: []agent.ContextProvider{summarised}}, said, "a", "b", "c", "d")
	}},
}
