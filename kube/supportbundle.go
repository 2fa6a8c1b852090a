package kube

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A SupportBundle is what a support bundle of troubleshoot.sh holds of a cluster. Its
// files are read one by one, in any order, each to its end and none kept. The zero
// SupportBundle is one without files.
//
// What it does not hold is a gap that names the file, and so is what a redactor has
// hidden (***HIDDEN***): the value of a variable alone, or else the whole listing.
type SupportBundle struct {
	version    facts.Fact[string]
	namespaces facts.Fact[map[string]facts.Namespace]
	form       form // of the file of namespaces
	webhooks   facts.Fact[map[string]facts.WebhookConfiguration]
	stored     map[string]*storedNamespace
	errors     map[string]map[string]string // by directory, then by namespace, "" for all
	lists      bool                         // listings are lists of Kubernetes, not arrays as in older bundles
	latest     time.Time
}

// A storedNamespace is what the files of one namespace hold. A file that was not read,
// or is empty, is a Fact that nobody looked for.
type storedNamespace struct {
	objects    map[facts.Kind]facts.Fact[objects]
	pods       facts.Fact[podListing]
	events     facts.Fact[[]facts.FailedCreate]
	policies   facts.Fact[[]facts.NetworkPolicy]
	configMaps facts.Fact[storedConfigMaps]
	services   facts.Fact[map[string]map[string]string] // selectors, by name
	endpoints  facts.Fact[map[string]readiness]         // by name of the Service
}

type storedConfigMaps struct {
	roleMaps []facts.RoleMap
	webhook  string // the configuration of a pod identity webhook
}

// IsSupportBundle says whether an archive that holds such a file is a support bundle of
// troubleshoot.sh. Paths are below the archive's top directory, with slashes.
func IsSupportBundle(path string) bool { return strings.HasPrefix(path, resources) }

// Wants says whether Read takes something from the file. Logs, above all, it does not.
func (*SupportBundle) Wants(path string) bool {
	_, ok := placeOf(path)
	return ok
}

// Read reads a file. The error is r's own; a file that holds something else than it
// should is a gap.
func (b *SupportBundle) Read(path string, r io.Reader) error {
	p, ok := placeOf(path)
	if !ok {
		return nil
	}
	if b.stored == nil {
		b.stored, b.errors = map[string]*storedNamespace{}, map[string]map[string]string{}
	}
	from := &watched{Reader: r}
	b.read(p, from)
	return from.err
}

// watched remembers why reading ended early.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// Namespaces are those of which the bundle holds listings, sorted. They are the whole
// cluster's where the namespaces were listed rather than chosen; otherwise what is in
// other namespaces is not known, and a look at all of them knows nothing.
func (b *SupportBundle) Namespaces() (names []string, whole bool) {
	names = slices.Sorted(maps.Keys(b.stored))
	_, err := b.namespaces.Get()
	return names, err == nil && (b.form == asList || b.form == asArray && !b.lists)
}

// TakenAt is about when the bundle was taken, or zero when nothing tells: when its files
// were modified, unless that is far from what the name of its top directory says, which
// is in the local time of whoever took it. No object in it is newer.
func (b *SupportBundle) TakenAt(directory string, modified time.Time) time.Time {
	const zones = 14 * time.Hour // from UTC at most
	named, err := time.Parse("2006-01-02T15_04_05", stamp.FindString(directory))
	if err == nil && (modified.IsZero() || modified.Sub(named).Abs() > zones) {
		modified = named
	}
	return latest(modified, b.latest)
}

var stamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d`)

// notice keeps the time of the newest change.
func (b *SupportBundle) notice(o metav1.Object) {
	b.latest = latest(b.latest, o.GetCreationTimestamp().Time)
	for _, f := range o.GetManagedFields() {
		if f.Time != nil {
			b.latest = latest(b.latest, f.Time.Time)
		}
	}
}

// fileFact is what was read of a file, or why there was nothing to read.
func fileFact[V any](b *SupportBundle, f facts.Fact[V], p place, call string) facts.Fact[V] {
	switch {
	case f.Value != nil:
		return f
	case f.Gap != nil:
		gap := *f.Gap
		gap.Call = call
		return facts.Missing[V](&gap)
	}
	text := cmp.Or(b.errors[p.directory][p.namespace], b.errors[p.directory][""])
	gap := &facts.Gap{Kind: facts.Unreachable, Call: call, Detail: oneLine(errorsOf(p.directory) + ": " + text)}
	switch {
	case text == "":
		gap.Kind, gap.Detail = facts.NotCollected, oneLine("the support bundle holds no "+fileOf(p))
	case strings.Contains(text, "forbidden"), strings.Contains(text, "Unauthorized"): // client-go's words
		gap.Kind = facts.Forbidden
	}
	return facts.Missing[V](gap)
}
