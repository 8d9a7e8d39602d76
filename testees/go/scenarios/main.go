// Command scenarios writes the documents that the Go SDK stores in a set of conversations with a scripted model.
//
//	go run ./scenarios RELEASE FOLDER
//
// It writes FOLDER/documents/RELEASE/<scenario>.json, and adds to FOLDER/manifest.json how each came about and its
// digest. RELEASE is the name of what was built, 5b27c979abb4 for instance. Identifiers and times are fixed, so that the
// same release writes the same bytes.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// origin is what the manifest says of one document.
type origin struct {
	Produced string `json:"produced"`
	Digest   string `json:"sha256"`
}

// manifest is the origin of each document, by release and scenario.
type manifest struct {
	Releases map[string]map[string]origin `json:"releases"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: scenarios RELEASE FOLDER")
		os.Exit(2)
	}
	if err := writeAll(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		os.Exit(1)
	}
}

func writeAll(release, folder string) error {
	documents := filepath.Join(folder, "documents", release)
	if err := os.MkdirAll(documents, 0o755); err != nil {
		return err
	}
	written := map[string]origin{}
	for _, group := range [][]scenario{turns, tools, approvals, contents, states} {
		for _, one := range group {
			document, err := one.document()
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			if err := os.WriteFile(filepath.Join(documents, one.name+".json"), document, 0o644); err != nil {
				return err
			}
			written[one.name] = origin{one.produced, fmt.Sprintf("%x", sha256.Sum256(document))}
		}
	}
	return record(filepath.Join(folder, "manifest.json"), release, written)
}

func (one scenario) document() ([]byte, error) {
	session, err := one.run()
	if err != nil {
		return nil, err
	}
	return json.Marshal(session)
}

// record adds what a release wrote to the manifest, which may have other releases already.
func record(path, release string, written map[string]origin) error {
	known := manifest{Releases: map[string]map[string]origin{}}
	stored, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(stored, &known)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known.Releases[release] = written
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
