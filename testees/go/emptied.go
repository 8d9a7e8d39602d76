package main

import (
	"encoding/json"

	"github.com/microsoft/agent-framework-go/message"
)

// emptied counts the messages that came back without contents although the document has contents for them. It takes the
// document apart member by member, so that what the SDK cannot decode is still counted; what has another type than
// expected counts for nothing, so errors are of no interest.
func emptied(document []byte, key string, restored []*message.Message) int {
	var session struct{ State map[string]json.RawMessage }
	var history struct{ Messages []json.RawMessage }
	_ = json.Unmarshal(document, &session)
	_ = json.Unmarshal(session.State[key], &history)
	count := 0
	for index, one := range restored {
		if one == nil || len(one.Contents) > 0 || index >= len(history.Messages) {
			continue
		}
		var stored struct{ Contents json.RawMessage }
		var contents []json.RawMessage
		_ = json.Unmarshal(history.Messages[index], &stored)
		_ = json.Unmarshal(stored.Contents, &contents)
		if len(contents) > 0 {
			count++
		}
	}
	return count
}
