package cli

import (
	"bufio"
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Proofs are the live proofs that the user asked for. Raw tokens live here and in
// the looker's tokens only, never in a snapshot, a report or an error.
type proofs struct {
	mint, exec bool
	file       []byte // the token of --token-file; nil when there is none
}

func (p *program) proofsOf(c *cli.Context) (proofs, error) {
	asked := proofs{mint: c.Bool("mint"), exec: c.Bool("exec")}
	if name := c.String("token-file"); name != "" {
		if strings.HasPrefix(name, "eyJ") { // every token begins so: JSON in base64
			return asked, refuse("pipe the token in: --token-file -", "--token-file takes the name of a file, and was given what looks like a token")
		}
		b, err := p.readFile(name)
		if err != nil {
			return asked, refuse("--token-file FILE, or - for standard input", "read the token: %w", err)
		}
		asked.file = append([]byte{}, b...)
	}
	return asked, nil
}

// Tokens are the raw tokens that a look got. They are kept only to make sure that none is
// written anywhere.
type tokens struct {
	mu  sync.Mutex
	raw []string
}

func (t *tokens) note(raw string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.raw = append(t.raw, raw)
}

func (t *tokens) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.raw)
}

// decode looks into a raw token, unless got already says why there is none.
func (l *looker) decode(ctx context.Context, v verifier, raw string, got facts.Token) facts.Token {
	l.tokens.note(raw)
	return v.decode(ctx, raw, got)
}

// Evidence is what one live proof saw.
type evidence struct {
	tokens     []facts.Token
	executions []facts.Execution
}

// prove looks into the tokens and the containers that were asked for.
func (l *looker) prove(ctx context.Context, wanted checks.Wanted, v verifier) (facts.Fact[[]facts.Token], facts.Fact[[]facts.Execution]) {
	var proofs []func() evidence
	if l.proofs.file != nil {
		proofs = append(proofs, func() evidence {
			return evidence{tokens: []facts.Token{v.decode(ctx, string(l.proofs.file), facts.Token{Source: "file"})}}
		})
	}
	if l.proofs.mint {
		for _, t := range wanted.Tokens {
			proofs = append(proofs, func() evidence { return l.mint(ctx, v, t) })
		}
	}
	if l.proofs.exec {
		for _, pod := range wanted.Pods {
			for _, container := range pod.Containers {
				proofs = append(proofs, func() evidence { return l.execute(ctx, v, pod, container) })
			}
		}
	}
	seen := make([]evidence, len(proofs))
	var group errgroup.Group
	group.SetLimit(8)
	for i, proof := range proofs {
		group.Go(func() error {
			seen[i] = proof()
			return nil
		})
	}
	group.Wait()

	var all evidence
	for _, e := range seen {
		all.tokens, all.executions = append(all.tokens, e.tokens...), append(all.executions, e.executions...)
	}
	tokens, executions := facts.Known(all.tokens), facts.Known(all.executions)
	if !l.proofs.exec {
		executions = facts.Missing[[]facts.Execution](&facts.Gap{Kind: facts.NotAsked, Detail: "--exec looks into the running pod"})
	}
	if !l.proofs.mint && !l.proofs.exec && l.proofs.file == nil {
		tokens = facts.Missing[[]facts.Token](&facts.Gap{Kind: facts.NotAsked, Detail: "--mint, --exec and --token-file look into a token"})
	}
	return tokens, executions
}

// mint has a token made and looks into it.
func (l *looker) mint(ctx context.Context, v verifier, t checks.TokenWanted) evidence {
	got := facts.Token{Source: "mint", Account: t.Account.Key()}
	raw, err := l.kube.Mint(ctx, t.Account, t.Audience)
	if err != nil {
		got.Gap = unproven(err)
	}
	return evidence{tokens: []facts.Token{l.decode(ctx, v, raw, got)}}
}

// unproven is why a proof that was asked for could not be had. What was absent is a
// means, such as a command in the container, and says nothing of the token.
func unproven(err error) *facts.Gap {
	gap := *facts.Missing[bool](err).Gap
	if gap.Kind == facts.Absent {
		gap.Kind = facts.NotCollected
	}
	return &gap
}

// execute reads a container's environment and token.
func (l *looker) execute(ctx context.Context, v verifier, pod checks.PodWanted, container string) evidence {
	const limit = 1 << 20 // bytes
	seen := facts.Execution{Workload: pod.Workload, Pod: pod.Pod, Container: container}
	out, err := l.kube.Exec(ctx, pod.Workload.Namespace, pod.Pod, container, []string{"env"}, limit)
	got := facts.Token{Source: "exec", Workload: pod.Workload}
	if err != nil {
		seen.Gap = unproven(err)
		got.Gap = seen.Gap
		return evidence{[]facts.Token{got}, []facts.Execution{seen}}
	}
	seen.Env = keptVariables(out)
	e := evidence{executions: []facts.Execution{seen}}
	path := seen.Env["AWS_WEB_IDENTITY_TOKEN_FILE"]
	if path == "" {
		return e
	}
	raw, err := l.kube.Exec(ctx, pod.Workload.Namespace, pod.Pod, container, []string{"cat", path}, limit)
	if err != nil {
		got.Gap = facts.Missing[facts.Token](err).Gap
	}
	e.tokens = []facts.Token{l.decode(ctx, v, string(raw), got)}
	return e
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
