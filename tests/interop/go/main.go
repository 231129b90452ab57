// Command interop lets programs by others read what Psephos' board writes, and write what it must read.
//
// It is called with a verb, reads one JSON value from standard input and writes one to standard output.
// What does not verify is part of the answer; the exit status is 0 unless the question itself is wrong.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

var verbs = map[string]func(*json.Decoder) (any, error){
	"notes":    answer(openNotes),
	"sign":     answer(signText),
	"tree":     answer(makeTree),
	"proofs":   answer(checkProofs),
	"log":      answer(readLog),
	"receipts": answer(checkReceipts),
	"receipt":  answer(makeReceipt),
}

func answer[Q, A any](f func(Q) (A, error)) func(*json.Decoder) (any, error) {
	return func(d *json.Decoder) (any, error) {
		var q Q
		if err := d.Decode(&q); err != nil {
			return nil, err
		}
		return f(q)
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
		return fmt.Errorf("usage: interop VERB < question.json > answer.json")
	}
	d := json.NewDecoder(os.Stdin)
	d.DisallowUnknownFields()
	a, err := verbs[os.Args[1]](d)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}
