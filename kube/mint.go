package kube

import (
	"context"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Mint has the API server issue a token of the service account that lives ten minutes,
// the least that Kubernetes issues. Audience "" means the API server's own.
func (c *Client) Mint(ctx context.Context, account facts.Ref, audience string) (raw string, err error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(600))}}
	if audience != "" {
		request.Spec.Audiences = []string{audience}
	}
	return ask("create serviceaccounts/token", func() (string, error) {
		t, err := c.kube.CoreV1().ServiceAccounts(account.Namespace).CreateToken(ctx, account.Name, request, metav1.CreateOptions{})
		switch {
		case err != nil:
			return "", err
		case t.Status.Token == "":
			return "", &facts.Gap{Kind: facts.Malformed, Detail: "the answer holds no token"}
		}
		return t.Status.Token, nil
	}).Get()
}
