package main

import (
	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

type receiptQuestion struct {
	Receipt []byte `json:"receipt"`
	Policy  []byte `json:"policy"`
	Entry   []byte `json:"entry"`
}

// checkReceipts checks receipts against policies with torchwood; an error for each, empty if it holds.
func checkReceipts(questions []receiptQuestion) ([]string, error) {
	answers := make([]string, len(questions))
	for i, q := range questions {
		policy, err := torchwood.ParsePolicy(q.Policy)
		if err == nil {
			err = torchwood.VerifyProof(policy, tlog.RecordHash(q.Entry), q.Receipt)
		}
		answers[i] = text(err)
	}
	return answers, nil
}

type makeQuestion struct {
	Entries    [][]byte `json:"entries"`
	Index      int64    `json:"index"`
	Checkpoint []byte   `json:"checkpoint"`
	Extra      []byte   `json:"extra"`
}

type makeAnswer struct {
	Receipt      []byte `json:"receipt"`
	ReceiptExtra []byte `json:"receipt_extra"`
}

// makeReceipt makes two receipts for an entry with torchwood, without and with extra data.
func makeReceipt(q makeQuestion) (makeAnswer, error) {
	var m memory
	for n, entry := range q.Entries {
		if err := m.add(int64(n), entry); err != nil {
			return makeAnswer{}, err
		}
	}
	p, err := tlog.ProveRecord(int64(len(q.Entries)), q.Index, &m)
	if err != nil {
		return makeAnswer{}, err
	}
	return makeAnswer{
		Receipt:      torchwood.FormatProof(q.Index, p, q.Checkpoint),
		ReceiptExtra: torchwood.FormatProofWithExtraData(q.Index, q.Extra, p, q.Checkpoint),
	}, nil
}
