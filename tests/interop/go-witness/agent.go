package main

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

type agentQuestion struct {
	Socket string `json:"socket"`
	Seed   []byte `json:"seed"`
}

type agentAnswer struct {
	Fingerprint string `json:"fingerprint"`
}

// serveAgent holds one key as an SSH agent, through which torchwood's litewitness signs.
func serveAgent(d *json.Decoder, input io.Reader, e *json.Encoder) error {
	var q agentQuestion
	if err := d.Decode(&q); err != nil {
		return err
	}
	key := ed25519.NewKeyFromSeed(q.Seed)
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return err
	}
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		return err
	}
	listener, err := net.Listen("unix", q.Socket)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(keys, c)
		}
	}()
	if err := e.Encode(agentAnswer{Fingerprint: ssh.FingerprintSHA256(public)}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, input)
	return err
}
