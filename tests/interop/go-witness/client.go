package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"filippo.io/torchwood"
	formats "github.com/transparency-dev/formats/note"
	client "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

type updateQuestion struct {
	URL        string   `json:"url"`
	Old        uint64   `json:"old"`
	Proof      [][]byte `json:"proof"`
	Checkpoint []byte   `json:"checkpoint"`
}

type updateAnswer struct {
	Lines string `json:"lines"`
	// Size is what the witness told, if Error is "stale".
	Size  uint64 `json:"size"`
	Error string `json:"error"`
}

var meanings = map[error]string{
	witness.ErrCheckpointStale:  "stale",
	witness.ErrRootMismatch:     "root mismatch",
	witness.ErrUnknownLog:       "unknown log",
	witness.ErrNoValidSignature: "no valid signature",
	witness.ErrOldSizeInvalid:   "old size invalid",
	witness.ErrInvalidProof:     "invalid proof",
}

// update hands in checkpoints with transparency-dev's client, one after the other.
func update(questions []updateQuestion) ([]updateAnswer, error) {
	answers := make([]updateAnswer, len(questions))
	for i, q := range questions {
		u, err := url.Parse(q.URL)
		if err != nil {
			return nil, err
		}
		lines, size, err := client.NewWitness(u, http.DefaultClient).Update(context.Background(), q.Old, q.Checkpoint, q.Proof)
		answers[i] = updateAnswer{Lines: string(lines), Size: size, Error: text(err)}
		for known, meaning := range meanings {
			if errors.Is(err, known) {
				answers[i].Error = meaning
			}
		}
	}
	return answers, nil
}

type verifyQuestion struct {
	Note   []byte   `json:"note"`
	Policy []byte   `json:"policy"`
	Vkeys  []string `json:"vkeys"`
}

type verifyAnswer struct {
	// Policy is torchwood's verdict on the whole note; it knows Ed25519 only.
	Policy string `json:"policy"`
	// Signers are the names whose lines golang.org/x/mod finds good: log keys, and with formats both cosigners.
	Signers []string `json:"signers"`
	Error   string   `json:"error"`
}

// verify checks a cosigned checkpoint with torchwood's policies and with transparency-dev's formats.
func verify(q verifyQuestion) (verifyAnswer, error) {
	var a verifyAnswer
	policy, err := torchwood.ParsePolicy(q.Policy)
	if err != nil {
		return a, fmt.Errorf("policy: %w", err)
	}
	_, _, err = torchwood.VerifyCheckpoint(q.Note, policy)
	a.Policy = text(err)
	var verifiers []note.Verifier
	for _, vkey := range q.Vkeys {
		v, err := formats.NewVerifier(vkey)
		if err != nil {
			v, err = formats.NewVerifierForCosignatureV1(vkey)
		}
		if err != nil {
			return a, fmt.Errorf("vkey: %w", err)
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open(q.Note, note.VerifierList(verifiers...))
	a.Error = text(err)
	if err == nil {
		for _, s := range n.Sigs {
			a.Signers = append(a.Signers, s.Name)
		}
	}
	return a, nil
}
