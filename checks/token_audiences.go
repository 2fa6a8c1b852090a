package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// tokenAudiences are the audiences of the binding's tokens: of those that its workloads
// read, else of what the webhook would project. "" is the API server's own.
func (a *Audit) tokenAudiences(b *Binding) []string {
	if audiences := a.audiencesOf(b); len(audiences) > 0 {
		return audiences
	}
	return []string{a.webhook().Audience}
}

// correctAudience is the remedy for an annotation that gives tokens an audience which
// neither the provider nor the trust policy accepts, or which is a slip of the hand,
// while the webhook's own would do. It is not ok for anything else.
func (a *Audit) correctAudience(b *Binding, provider facts.Provider) (Remedy, bool) {
	sa, err := a.serviceAccount(b.Account)
	if err != nil {
		return Remedy{}, false
	}
	usual, key := a.webhook().Audience, a.webhook().Prefix+"/audience"
	given, ok := sa.Annotations[key]
	if !ok || given == usual || slices.Contains(provider.ClientIDs, given) || !slices.Contains(provider.ClientIDs, usual) {
		return Remedy{}, false
	}
	slip := nearly(plainText(given), usual) || strings.HasPrefix(given, "sts.")
	if t := a.trust(b); !slip && (t.result == nil || t.accepts(given) || !t.accepts(usual)) {
		return Remedy{}, false
	}
	return Remedy{
		Text: fmt.Sprintf("take the annotation %s away from %s, so that tokens have the audience %s%s", key, b.Account, usual, anew(b.Workloads)),
		Edits: append([]edit.Edit{edit.Annotate{Context: a.Asked.Context, Object: b.Account, Key: key, Remove: true}},
			a.restarts(b.Workloads)...),
		Owner: ownerOf(sa.Meta),
	}, true
}

// accepts says whether the trust policy allows the call with a token of the audience.
func (t *trust) accepts(audience string) bool {
	return t.document.Evaluate(t.request(t.binding.Subject(), audience)).Decision != policy.Denied
}
