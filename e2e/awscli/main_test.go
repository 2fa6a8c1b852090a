package main

import (
	"errors"
	"testing"
)

// TestUsage refuses all that the AWS CLI would not take, and all that this one does not know.
func TestUsage(t *testing.T) {
	for _, words := range [][]string{
		nil,
		{"iam"},
		{"s3", "ls"},
		{"iam", "delete-role"},
		{"iam", "delete-role", "app"},
		{"iam", "delete-role", "--role-name"},
		{"iam", "delete-role", "--role-name", "--profile", "p"},
		{"iam", "delete-role", "--role-name", "a", "b"},
		{"iam", "delete-role", "--role-name", "a", "--role-name", "b"},
		{"iam", "delete-role", "--role-name", "a", "--force"},
		{"iam", "create-role", "--role-name", "a", "--assume-role-policy-document", "file://trust.json"},
	} {
		var misuse usage
		if err := run(t.Context(), words); !errors.As(err, &misuse) {
			t.Errorf("aws %q: %v, want a usage error", words, err)
		}
	}
}

func TestParse(t *testing.T) {
	options := []string{"url", "client-id-list"}
	g, err := parse([]string{"--url", "https://a", "--client-id-list", "x", "y", "--profile", "p"}, options)
	if err != nil {
		t.Fatal(err)
	}
	if g.text("url") != "https://a" || len(g["client-id-list"]) != 2 || g.text("profile") != "p" || g.text("region") != "" {
		t.Errorf("got %v", g)
	}
}
