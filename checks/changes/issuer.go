package changes

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func (l *ledger) issuer(was, now facts.Issuer) {
	at := func(part string) place { return whole(part, checks.LinkIssuer) }
	for _, d := range []struct {
		part     string
		was, now facts.Fact[facts.Discovery]
	}{
		{"discovery document of the API server", was.APIServer, now.APIServer},
		{"discovery document of the issuer", was.Public, now.Public},
	} {
		single(l, at(d.part), d.was, d.now, func(x, y facts.Discovery) {
			l.compare(at(d.part), discovery(x), discovery(y))
		})
	}
	for _, k := range []struct {
		part     string
		was, now facts.Fact[[]facts.Key]
	}{
		{"JWKS of the API server", was.Keys, now.Keys},
		{"JWKS of the issuer", was.PublicKeys, now.PublicKeys},
	} {
		single(l, at(k.part), k.was, k.now, func(x, y []facts.Key) { l.values(at(k.part), "", jwks(x), jwks(y)) })
	}
	chain := at("certificates of the JWKS host")
	single(l, chain, was.TLS, now.TLS, func(x, y facts.TLSChain) { l.values(chain, "", x.Fingerprints, y.Fingerprints) })
}

func discovery(d facts.Discovery) items {
	i := items{"response types": d.ResponseTypes, "subject types": d.SubjectTypes, "algorithms": d.Algorithms}
	i.add("issuer", d.Issuer)
	i.add("jwks_uri", d.JWKSURI)
	return i
}

func jwks(all []facts.Key) []string {
	var texts []string
	for _, k := range all {
		texts = append(texts, strings.Join(strings.Fields(k.ID+" "+k.Type+" "+k.Algorithm+" "+k.Use), " "))
	}
	return texts
}
