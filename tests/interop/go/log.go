package main

import (
	"context"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type logQuestion struct {
	Dir  string `json:"dir"`
	Vkey string `json:"vkey"`
	// Prove lists entries whose inclusion is proved from the tiles, and older sizes.
	Prove []int64 `json:"prove"`
}

type logAnswer struct {
	Entries [][]byte `json:"entries"`
	// Inclusion and Consistency are in the order of Prove.
	Inclusion   [][]string `json:"inclusion"`
	Consistency [][]string `json:"consistency"`
	Read        string     `json:"read"`
	Fsck        string     `json:"fsck"`
}

// readLog reads a log's static files: entries with torchwood, proofs with golang.org/x/mod through authenticated
// tiles, and all of it with Tessera's fsck.
func readLog(q logQuestion) (logAnswer, error) {
	var a logAnswer
	v, err := note.NewVerifier(q.Vkey)
	if err != nil {
		return a, err
	}
	a.Read = text(a.read(q, v))
	files := client.FileFetcher{Root: q.Dir}
	a.Fsck = text(fsck.New(v.Name(), v, files, leafHashes, fsck.Opts{N: 2}).Check(context.Background()))
	return a, nil
}

func (a *logAnswer) read(q logQuestion, v note.Verifier) error {
	ctx := context.Background()
	data, err := os.ReadFile(q.Dir + "/checkpoint")
	if err != nil {
		return err
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(v.Name()), torchwood.SingleVerifierPolicy(v))
	c, _, err := torchwood.VerifyCheckpoint(data, policy)
	if err != nil {
		return err
	}
	files, err := torchwood.NewTileFS(os.DirFS(q.Dir))
	if err != nil {
		return err
	}
	reader, err := torchwood.NewClient(files)
	if err != nil {
		return err
	}
	for _, entry := range reader.AllEntries(ctx, c.Tree, 0) {
		a.Entries = append(a.Entries, entry)
	}
	if err := reader.Err(); err != nil {
		return err
	}
	hashes := torchwood.TileHashReaderWithContext(ctx, c.Tree, files)
	for _, n := range q.Prove {
		p, err := tlog.ProveRecord(c.N, n, hashes)
		if err != nil {
			return err
		}
		t, err := tlog.ProveTree(c.N, n+1, hashes)
		if err != nil {
			return err
		}
		a.Inclusion, a.Consistency = append(a.Inclusion, hexes(p)), append(a.Consistency, hexes(t))
	}
	return nil
}

func leafHashes(bundle []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	hashes := make([][]byte, len(b.Entries))
	for i, entry := range b.Entries {
		hashes[i] = rfc6962.DefaultHasher.HashLeaf(entry)
	}
	return hashes, nil
}
