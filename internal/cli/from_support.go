package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// snapshot is what the support bundle tells of what the command line asks for.
func (b *supportBundle) snapshot(c *cli.Context) (*facts.Snapshot, error) {
	asked := facts.Asked{Namespace: c.String("namespace")}
	names, whole := b.Namespaces()
	switch {
	case asked.Namespace != "" && !whole && len(names) > 0 && !slices.Contains(names, asked.Namespace):
		return nil, refuse("-n may be "+strings.Join(names, ", "), "the support bundle holds nothing of namespace %s", asked.Namespace)
	case asked.Namespace != "" || c.Bool("all-namespaces") || whole && c.NArg() == 0:
	case len(names) == 1:
		asked.Namespace = names[0]
	default:
		return nil, refuse("-n may be "+strings.Join(names, ", "), "the support bundle holds %d namespaces, and none was chosen", len(names))
	}
	var err error
	if asked.Targets, err = parseTargets(c.Args().Slice(), asked.Namespace); err != nil {
		return nil, err
	}
	s := &facts.Snapshot{Version: facts.SchemaVersion, TakenAt: b.TakenAt(b.folder, b.modified), Asked: asked, Cluster: b.Cluster(asked)}
	gap := &facts.Gap{Kind: facts.NotCollected, Detail: "a support bundle holds nothing of AWS and of the issuer"}
	s.Issuer = facts.Issuer{
		APIServer: facts.Missing[facts.Discovery](gap), Keys: facts.Missing[[]facts.Key](gap),
		Public: facts.Missing[facts.Discovery](gap), PublicKeys: facts.Missing[[]facts.Key](gap), TLS: facts.Missing[facts.TLSChain](gap),
	}
	s.AWS.Caller, s.AWS.EKS = facts.Missing[facts.Caller](gap), facts.Missing[facts.EKSCluster](gap)
	s.AWS.Associations = facts.Missing[map[string]facts.Association](gap)
	proof := &facts.Gap{Kind: facts.NotAsked, Detail: "a support bundle holds no proofs"}
	s.Tokens, s.Executions = facts.Missing[[]facts.Token](proof), facts.Missing[[]facts.Execution](proof)
	return s, nil
}
