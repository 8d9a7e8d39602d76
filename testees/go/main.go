// Command go is the testee of the Go SDK of Agent Framework: it reads and saves sessions on request, one JSON object a
// line on standard input, one answer a line on standard output, in order. See README.md.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testee:", err)
		os.Exit(1)
	}
}

// serve answers the requests of one conversation until it is told to stop or there are no more.
func serve(requests io.Reader, answers io.Writer) error {
	// Not a Scanner: a line holds a whole document, and documents have no greatest length.
	lines := bufio.NewReader(requests)
	encoder := json.NewEncoder(answers)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			return fmt.Errorf("a request that is no request: %w", err)
		}
		if err := encoder.Encode(respond(asked)); err != nil {
			return err
		}
		if asked.Operation == "stop" {
			return nil
		}
	}
}

// respond does what a request asks for.
func respond(asked request) answer {
	switch asked.Operation {
	case "describe":
		return describe(asked.ID)
	case "stop":
		return answer{ID: asked.ID, OK: true}
	case "read", "append", "next-turn":
		if asked.Form == sessionForm {
			return handle(asked)
		}
	}
	return answer{ID: asked.ID, Error: &failure{
		Type:    "UnsupportedRequest",
		Message: fmt.Sprintf("operation %q, form %q", asked.Operation, asked.Form),
	}}
}
