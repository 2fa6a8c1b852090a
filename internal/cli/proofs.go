package cli

import (
	"bufio"
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
	"github.com/irsa-doctor/irsa-doctor/internal/token"
)

// Proofs are the live proofs that the user asked for. Raw tokens live here and on
// the stack only, never in a snapshot, a report or an error.
type proofs struct {
	mint, exec bool
	file       []byte // the token of --token-file; nil when there is none
}

func (p *program) proofsOf(c *cli.Context) (proofs, error) {
	asked := proofs{mint: c.Bool("mint"), exec: c.Bool("exec")}
	if name := c.String("token-file"); name != "" {
		b, err := p.readFile(name)
		if err != nil {
			return asked, refuse("--token-file FILE, or - for standard input", "read the token: %w", err)
		}
		asked.file = append([]byte{}, b...)
	}
	return asked, nil
}

// prove looks into the tokens that were asked for.
func (l *looker) prove(ctx context.Context, s *facts.Snapshot, published *keys) {
	s.Executions = facts.Missing[[]facts.Execution](&facts.Gap{Kind: facts.NotAsked, Detail: "--exec looks into the running pod"})
	if !l.proofs.mint && !l.proofs.exec && l.proofs.file == nil {
		s.Tokens = facts.Missing[[]facts.Token](&facts.Gap{Kind: facts.NotAsked, Detail: "--mint, --exec and --token-file look into a token"})
		return
	}
	e := &evidence{keys: published, issuer: s.Issuer.APIServer.Or(facts.Discovery{}).Issuer}
	wanted := checks.Wants(s)
	var group errgroup.Group
	group.SetLimit(8)
	if l.proofs.file != nil {
		e.token(ctx, string(l.proofs.file), facts.Token{Source: "file"})
	}
	if l.proofs.mint {
		for _, t := range wanted.Tokens {
			group.Go(func() error {
				got := facts.Token{Source: "mint", Account: t.Account.Key()}
				raw, err := l.kube.Mint(ctx, t.Account, t.Audience)
				if err != nil {
					got.Gap = facts.Missing[facts.Token](err).Gap
				}
				e.token(ctx, raw, got)
				return nil
			})
		}
	}
	if l.proofs.exec {
		s.Executions = facts.Known([]facts.Execution{})
		for _, pod := range wanted.Pods {
			for _, container := range pod.Containers {
				group.Go(func() error {
					l.execute(ctx, e, pod, container)
					return nil
				})
			}
		}
	}
	group.Wait()
	s.Tokens = facts.Known(e.tokens)
	if l.proofs.exec {
		s.Executions = facts.Known(e.executions)
	}
}

// execute reads a container's environment and token.
func (l *looker) execute(ctx context.Context, e *evidence, pod checks.PodWanted, container string) {
	const limit = 1 << 20
	seen := facts.Execution{Workload: pod.Workload, Pod: pod.Pod, Container: container}
	out, err := l.kube.Exec(ctx, pod.Workload.Namespace, pod.Pod, container, []string{"env"}, limit)
	if err != nil {
		seen.Gap = facts.Missing[facts.Execution](err).Gap
		e.execution(seen)
		return
	}
	seen.Env = keptVariables(out)
	e.execution(seen)
	path := seen.Env["AWS_WEB_IDENTITY_TOKEN_FILE"]
	if path == "" {
		return
	}
	got := facts.Token{Source: "exec", Workload: pod.Workload}
	raw, err := l.kube.Exec(ctx, pod.Workload.Namespace, pod.Pod, container, []string{"cat", path}, limit)
	if err != nil {
		got.Gap = facts.Missing[facts.Token](err).Gap
	}
	e.token(ctx, string(raw), got)
}

// keptVariables reads the output of env, and keeps what a snapshot may hold.
func keptVariables(out []byte) map[string]string {
	kept := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), "=")
		switch {
		case !ok:
		case facts.KeepValue(name):
			kept[name] = facts.Kept(name, value)
		case facts.IsKey(name):
			kept[name] = ""
		}
	}
	return kept
}

// Evidence gathers what live proofs saw.
type evidence struct {
	issuer string
	keys   *keys

	mu         sync.Mutex
	tokens     []facts.Token
	executions []facts.Execution
}

// token decodes and verifies a raw token, unless got already says why there is none.
func (e *evidence) token(ctx context.Context, raw string, got facts.Token) {
	if got.Gap == nil {
		decoded := token.Decode(raw)
		decoded.Source, decoded.Account, decoded.Workload = got.Source, got.Account, got.Workload
		got = decoded
		if got.Problem == "" {
			got.Verified = e.verify(ctx, raw, got.Issuer)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tokens = append(e.tokens, got)
}

// verify holds the signature against the keys of the token's own issuer: the API
// server's for the cluster's, else those that EKS publishes. Keys of an issuer that
// nobody vouches for are not fetched: a token from outside must not choose a URL.
func (e *evidence) verify(ctx context.Context, raw, issuer string) facts.Fact[bool] {
	if issuer == e.issuer && issuer != "" {
		if e.keys.err != nil {
			return facts.Missing[bool](e.keys.err)
		}
		return e.keys.set.Verify(raw)
	}
	if region.IsEKSIssuer(issuer) {
		published := token.Fetch(ctx, issuer, token.FetchOptions{})
		if chain, err := published.TLS.Get(); err != nil || !chain.Public {
			return facts.Missing[bool](&facts.Gap{Kind: facts.Unreachable, Detail: "nobody vouches for the certificate of " + issuer})
		}
		if _, err := published.PublicKeys.Get(); err != nil {
			return facts.Missing[bool](err)
		}
		return published.Keys.Verify(raw)
	}
	return facts.Missing[bool](&facts.Gap{Kind: facts.NotCollected, Detail: "the keys of issuer " + issuer + " were not fetched: it is not this cluster's"})
}

func (e *evidence) execution(x facts.Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.executions = append(e.executions, x)
}
