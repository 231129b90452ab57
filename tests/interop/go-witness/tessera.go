package main

import (
	"context"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

type logQuestion struct {
	Dir string `json:"dir"`
	// Skey is the log's private key.
	Skey   string `json:"skey"`
	Policy []byte `json:"policy"`
	// Entries are appended one after the other, each in a checkpoint of its own.
	Entries [][]byte `json:"entries"`
}

type logAnswer struct {
	Sizes      []uint64 `json:"sizes"`
	Checkpoint []byte   `json:"checkpoint"`
	Error      string   `json:"error"`
}

// growLog runs a Tessera log that publishes nothing before the policy's witnesses have cosigned.
func growLog(q logQuestion) (logAnswer, error) {
	var a logAnswer
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	signer, err := note.NewSigner(q.Skey)
	if err != nil {
		return a, err
	}
	group, err := tessera.NewWitnessGroupFromPolicy(q.Policy)
	if err != nil {
		return a, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: q.Dir})
	if err != nil {
		return a, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(1, 50*time.Millisecond).
		WithWitnesses(group, &tessera.WitnessOptions{Timeout: 10 * time.Second})
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return a, err
	}
	await := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 50*time.Millisecond)
	for _, entry := range q.Entries {
		index, checkpoint, err := await.Await(ctx, appender.Add(ctx, tessera.NewEntry(entry)))
		if err != nil {
			a.Error = text(err)
			break
		}
		a.Sizes, a.Checkpoint = append(a.Sizes, index.Index+1), checkpoint
	}
	if err := shutdown(ctx); err != nil && a.Error == "" {
		a.Error = text(err)
	}
	return a, nil
}
