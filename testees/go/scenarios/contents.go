package main

import (
	"encoding/json"
	"errors"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/message"
)

var contents = append(eachKind(), []scenario{
	{"every_kind", "every kind of content with every member set, in one message", func() (*agent.Session, error) {
		var all []message.Content
		for _, kind := range kinds {
			all = append(all, kind.full)
		}
		return oneRequest(answers(says("I see.")), message.New(all...))
	}},
	{"annotations", "citations with regions, and one without any member", func() (*agent.Session, error) {
		cited := &message.TextContent{Text: "As they say."}
		cited.Annotations = message.Annotations{
			&message.CitationAnnotation{
				AnnotatedRegions: message.AnnotatedRegions{&message.TextSpanAnnotatedRegion{Start: 0, End: 2}, &message.TextSpanAnnotatedRegion{}},
				FileID:           "file_1", Snippet: "they say", Title: "Sayings", ToolName: "file_search", URL: "https://example.com/",
			},
			&message.CitationAnnotation{},
		}
		return conversation(agent.Config{}, answers([]message.Content{cited}), "Who says?")
	}},
	{"content_properties", "additional properties of contents, which are not written", func() (*agent.Session, error) {
		text := &message.TextContent{Text: "Hello."}
		text.AdditionalProperties = map[string]any{"seen": true}
		text.RawRepresentation = struct{ Vendor string }{"x"}
		return conversation(agent.Config{}, answers([]message.Content{text}), "Hi.")
	}},
	{"raw", "raw content: with the text of a provider, and without any", func() (*agent.Session, error) {
		carried := &message.RawContent{}
		carried.RawRepresentation = json.RawMessage(`{ "kind": "web_search", "n": 1.10, "html": "<b>" }`)
		return conversation(agent.Config{}, answers([]message.Content{carried, &message.RawContent{}}), "Search.")
	}},
	{"raw_resumed", "raw content and code interpreter contents; stored, read again, and a turn more", func() (*agent.Session, error) {
		carried := &message.RawContent{}
		carried.RawRepresentation = json.RawMessage(`{"kind":"web_search","n":1.10}`)
		said := answers([]message.Content{carried, &message.RawContent{}, kinds[len(kinds)-1].full})
		session, err := conversation(agent.Config{}, said, "Search.")
		if err != nil {
			return nil, err
		}
		if session, err = restored(session); err != nil {
			return nil, err
		}
		return session, speak(agent.New(model(answers(says("Found."))), agent.Config{}), session, "And?")
	}},
}...)

// kind is a kind of content: with every member set, and with none.
type kind struct {
	name        string
	full, empty message.Content
}

var (
	functionCall = &message.FunctionCallContent{
		CallID: "call_1", Name: "forecast", Arguments: `{"city": "Paris",  "days": 2.0}`, Error: errors.New("no object"), InformationalOnly: true,
	}
	serverCall = &message.MCPServerToolCallContent{CallID: "mcp_1", Name: "search", ServerName: "docs", Arguments: `{"q":"go"}`}
)

var kinds = []kind{
	{"text", &message.TextContent{Text: "Hello."}, &message.TextContent{}},
	{"reasoning", &message.TextReasoningContent{Text: "thinking", ProtectedData: "c2VjcmV0"}, &message.TextReasoningContent{}},
	{"data", &message.DataContent{Name: "dot.png", MediaType: "image/png", Data: "iVBORw0KGgo="}, &message.DataContent{MediaType: "text/plain"}},
	{"uri", &message.URIContent{URI: "https://example.com/a.png?x=1&y=2", MediaType: "image/png"}, &message.URIContent{}},
	{"error", &message.ErrorContent{Message: "It failed.", Details: "a timeout", ErrorCode: "408"}, &message.ErrorContent{}},
	{"function_call", functionCall, &message.FunctionCallContent{}},
	{"function_result", &message.FunctionResultContent{
		CallID: "call_1", Result: map[string]any{"z": 1, "a": []any{"b", nil}}, Error: errors.New("half of it"),
	}, &message.FunctionResultContent{}},
	{"hosted_file", &message.HostedFileContent{FileID: "file_1", Name: "a.csv", MediaType: "text/csv"}, &message.HostedFileContent{}},
	{"hosted_vector_store", &message.HostedVectorStoreContent{VectorStoreID: "vs_1"}, &message.HostedVectorStoreContent{}},
	{"usage", &message.UsageContent{Details: message.UsageDetails{
		AdditionalCounts: map[string]int64{"b": 2, "a": 1}, InputTokenCount: 10, OutputTokenCount: 20, TotalTokenCount: 30,
		CachedInputTokenCount: 4, ReasoningTokenCount: 5,
	}}, &message.UsageContent{}},
	{"mcp_server_tool_call", serverCall, &message.MCPServerToolCallContent{}},
	{"tool_approval_request", &message.ToolApprovalRequestContent{RequestID: "ficc_call_1", ToolCall: functionCall}, &message.ToolApprovalRequestContent{}},
	{"tool_approval_response", &message.ToolApprovalResponseContent{
		RequestID: "ficc_call_1", Approved: true, Reason: "fine", ToolCall: functionCall,
	}, &message.ToolApprovalResponseContent{}},
	{"tool_approval_mcp", &message.ToolApprovalRequestContent{RequestID: "mcp_1", ToolCall: serverCall}, &message.ToolApprovalResponseContent{ToolCall: serverCall}},
	{"always_approve", &message.AlwaysApproveToolApprovalResponseContent{
		InnerResponse:     &message.ToolApprovalResponseContent{RequestID: "mcp_1", Approved: true, ToolCall: serverCall},
		AlwaysApproveTool: true, AlwaysApproveToolWithArguments: true,
	}, &message.AlwaysApproveToolApprovalResponseContent{}},
	{"code_interpreter_tool_call", &message.CodeInterpreterToolCallContent{
		CallID: "ci_1", Inputs: message.Contents{&message.TextContent{Text: "print(1)"}},
	}, &message.CodeInterpreterToolCallContent{}},
	{"code_interpreter_tool_result", &message.CodeInterpreterToolResultContent{
		CallID: "ci_1", Outputs: message.Contents{&message.TextContent{Text: "1"}, &message.HostedFileContent{FileID: "file_2"}},
	}, &message.CodeInterpreterToolResultContent{}},
}

// eachKind is one scenario a kind: an answer of two contents.
func eachKind() []scenario {
	var made []scenario
	for _, one := range kinds {
		produced := "content of kind " + one.name + ": every member set, then none"
		made = append(made, scenario{"content_" + one.name, produced, func() (*agent.Session, error) {
			// The second answer is for the kind that is a call: the agent reports that there is no such tool.
			return conversation(agent.Config{}, answers([]message.Content{one.full, one.empty}, says("I see.")), "Hi.")
		}})
	}
	return made
}
