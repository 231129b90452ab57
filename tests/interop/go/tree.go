package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// memory keeps all hashes of a tree by their index in golang.org/x/mod's order.
type memory []tlog.Hash

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(*m)) {
			return nil, errors.New("no such hash")
		}
		found[i] = (*m)[x]
	}
	return found, nil
}

func (m *memory) add(n int64, entry []byte) error {
	hashes, err := tlog.StoredHashes(n, entry, m)
	*m = append(*m, hashes...)
	return err
}

type treeQuestion struct {
	Entries [][]byte `json:"entries"`
	// Proofs says up to which size all proofs are made.
	Proofs int64 `json:"proofs"`
	// Grown lists the sizes at which tiles are made.
	Grown []int64 `json:"grown"`
}

type treeAnswer struct {
	Roots []string `json:"roots"`
	// Inclusion[size][index] and Consistency[new][old], both from 0, as hexadecimal hashes.
	Inclusion   [][][]string `json:"inclusion"`
	Consistency [][][]string `json:"consistency"`
	// Tiles has the SHA-256 of each tile, by its path.
	Tiles map[string]string `json:"tiles"`
}

// makeTree makes roots, proofs and tiles with golang.org/x/mod, and paths with torchwood.
func makeTree(q treeQuestion) (treeAnswer, error) {
	a := treeAnswer{Tiles: map[string]string{}}
	var m memory
	for n, entry := range q.Entries {
		if err := m.add(int64(n), entry); err != nil {
			return a, err
		}
	}
	for size := int64(0); size <= q.Proofs; size++ {
		root, err := tlog.TreeHash(size, &m)
		if err != nil {
			return a, err
		}
		a.Roots = append(a.Roots, hex.EncodeToString(root[:]))
		inclusion, consistency := [][]string{}, [][]string{{}}
		for n := int64(0); n < size; n++ {
			p, err := tlog.ProveRecord(size, n, &m)
			if err != nil {
				return a, err
			}
			t, err := tlog.ProveTree(size, n+1, &m)
			if err != nil {
				return a, err
			}
			inclusion, consistency = append(inclusion, hexes(p)), append(consistency, hexes(t))
		}
		a.Inclusion, a.Consistency = append(a.Inclusion, inclusion), append(a.Consistency, consistency)
	}
	return a, a.makeTiles(q.Grown, &m)
}

func (a *treeAnswer) makeTiles(sizes []int64, m *memory) error {
	old := int64(0)
	for _, size := range sizes {
		for _, t := range tlog.NewTiles(torchwood.TileHeight, old, size) {
			data, err := tlog.ReadTileData(t, m)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			a.Tiles[torchwood.TilePath(t)] = hex.EncodeToString(sum[:])
		}
		old = size
	}
	return nil
}

func hexes(hashes []tlog.Hash) []string {
	found := make([]string, len(hashes))
	for i, h := range hashes {
		found[i] = hex.EncodeToString(h[:])
	}
	return found
}

// proofQuestion asks about a leaf (Old is 0) or an older tree.
type proofQuestion struct {
	Proof []string `json:"proof"`
	Size  int64    `json:"size"`
	Root  string   `json:"root"`
	Index int64    `json:"index"`
	Leaf  string   `json:"leaf"`
	Old   int64    `json:"old"`
}

// checkProofs checks proofs with golang.org/x/mod and answers with an error for each, empty if it holds.
func checkProofs(questions []proofQuestion) ([]string, error) {
	answers := make([]string, len(questions))
	for i, q := range questions {
		proof := make([]tlog.Hash, len(q.Proof))
		for j, h := range q.Proof {
			var err error
			if proof[j], err = hash(h); err != nil {
				return nil, err
			}
		}
		root, err1 := hash(q.Root)
		leaf, err2 := hash(q.Leaf)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("question %d: %w", i, err)
		}
		if q.Old == 0 {
			answers[i] = text(tlog.CheckRecord(proof, q.Size, root, q.Index, leaf))
		} else {
			answers[i] = text(tlog.CheckTree(proof, q.Size, root, q.Old, leaf))
		}
	}
	return answers, nil
}

func hash(s string) (tlog.Hash, error) {
	data, err := hex.DecodeString(s)
	if err != nil || len(data) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("not a hash: %q", s)
	}
	return tlog.Hash(data), nil
}
