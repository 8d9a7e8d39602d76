// Command scenarios writes the documents that the Go SDK stores in a set of conversations with a scripted model: one
// file FOLDER/<scenario>.json each, and FOLDER/manifest.json that says how each came about.
//
//	go run ./scenarios FOLDER
//
// Identifiers and times are fixed, so that the same release writes the same bytes.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/microsoft/agent-framework-go/agent"
)

// scenario is one conversation: run has it, and returns the session as an application would store it.
type scenario struct {
	name     string
	produced string
	run      func() (*agent.Session, error)
}

func main() {
	if err := writeAll(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		os.Exit(1)
	}
}

func writeAll(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: scenarios FOLDER")
	}
	folder := arguments[0]
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	produced := map[string]string{}
	for _, group := range [][]scenario{turns, tools, approvals, contents, states} {
		for _, one := range group {
			session, err := one.run()
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			document, err := json.Marshal(session)
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			if err := os.WriteFile(filepath.Join(folder, one.name+".json"), document, 0o644); err != nil {
				return err
			}
			produced[one.name] = one.produced
		}
	}
	manifest, err := json.MarshalIndent(produced, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "manifest.json"), append(manifest, '\n'), 0o644)
}
