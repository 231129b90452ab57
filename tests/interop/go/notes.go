package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"filippo.io/torchwood"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

type openQuestion struct {
	Note  []byte   `json:"note"`
	Vkeys []string `json:"vkeys"`
	// Peer says whose verifiers check cosignatures: "torchwood" knows Ed25519, "formats" ML-DSA-44 as well.
	Peer string `json:"peer"`
}

type openAnswer struct {
	Error   string   `json:"error"`
	Signers []string `json:"signers"`
}

// openNotes opens notes with golang.org/x/mod, which also checks plain Ed25519 signatures.
func openNotes(questions []openQuestion) ([]openAnswer, error) {
	answers := make([]openAnswer, len(questions))
	for i, q := range questions {
		var verifiers []note.Verifier
		for _, vkey := range q.Vkeys {
			v, err := verifier(vkey, q.Peer)
			if err != nil {
				return nil, fmt.Errorf("question %d: %w", i, err)
			}
			verifiers = append(verifiers, v)
		}
		n, err := note.Open(q.Note, note.VerifierList(verifiers...))
		answers[i].Error = text(err)
		if err == nil {
			for _, s := range n.Sigs {
				answers[i].Signers = append(answers[i].Signers, s.Name)
			}
		}
	}
	return answers, nil
}

func verifier(vkey, peer string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(parts) != 3 || len(key) == 0 {
		return nil, fmt.Errorf("not a vkey: %.80s", vkey)
	}
	switch {
	case key[0] == 1:
		return note.NewVerifier(vkey)
	case peer == "torchwood":
		return torchwood.NewCosignatureVerifier(vkey)
	case peer == "formats":
		return formats.NewVerifierForCosignatureV1(vkey)
	}
	return nil, fmt.Errorf("nobody checks keys of type %#x", key[0])
}

type signQuestion struct {
	Text    string `json:"text"`
	Log     signer `json:"log"`
	Ed25519 signer `json:"ed25519"`
	MlDsa   signer `json:"ml_dsa"`
}

// signer is a name and a seed of 32 bytes.
type signer struct {
	Name string `json:"name"`
	Seed []byte `json:"seed"`
}

type signAnswer struct {
	// Notes are the same text signed by the log with golang.org/x/mod and cosigned with the peer's signer.
	Torchwood string `json:"torchwood"`
	Formats   string `json:"formats"`
	MlDsa     string `json:"ml_dsa"`
}

// signText signs and cosigns with the time of this machine.
func signText(q signQuestion) (signAnswer, error) {
	var a signAnswer
	log, err := note.NewSigner(skey(q.Log, 1, ed25519Key(q.Log)))
	if err != nil {
		return a, fmt.Errorf("log: %w", err)
	}
	wood, err := torchwood.NewCosignatureSigner(q.Ed25519.Name, ed25519.NewKeyFromSeed(q.Ed25519.Seed))
	if err != nil {
		return a, fmt.Errorf("torchwood: %w", err)
	}
	plain, err := formats.NewSignerForCosignatureV1(skey(q.Ed25519, 4, ed25519Key(q.Ed25519)))
	if err != nil {
		return a, fmt.Errorf("formats: %w", err)
	}
	mldsa, err := formats.NewSignerForCosignatureV1(skey(q.MlDsa, 6, nil))
	if err != nil {
		return a, fmt.Errorf("ML-DSA: %w", err)
	}
	for to, cosigner := range map[*string]note.Signer{&a.Torchwood: wood, &a.Formats: plain, &a.MlDsa: mldsa} {
		data, err := note.Sign(&note.Note{Text: q.Text}, log, cosigner)
		if err != nil {
			return a, err
		}
		*to = string(data)
	}
	return a, nil
}

func ed25519Key(s signer) []byte {
	return ed25519.NewKeyFromSeed(s.Seed).Public().(ed25519.PublicKey)
}

// skey is a private key in the form that golang.org/x/mod reads. Its key ID is checked for type 1 only.
func skey(s signer, kind byte, public []byte) string {
	id := uint32(0)
	if public != nil {
		id = keyID(s.Name, append([]byte{kind}, public...))
	}
	seed := base64.StdEncoding.EncodeToString(append([]byte{kind}, s.Seed...))
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", s.Name, id, seed)
}

func keyID(name string, material []byte) uint32 {
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(name), material}, []byte("\n")))
	return binary.BigEndian.Uint32(sum[:])
}
