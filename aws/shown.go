package aws

import (
	"context"
	"slices"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
)

// Credentials are the secrets that the client has signed requests with: to make sure
// that none is written anywhere, and for nothing else.
func (c *Client) Credentials() []string { return c.shown.all() }

// Shown are credentials that were handed out.
type shown struct {
	mu      sync.Mutex
	secrets []string
}

func (s *shown) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

// note returns a provider like p whose credentials are noted.
func (s *shown) note(p awssdk.CredentialsProvider) awssdk.CredentialsProvider {
	return awssdk.CredentialsProviderFunc(func(ctx context.Context) (awssdk.Credentials, error) {
		got, err := p.Retrieve(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, secret := range []string{got.AccessKeyID, got.SecretAccessKey, got.SessionToken} {
			if secret != "" && !slices.Contains(s.secrets, secret) {
				s.secrets = append(s.secrets, secret)
			}
		}
		return got, err
	})
}
