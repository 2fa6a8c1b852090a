package kube

import (
	"context"
	"fmt"
	"io"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const documentLimit = 1 << 20 // bytes

// Discovery returns the discovery document that the API server serves, as it is.
func (c *Client) Discovery(ctx context.Context) ([]byte, error) {
	return c.document(ctx, "/.well-known/openid-configuration")
}

// JWKS returns the keys that the API server serves, as they are.
func (c *Client) JWKS(ctx context.Context) ([]byte, error) {
	return c.document(ctx, "/openid/v1/jwks")
}

func (c *Client) document(ctx context.Context, path string) ([]byte, error) {
	const media = "application/json, application/jwk-set+json" // the JWKS is refused to who asks for JSON only
	return ask("get "+path, func() ([]byte, error) {
		body, err := c.kube.Discovery().RESTClient().Get().AbsPath(path).SetHeader("Accept", media).Stream(ctx)
		if err != nil {
			return nil, err
		}
		defer body.Close()
		b, err := io.ReadAll(io.LimitReader(body, documentLimit+1))
		switch {
		case err != nil:
			return nil, &facts.Gap{Kind: facts.Unreachable, Detail: oneLine("the answer broke off: " + err.Error())}
		case len(b) > documentLimit:
			return nil, &facts.Gap{Kind: facts.Malformed, Detail: fmt.Sprintf("the answer is longer than %d bytes", documentLimit)}
		}
		return b, nil
	}).Get()
}
