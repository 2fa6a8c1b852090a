// Package region knows the regions and partitions of AWS, from a table of its own.
// The table goes stale as AWS grows: a region that it lacks may exist, so what looks
// like one is never said to be wrong.
package region

import (
	_ "embed"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Partition is a group of regions with accounts of its own. No trust crosses from
// one to another.
type Partition struct {
	ID              string            // as in ARNs: "aws", "aws-cn"
	Pattern         string            // regular expression that the names of its regions match
	DNSSuffix       string            // of its endpoints
	DualStackSuffix string            // of its endpoints that speak IPv6 too
	Global          string            // region of its global services
	Pseudo          []string          // names that stand for the whole partition, which are no regions
	Regions         map[string]string // display names, by name
}

// A Region is a region. Display is "" when the table lacks it.
type Region struct {
	Name    string // "us-east-1"
	Display string // "US East (N. Virginia)"
}

// The table carries the figures of aws-sdk-go-v2's partitions.json.
//
//go:embed partitions.json
var table []byte

var partitions, patterns = load()

func load() ([]Partition, []*regexp.Regexp) {
	var all []Partition
	if err := json.Unmarshal(table, &all); err != nil {
		panic(err) // the table is part of the program
	}
	var compiled []*regexp.Regexp
	for _, p := range all {
		compiled = append(compiled, regexp.MustCompile(p.Pattern))
	}
	return all, compiled
}

// Partitions returns all partitions, "aws" first.
func Partitions() []Partition { return slices.Clone(partitions) }

// PartitionByID returns the partition that ARNs name so.
func PartitionByID(id string) (Partition, bool) {
	i := slices.IndexFunc(partitions, func(p Partition) bool { return p.ID == id })
	if i < 0 {
		return Partition{}, false
	}
	return partitions[i], true
}

// Lookup returns a region and its partition, and whether the table holds it. A name
// that it lacks and that looks like a region of some partition has that partition;
// anything else has the zero Partition.
func Lookup(name string) (p Partition, r Region, known bool) {
	for _, p := range partitions {
		if display, ok := p.Regions[name]; ok {
			return p, Region{name, display}, true
		}
	}
	for i, pattern := range patterns {
		if pattern.MatchString(name) {
			return partitions[i], Region{Name: name}, false
		}
	}
	return Partition{}, Region{Name: name}, false
}

// STSHost is the host of a region's STS endpoint. An SDK takes a region of no known
// partition to be one of aws, and so does this.
func STSHost(region string) string {
	suffix := partitions[0].DNSSuffix
	if p, _, _ := Lookup(region); p.ID != "" {
		suffix = p.DNSSuffix
	}
	return "sts." + region + "." + suffix
}

// Issuer is the URL of the issuer of an EKS cluster, whose id is 32 hexadecimal
// digits.
func Issuer(region, id string) string {
	p, _, _ := Lookup(region)
	return "https://oidc.eks." + region + "." + p.DNSSuffix + "/id/" + id
}

// OfIssuer returns the region of an EKS cluster by the URL of its issuer, or of the
// dual-stack alias of that. It is "" for an issuer that is none of EKS.
func OfIssuer(issuer string) string {
	region, _, _ := takeApart(issuer)
	return region
}

// IsEKSIssuer says whether the URL is the issuer of an EKS cluster.
func IsEKSIssuer(issuer string) bool {
	region, _, alias := takeApart(issuer)
	return region != "" && !alias
}

// Canonical returns the issuer that a dual-stack alias leads to, and whether the URL
// is such an alias. Tokens carry the issuer, never the alias.
// Source: the discovery document at the alias names the other host.
func Canonical(url string) (issuer string, isAlias bool) {
	region, id, alias := takeApart(url)
	if !alias {
		return url, false
	}
	return Issuer(region, id), true
}

// takeApart reads https://oidc.eks.REGION.SUFFIX/id/ID, and its alias
// https://oidc-eks.REGION.DUALSTACKSUFFIX/id/ID.
func takeApart(issuer string) (region, id string, alias bool) {
	host, id, ok := strings.Cut(strings.TrimPrefix(issuer, "https://"), "/id/")
	if !ok || id == "" {
		return "", "", false
	}
	rest, alias := strings.CutPrefix(host, "oidc-eks.")
	if !alias {
		if rest, ok = strings.CutPrefix(host, "oidc.eks."); !ok {
			return "", "", false
		}
	}
	region, suffix, _ := strings.Cut(rest, ".")
	p, _, _ := Lookup(region)
	if p.ID == "" || suffix != p.DNSSuffix && !alias || suffix != p.DualStackSuffix && alias {
		return "", "", false
	}
	return region, id, alias
}

// names are those of all regions of the table, sorted.
func names() []string {
	var all []string
	for _, p := range partitions {
		all = slices.AppendSeq(all, maps.Keys(p.Regions))
	}
	slices.Sort(all)
	return all
}
