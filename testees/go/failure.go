package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// failure is an error by the names of its types: Type of what was returned, Cause of what it goes back to.
type failure struct {
	Type    string  `json:"type"`
	Cause   *string `json:"cause"`
	Message string  `json:"message"`
}

func failureOf(err error) *failure {
	root := err
	for inner := errors.Unwrap(root); inner != nil; inner = errors.Unwrap(root) {
		root = inner
	}
	described := &failure{Type: typeName(err), Message: err.Error()}
	if root != err {
		cause := typeName(root)
		described.Cause = &cause
	}
	return described
}

// typeName is the name of an error's type without its package. The types of run-time panics are not exported; programs
// know them by their interface.
func typeName(err error) string {
	if _, ok := err.(runtime.Error); ok {
		return "runtime.Error"
	}
	name := fmt.Sprintf("%T", err)
	return name[strings.LastIndex(name, ".")+1:]
}

// attempt calls step and returns its error, or the panic that ended it.
func attempt(step func() error) (err error) {
	defer func() {
		switch panicked := recover().(type) {
		case nil:
		case error:
			err = panicked
		default:
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return step()
}
