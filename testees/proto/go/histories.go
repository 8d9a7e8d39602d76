package main

import "pysession.example/testees/proto/generated"

// histories are the lists of messages of a session: under keys of the state, beside it, or in a durable agent's entries.
func histories(session *sessionpb.Session) []*sessionpb.Messages {
	var found []*sessionpb.Messages
	add := func(messages *sessionpb.Messages) {
		if messages != nil {
			found = append(found, messages)
		}
	}
	for _, entry := range session.GetState().GetEntries() {
		add(entry.GetHistory().GetMessages())
	}
	add(session.GetHistory().GetMessages())
	add(session.GetMessages())
	for _, entry := range session.GetData().GetConversationHistory().GetItems() {
		add(entry.GetRequest().GetMessages())
		add(entry.GetResponse().GetMessages())
	}
	return found
}
