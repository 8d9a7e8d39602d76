package main

import (
	"context"
	"fmt"

	"github.com/microsoft/agent-framework-go/agent"
	"github.com/microsoft/agent-framework-go/agent/harness/toolapproval"
	"github.com/microsoft/agent-framework-go/message"
	"github.com/microsoft/agent-framework-go/tool"
)

// guarded is an agent whose tools need approval, watched is the same with the middleware that asks one thing at a time.
var (
	guarded = agent.Config{Tools: []tool.Tool{tool.ApprovalRequiredFunc(forecast), tool.ApprovalRequiredFunc(weather)}}
	watched = agent.Config{
		Tools:       guarded.Tools,
		Middlewares: []agent.Middleware{toolapproval.New(toolapproval.Config{})},
	}
)

var approvals = []scenario{
	{"approval_pending", "one call that waits for an approval", func() (*agent.Session, error) {
		return conversation(guarded, answers([]message.Content{calls("forecast", paris, "call_1")}), "Paris?")
	}},
	{"approval_pending_two", "two calls that wait for an approval", func() (*agent.Session, error) {
		return conversation(guarded, answers(twoCalls()), "Paris and Rome?")
	}},
	{"approval_given", "the call approved, and run", func() (*agent.Session, error) {
		return answered(guarded, nil, approve)
	}},
	{"approval_given_later", "the same, stored and read again before the answer", func() (*agent.Session, error) {
		return answered(guarded, restored, approve)
	}},
	{"approval_rejected", "the call rejected, with a reason", func() (*agent.Session, error) {
		return answered(guarded, restored, func(request *message.ToolApprovalRequestContent) message.Content {
			return request.CreateResponse(false, "not now")
		})
	}},
	{"approval_ignored", "a text instead of the answer: the run fails and stores nothing", func() (*agent.Session, error) {
		session := &agent.Session{}
		speaker := agent.New(model(answers([]message.Content{calls("forecast", paris, "call_1")})), guarded)
		if err := speak(speaker, session, "Paris?"); err != nil {
			return nil, err
		}
		if err := speak(speaker, session, "Well?"); err == nil {
			return nil, fmt.Errorf("the run did not fail")
		}
		return session, nil
	}},
	{"approval_queued", "two calls with the approval middleware: one is shown, one waits in the state", func() (*agent.Session, error) {
		return conversation(watched, answers(twoCalls()), "Paris and Rome?")
	}},
	{"approval_collected", "the first of two answered: its answer waits in the state", func() (*agent.Session, error) {
		session, _, err := queued(approve)
		return session, err
	}},
	{"approval_queue_done", "both answered, one after the other, and run", func() (*agent.Session, error) {
		session, speaker, err := queued(approve)
		if err != nil {
			return nil, err
		}
		return session, answer(speaker, session, approve)
	}},
	{"approval_always", "a standing rule for the tool", func() (*agent.Session, error) {
		return answered(watched, restored, func(request *message.ToolApprovalRequestContent) message.Content {
			return request.AlwaysApproveToolResponse()
		})
	}},
	{"approval_always_arguments", "a standing rule for the tool with these arguments", func() (*agent.Session, error) {
		return answered(watched, restored, func(request *message.ToolApprovalRequestContent) message.Content {
			return request.AlwaysApproveToolWithArgumentsResponse()
		})
	}},
	{"approval_always_stored", "the answer that makes a rule, without the middleware that takes it out", func() (*agent.Session, error) {
		request := &message.ToolApprovalRequestContent{RequestID: "ficc_call_1", ToolCall: &message.MCPServerToolCallContent{
			CallID: "call_1", Name: "forecast", ServerName: "weather", Arguments: paris,
		}}
		return oneRequest(answers(says("Noted.")), message.New(request, request.AlwaysApproveToolResponse()))
	}},
}

func twoCalls() []message.Content {
	return []message.Content{calls("forecast", paris, "call_1"), calls("weather", `{"city":"Rome"}`, "call_2")}
}

func approve(request *message.ToolApprovalRequestContent) message.Content {
	return request.CreateResponse(true, "")
}

type decision func(*message.ToolApprovalRequestContent) message.Content

// answered asks for one call, lets between happen to the session, and answers the request.
func answered(configuration agent.Config, between func(*agent.Session) (*agent.Session, error), decide decision) (*agent.Session, error) {
	session := &agent.Session{}
	said := answers([]message.Content{calls("forecast", paris, "call_1")}, says("Take an umbrella."))
	speaker := agent.New(model(said), configuration)
	shown, err := requests(speaker, session, message.NewText("Paris?"))
	if err != nil {
		return nil, err
	}
	if between != nil {
		if session, err = between(session); err != nil {
			return nil, err
		}
	}
	_, err = requests(speaker, session, message.New(decide(shown[0])))
	return session, err
}

// queued asks for two calls under the middleware and answers the one that it shows.
func queued(decide decision) (*agent.Session, *agent.Agent, error) {
	session := &agent.Session{}
	speaker := agent.New(model(answers(twoCalls(), says("Done."))), watched)
	shown, err := requests(speaker, session, message.NewText("Paris and Rome?"))
	if err != nil {
		return nil, nil, err
	}
	_, err = requests(speaker, session, message.New(decide(shown[0])))
	return session, speaker, err
}

// answer answers the second of the two requests.
func answer(speaker *agent.Agent, session *agent.Session, decide decision) error {
	second := &message.ToolApprovalRequestContent{
		RequestID: "ficc_call_2",
		ToolCall:  twoCalls()[1].(*message.FunctionCallContent),
	}
	_, err := requests(speaker, session, message.New(decide(second)))
	return err
}

// requests says something and returns the approvals that the answer asks for.
func requests(speaker *agent.Agent, session *agent.Session, said *message.Message) ([]*message.ToolApprovalRequestContent, error) {
	response, err := speaker.RunMessage(context.Background(), said, agent.WithSession(session)).Collect()
	if err != nil {
		return nil, err
	}
	var found []*message.ToolApprovalRequestContent
	for content := range response.Contents() {
		if request, ok := content.(*message.ToolApprovalRequestContent); ok {
			found = append(found, request)
		}
	}
	return found, nil
}
