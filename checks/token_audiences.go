package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// tokenAudiences are the audiences of the binding's tokens: of those that its workloads
// read, else of what the webhook would project. "" is the API server's own. A token that
// is at fault itself counts by the audience that it should have: token-audience tells.
func (a *Audit) tokenAudiences(b *Binding) []string {
	var audiences []string
	for _, w := range b.Workloads {
		for _, p := range w.projections() {
			audience := p.audience
			if meant, wrong := a.wrongAudience(b, p); wrong && audience != "" {
				audience = meant
			}
			if !slices.Contains(audiences, audience) {
				audiences = append(audiences, audience)
			}
		}
	}
	if len(audiences) == 0 {
		audiences = a.audiencesOf(b)
	}
	if len(audiences) == 0 {
		audiences = []string{a.webhook().Audience}
	}
	return audiences
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
	slip := likeAudience(given, usual) != ""
	if t := a.trust(b); !slip && (t.result == nil || t.accepts(given) || !t.accepts(usual)) {
		return Remedy{}, false
	}
	return Remedy{
		Text: fmt.Sprintf("take the annotation %s away from %s, so that tokens have the audience %s%s", key, b.Account, usual, anew(b.Workloads)),
		Edits: append([]edit.Edit{edit.Annotate{Context: a.context(), Object: b.Account, Key: key, Remove: true}},
			a.restarts(b.Workloads)...),
		Owner: ownerOf(sa.Meta),
	}, true
}

// accepts says whether the trust policy allows the call with a token of the audience.
func (t *trust) accepts(audience string) bool {
	return t.document.Evaluate(t.request(t.binding.Subject(), audience)).Decision != policy.Denied
}

// likeAudience tells how a text that was meant to be the audience misses it; "" when
// something else was meant.
func likeAudience(text, audience string) string {
	inFound, inExpected := differ(text, audience)
	switch {
	case text == audience:
		return ""
	case unseen(text) != "" && plainText(text) == audience:
		return "holds characters that are not seen: " + unseen(text)
	case strings.EqualFold(text, audience):
		return "differs in case, which counts"
	case audience == inject.DefaultAudience && strings.HasPrefix(text, "sts.") && strings.Contains(text, ".amazonaws.com"):
		return "is an endpoint of STS: the audience is a name, which region and partition do not change"
	case levenshtein.ComputeDistance(text, audience) <= len(audience)/5, strings.HasSuffix(audience, "."+text):
		return fmt.Sprintf("differs from the token's in the brackets: %s, %s", inFound, inExpected)
	}
	return ""
}
