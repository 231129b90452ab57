// Command peer puts witnesses and logs by others across from Psephos' witness.
//
// It is called with a verb, reads one JSON value from standard input and writes one to standard output.
// `serve` and `agent` write their answer when they listen and stay until standard input is closed.
// What does not verify is part of the answer; the exit status is 0 unless the question itself is wrong.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

type verb func(question *json.Decoder, input io.Reader, answer *json.Encoder) error

var verbs = map[string]verb{
	"agent":  serveAgent,
	"serve":  serve,
	"update": answer(update),
	"log":    answer(growLog),
	"verify": answer(verify),
}

func answer[Q, A any](f func(Q) (A, error)) verb {
	return func(d *json.Decoder, _ io.Reader, e *json.Encoder) error {
		var q Q
		if err := d.Decode(&q); err != nil {
			return err
		}
		a, err := f(q)
		if err != nil {
			return err
		}
		return e.Encode(a)
	}
}

// text is an error as part of an answer: empty if there is none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func run() error {
	if len(os.Args) != 2 || verbs[os.Args[1]] == nil {
		return fmt.Errorf("usage: peer VERB < question.json > answer.json")
	}
	d := json.NewDecoder(os.Stdin)
	d.DisallowUnknownFields()
	return verbs[os.Args[1]](d, os.Stdin, json.NewEncoder(os.Stdout))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
