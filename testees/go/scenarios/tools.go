package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/message"
	"github.com/microsoft/agent-framework-go/tool"
	"github.com/microsoft/agent-framework-go/tool/functool"
)

type place struct {
	City string `json:"city"`
}

type report struct {
	Wind float64 `json:"wind"`
	Sky  string  `json:"sky"`
}

// Tools that return a map, a struct and text, and one that fails.
var (
	weather = functool.MustNew(functool.Config{Name: "weather", Description: "The weather."},
		func(_ context.Context, at place) (map[string]any, error) {
			return map[string]any{"wind": 3.5, "celsius": 21, "sky": "clear over " + at.City, "notes": []string{"b", "a"}}, nil
		})
	survey = functool.MustNew(functool.Config{Name: "survey", Description: "The weather, as a struct."},
		func(_ context.Context, at place) (report, error) {
			return report{Wind: 3.5, Sky: "clear over " + at.City}, nil
		})
	forecast = functool.MustNew(functool.Config{Name: "forecast", Description: "The weather to come."},
		func(_ context.Context, at place) (string, error) { return "rain in " + at.City, nil })
	broken = functool.MustNew(functool.Config{Name: "broken", Description: "Always fails."},
		func(context.Context, place) (string, error) { return "", errors.New("the station is down") })
)

var allTools = agent.Config{Tools: []tool.Tool{weather, survey, forecast, broken}}

var paris = `{"city":"Paris"}`

var tools = []scenario{
	{"tool", "a tool that returns text", func() (*agent.Session, error) {
		said := answers([]message.Content{calls("forecast", paris, "call_1")}, says("Take an umbrella."))
		return conversation(allTools, said, "Paris?")
	}},
	{"tool_map", "a tool that returns a map", func() (*agent.Session, error) {
		said := answers([]message.Content{calls("weather", paris, "call_1")}, says("Clear."))
		return conversation(allTools, said, "Paris?")
	}},
	{"tool_struct", "a tool that returns a struct: its members keep their order until they are read again", func() (*agent.Session, error) {
		said := answers([]message.Content{calls("survey", paris, "call_1")}, says("Clear."))
		return conversation(allTools, said, "Paris?")
	}},
	{"tools_parallel", "two calls in one answer, text before them", func() (*agent.Session, error) {
		asked := append(says("Let me see."), calls("forecast", paris, "call_1"), calls("weather", `{"city":"Rome"}`, "call_2"))
		return conversation(allTools, answers(asked, says("Done.")), "Paris and Rome?")
	}},
	{"tool_failing", "a tool that fails", func() (*agent.Session, error) {
		said := answers([]message.Content{calls("broken", paris, "call_1")}, says("It failed."))
		return conversation(allTools, said, "Paris?")
	}},
	{"tool_unknown", "a call of a tool that does not exist", func() (*agent.Session, error) {
		said := answers([]message.Content{calls("nowhere", "{}", "call_1")}, says("I cannot."))
		return conversation(allTools, said, "Paris?")
	}},
	{"tool_arguments_broken", "a call whose arguments are no JSON", func() (*agent.Session, error) {
		said := answers([]message.Content{calls("forecast", `{"city":`, "call_1")}, says("I cannot."))
		return conversation(allTools, said, "Paris?")
	}},
	{"tool_unanswered", "a call of a tool that the application must run itself", func() (*agent.Session, error) {
		external := agent.Config{Tools: []tool.Tool{schemaOnly{}}}
		return conversation(external, answers([]message.Content{calls("external", paris, "call_1")}), "Paris?")
	}},
	{"tool_results", "calls and results that a caller gives: results of every JSON type", func() (*agent.Session, error) {
		values := []any{nil, "", "text", 0, 1.5, 1.0, 1e21, 1e-7, int64(9007199254740993), true, false, []any{}, map[string]any{"b": 1, "a": nil}}
		var asked, results []message.Content
		for index, value := range values {
			id := fmt.Sprintf("call_%d", index)
			asked = append(asked, &message.FunctionCallContent{CallID: id, Name: "forecast", Arguments: paris, InformationalOnly: true})
			results = append(results, &message.FunctionResultContent{CallID: id, Result: value})
		}
		return oneRequest(answers(says("Hm.")), message.NewText("Paris?"),
			&message.Message{Role: message.RoleAssistant, Contents: asked},
			&message.Message{Role: message.RoleTool, Contents: results})
	}},
}

// schemaOnly is a tool that the model may call and the agent cannot run.
type schemaOnly struct{}

func (schemaOnly) Name() string        { return "external" }
func (schemaOnly) Description() string { return "The application runs it." }
func (schemaOnly) Schema() any         { return map[string]any{"type": "object"} }
func (schemaOnly) ReturnSchema() any   { return nil }
