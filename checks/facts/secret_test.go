package facts_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const (
	jwt       = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" // AWS's own example
)

var privateKey = string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("no key, but as long as one is, more or less")}))

func TestSecrets(t *testing.T) {
	for text, tc := range map[string]struct {
		name     string // of what FindSecret finds; "" for what only Redact takes for a secret
		redacted string
	}{
		"token " + jwt + " here":                         {"a token", "token (token) here"},
		"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0":           {"", "(token)"},
		"k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8": {"a token for an EKS cluster", "(token)"},
		`"AKIAIOSFODNN7EXAMPLE"`:                         {"an AWS access key ID", `"(access key)"`},
		"ASIAIOSFODNN7EXAMPLE":                           {"an AWS access key ID", "(access key)"},
		"IQoJb3JpZ2luX2Vj" + strings.Repeat("Aa0/", 40):  {"an AWS session token", "(session token)"},
		privateKey: {"a private key", "(private key)\n"},
		strings.Join(strings.Fields(privateKey), " "):         {"a private key", "(private key)"},
		base64.StdEncoding.EncodeToString([]byte(privateKey)): {"a private key", "(private key)"},
		"http://ada:pa%24$@proxy:3128/x":                      {"a URL with a password", "http://proxy:3128/x"},
		"https://token@host/":                                 {"", "https://host/"},
		"aws_secret_access_key = " + secretKey:                {"a secret", "aws_secret_access_key = (secret)"},
		`{"SecretAccessKey": "` + secretKey + `"}`:            {"a secret", `{"SecretAccessKey": "(secret)"}`},
		`AWS_SECRET_ACCESS_KEY=` + secretKey:                  {"a secret", `AWS_SECRET_ACCESS_KEY=(secret)`},
		"Authorization: Bearer " + strings.Repeat("a1", 20):   {"a secret", "Authorization: Bearer (secret)"},
		"password: correct-horse-battery":                     {"", "password: (secret)"},
		"key " + secretKey + ", it says":                      {"", "key (secret key), it says"},
	} {
		if name, at := facts.FindSecret([]byte(text)); name != tc.name || name != "" && (at < 0 || at >= len(text)) {
			t.Errorf("%q: found %q at %d, want %q", text, name, at, tc.name)
		}
		if got := facts.Redact(text); got != tc.redacted {
			t.Errorf("%q: %q, want %q", text, got, tc.redacted)
		}
	}
}

func TestNoSecrets(t *testing.T) {
	for _, text := range []string{
		"arn:aws:iam::111122223333:role/eksctl-prod-addon-iamserviceaccount-ack-Role1-1ABCDEFGHIJKL",
		"arn:aws:iam::111122223333:role/ProdEksClusterS3ControllerServiceRole001", // the name has 40 characters
		"https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001",
		"sha256:9e99a48a9960b14926bb7f3b02e22da2b0ab72809e99a48a9960b14926bb7f3b", "9E99A48A9960B14926BB7F3B02E22DA2B0AB7280",
		"602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pod-identity-webhook@sha256:0123456789abcdef",
		"/var/run/secrets/eks.amazonaws.com/serviceaccount/token", "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
		"secret aws-credentials key AWS_SECRET_ACCESS_KEY", "system:serviceaccount:ack-system:ack-s3-controller",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nMIIB")),
		"-----BEGIN PUBLIC KEY-----", "no answer from sts.amazonaws.com: dial tcp: lookup sts.amazonaws.com: no such host",
		"https://proxy:3128/path@2", "the signature of the token is not valid", "AKIA", "ASIA region", "eyJ",
	} {
		if name, _ := facts.FindSecret([]byte(text)); name != "" {
			t.Errorf("%q is taken for %s", text, name)
		}
		if got := facts.Redact(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// TestSecretKeys makes secret access keys as AWS does. Some that happen to look like
// words are passed over.
func TestSecretKeys(t *testing.T) {
	const n = 10_000
	missed := 0
	for range n {
		b := make([]byte, 30)
		rand.Read(b)
		if key := base64.StdEncoding.EncodeToString(b); facts.Redact(key) == key {
			missed++
		}
	}
	if missed > n/100 {
		t.Errorf("%d of %d are passed over", missed, n)
	}
}

func TestKeptIsNoSecret(t *testing.T) {
	for value, want := range map[string]string{
		jwt: "[a token or key]", "AKIAIOSFODNN7EXAMPLE": "[a token or key]", secretKey: "[a token or key]", privateKey: "[a token or key]", "us-west-2": "us-west-2",
	} {
		if got := facts.Kept("AWS_REGION", value); got != want {
			t.Errorf("%q is kept as %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{
		"http://ada:secret@proxy:3128/x?y": "http://proxy:3128", jwt: "[a token or key]", "proxy:3128": "unreadable URL", "": "",
	} {
		if got := facts.Kept("HTTPS_PROXY", value); got != want {
			t.Errorf("proxy %q is kept as %q, want %q", value, got, want)
		}
	}
}
