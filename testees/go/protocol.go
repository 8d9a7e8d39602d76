package main

// sessionForm is the one form that the SDK reads: it has no store, and no file of messages.
const sessionForm = "session"

// request is one line of standard input. Document travels as base64, so its bytes arrive as they were stored.
type request struct {
	ID        int64   `json:"id"`
	Operation string  `json:"op"`
	Form      string  `json:"form"`
	Document  []byte  `json:"document"`
	Text      string  `json:"text"`
	Options   options `json:"options"`
}

// options are what an application tells its library. Go has no registry of types, so no member for that.
type options struct {
	HistoryKeys []string `json:"history_keys"`
}

// answer is one line of standard output. Stage and Error are set when OK is false.
type answer struct {
	ID               int64             `json:"id"`
	OK               bool              `json:"ok"`
	Stage            string            `json:"stage,omitempty"`
	Error            *failure          `json:"error,omitempty"`
	Saved            []byte            `json:"saved,omitempty"`
	MessagesRestored *int              `json:"messages_restored,omitempty"`
	EmptyContents    int               `json:"empty_contents,omitempty"`
	NextTurn         *nextTurn         `json:"next_turn,omitempty"`
	Reader           string            `json:"reader,omitempty"`
	Environment      map[string]string `json:"environment,omitempty"`
	Forms            []string          `json:"forms,omitempty"`
}

// nextTurn tells what a run on the session came to; Sent counts the messages that the model was given.
type nextTurn struct {
	Outcome string   `json:"outcome"`
	Sent    int      `json:"sent"`
	Error   *failure `json:"error,omitempty"`
}
