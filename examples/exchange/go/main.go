// Command exchange hands sessions to a pysession server, and fetches them from it.
//
// The server is named by the environment: PYSESSION_SERVER (host:port), PYSESSION_CA (a file of the certificates that may
// have signed the server's; without it those of this machine), PYSESSION_TOKEN. Results go to standard output as JSON, one
// value a line; a failure goes to standard error as JSON, and the exit code is 1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"
)

// options are the flags of all commands; each command reads those that it has a use for.
type options struct {
	dialect    string
	ifMatch    string
	createOnly bool
	target     string
	prefix     string
	timeout    time.Duration
}

// A command is given its arguments without the flags.
type command struct {
	arguments []string
	run       func(context.Context, *client, options, []string) (any, error)
}

var commands = map[string]command{
	"put":      {[]string{"ID", "FILE"}, put},
	"get":      {[]string{"ID", "FILE"}, get},
	"upload":   {[]string{"ID", "FILE"}, upload},
	"download": {[]string{"ID", "FILE"}, download},
	"show":     {[]string{"ID"}, show},
	"copy":     {[]string{"ID", "NEW-ID"}, duplicate},
	"list":     {nil, list},
	"delete":   {[]string{"ID"}, remove},
	"health":   {nil, health},
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) == 0 {
		return usage(stderr)
	}
	chosen, known := commands[arguments[0]]
	if !known {
		return usage(stderr)
	}
	var given options
	flags := flag.NewFlagSet(arguments[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&given.dialect, "dialect", "", "the dialect of what is put: python, dotnet, go")
	flags.StringVar(&given.ifMatch, "if-match", "", "the etag that the stored session must have")
	flags.BoolVar(&given.createOnly, "create-only", false, "fail when there is a session of that id")
	flags.StringVar(&given.target, "target", "", "a dialect or release to convert to: dotnet, python@1.21.0")
	flags.StringVar(&given.prefix, "prefix", "", "list only ids that begin with it")
	flags.DurationVar(&given.timeout, "timeout", time.Minute, "how long the whole may take")
	if err := flags.Parse(arguments[1:]); err != nil {
		return 2
	}
	if flags.NArg() != len(chosen.arguments) {
		return usage(stderr)
	}
	result, err := connected(given, chosen, flags.Args())
	if err != nil {
		_ = json.NewEncoder(stderr).Encode(failureOf(err))
		return 1
	}
	if err := json.NewEncoder(stdout).Encode(result); err != nil {
		return 1
	}
	return 0
}

func connected(given options, chosen command, arguments []string) (any, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// Without a deadline a call waits for a server that is not there for as long as the program runs.
	ctx, cancel := context.WithTimeout(ctx, given.timeout)
	defer cancel()
	client, err := dial(os.Getenv("PYSESSION_SERVER"), os.Getenv("PYSESSION_CA"), os.Getenv("PYSESSION_TOKEN"))
	if err != nil {
		return nil, err
	}
	defer client.close()
	return chosen.run(ctx, client, given, arguments)
}

func usage(stderr io.Writer) int {
	fmt.Fprintln(stderr, "usage: exchange COMMAND [flags] ARGUMENTS")
	names := make([]string, 0, len(commands))
	for name := range commands {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintln(stderr, append([]any{" ", name}, anys(commands[name].arguments)...)...)
	}
	return 2
}

func anys(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}
