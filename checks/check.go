// Package checks judges a snapshot of facts. A check is pure: it reads what was
// learnt, and nothing else, and leaves it as it was. Checks depend on facts, never
// on one another.
package checks

import (
	"slices"
	"strings"
)

// A Check is one question about a snapshot, and its documentation.
type Check struct {
	ID    string   // slug of the healthy thing; also the name of its file, its fixture and its anchor
	Link  Link     // of the chain, which the question is about
	Stage Stage    // of an SDK's way to credentials, at which a failure is met
	Grain Grain    // what its findings are about
	Worst Severity // that its findings can have
	Title string   // a sentence that is true when all is well, without a period
	Why   string   // what breaks otherwise, in the words of the error that the user met
	Fix   string   // what to do about it in general; a Remedy is the particular
	Refs  []string // pages that back Why and Fix
	Judge func(*Audit) []Finding
}

// A Link is a part of the chain from a workload to what its role may do.
type Link string

const (
	LinkWorkload       Link = "workload"
	LinkServiceAccount Link = "service-account"
	LinkWebhook        Link = "webhook"
	LinkPod            Link = "pod"
	LinkToken          Link = "token"
	LinkIssuer         Link = "issuer"
	LinkProvider       Link = "provider"
	LinkRole           Link = "role"
	LinkTrustPolicy    Link = "trust-policy"
	LinkPermissions    Link = "permissions"
)

// Links are the parts of the chain, in its order.
var Links = []Link{
	LinkWorkload, LinkServiceAccount, LinkWebhook, LinkPod, LinkToken,
	LinkIssuer, LinkProvider, LinkRole, LinkTrustPolicy, LinkPermissions,
}

// A Stage is a step on the way from creating a pod to a call that AWS answers. The
// first stage that fails is what the user sees; what fails later is hidden by it.
type Stage int

const (
	StageCreate     Stage = iota + 1 // the API server creates the pod
	StageConfig                      // the SDK loads its configuration, and what comes before web identity in its chain
	StageChain                       // the SDK finds the web identity variables
	StageToken                       // the SDK reads the token file
	StageRegion                      // the SDK picks a region and an STS endpoint
	StageARN                         // STS reads the role ARN
	StageProvider                    // STS finds the provider of the token's issuer
	StageAudience                    // STS finds the token's audience among the provider's client IDs
	StageSignature                   // STS verifies the token
	StagePrincipal                   // IAM finds a statement of the trust policy for the provider
	StageAction                      // … that allows the action
	StageConditions                  // … and whose conditions hold
	StageCall                        // AWS authorizes the call that the workload makes
)

// A Grain is the kind of object that a check's findings are about.
type Grain string

const (
	GrainCluster   Grain = "cluster"
	GrainProvider  Grain = "provider"
	GrainRole      Grain = "role"
	GrainBinding   Grain = "binding" // a service account and the role it means
	GrainWorkload  Grain = "workload"
	GrainContainer Grain = "container"
)

var registry []*Check

// register adds c to All and returns it.
func register(c *Check) *Check {
	registry = append(registry, c)
	return c
}

// All returns every check in the order of the chain, and by ID within a link.
func All() []*Check {
	return slices.SortedFunc(slices.Values(registry), func(a, b *Check) int {
		if d := slices.Index(Links, a.Link) - slices.Index(Links, b.Link); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
}
