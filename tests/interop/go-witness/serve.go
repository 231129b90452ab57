package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"

	formats "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/witness/api"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

type serveQuestion struct {
	Name string `json:"name"`
	// Vkey is the one log that the witness knows.
	Vkey string `json:"vkey"`
}

type serveAnswer struct {
	URL   string   `json:"url"`
	Vkeys []string `json:"vkeys"`
}

// serve runs transparency-dev's witness with an Ed25519 and an ML-DSA-44 key, made on the spot.
func serve(d *json.Decoder, input io.Reader, e *json.Encoder) error {
	var q serveQuestion
	if err := d.Decode(&q); err != nil {
		return err
	}
	ctx := context.Background()
	log, err := note.NewVerifier(q.Vkey)
	if err != nil {
		return err
	}
	signers, vkeys, err := cosigners(q.Name)
	if err != nil {
		return err
	}
	w, err := witness.New(ctx, witness.Opts{
		Persistence: inmemory.New(),
		Signers:     signers,
		VerifierForLog: func(_ context.Context, origin string) (note.Verifier, bool, error) {
			return log, origin == log.Name(), nil
		},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+api.HTTPAddCheckpoint, witness.NewHTTPHandler(w).AddCheckpoint)
	go http.Serve(listener, mux)
	if err := e.Encode(serveAnswer{URL: "http://" + listener.Addr().String(), Vkeys: vkeys}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, input)
	return err
}

// cosigners makes the two kinds of key under one name. The first is made as a plain key and then used as a cosigner's.
func cosigners(name string) ([]note.Signer, []string, error) {
	plain, vkey, err := note.GenerateKey(nil, name)
	if err != nil {
		return nil, nil, err
	}
	ed25519, err := formats.NewSignerForCosignatureV1(plain)
	if err != nil {
		return nil, nil, err
	}
	cosigner, err := formats.VKeyToCosignatureV1(vkey)
	if err != nil {
		return nil, nil, err
	}
	secret, public, err := formats.GenerateMLDSAKey(name)
	if err != nil {
		return nil, nil, err
	}
	mldsa, err := formats.NewMLDSASigner(secret)
	if err != nil {
		return nil, nil, err
	}
	return []note.Signer{ed25519, mldsa}, []string{cosigner, public}, nil
}
