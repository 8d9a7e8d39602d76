// Command testee parses serialised pysession.v1.Session messages, looks into them and serialises them again.
//
// It answers requests, one JSON object a line; ../README.md describes them.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"google.golang.org/protobuf/proto"

	"pysession.example/testees/proto/generated"
)

// request is one line of standard input. Document travels as base64, so its bytes arrive as they were sent.
type request struct {
	ID       int64  `json:"id"`
	Document []byte `json:"document"`
}

// answer is one line of standard output; Error is set when OK is false.
type answer struct {
	ID        int64    `json:"id"`
	OK        bool     `json:"ok"`
	Error     string   `json:"error,omitempty"`
	Saved     []byte   `json:"saved,omitempty"`
	SessionID *string  `json:"session_id"`
	Messages  int      `json:"messages"`
	Texts     []string `json:"texts"`
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func serve(input io.Reader, output io.Writer) error {
	requests := json.NewDecoder(input)
	buffered := bufio.NewWriter(output)
	answers := json.NewEncoder(buffered)
	for {
		var asked request
		if err := requests.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := answers.Encode(read(asked)); err != nil {
			return err
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
	}
}

func read(asked request) answer {
	var session sessionpb.Session
	if err := proto.Unmarshal(asked.Document, &session); err != nil {
		return answer{ID: asked.ID, Error: err.Error()}
	}
	told := answer{ID: asked.ID, OK: true, SessionID: session.SessionId, Texts: []string{}}
	for _, messages := range histories(&session) {
		told.Messages += len(messages.GetItems())
		for _, message := range messages.GetItems() {
			for _, content := range message.GetContents().GetItems() {
				if text := content.GetText(); text != nil && text.Text != nil {
					told.Texts = append(told.Texts, text.GetText())
				}
			}
		}
	}
	saved, err := proto.Marshal(&session)
	if err != nil {
		return answer{ID: asked.ID, Error: err.Error()}
	}
	told.Saved = saved
	return told
}
