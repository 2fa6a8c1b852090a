package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/archive"
	"github.com/irsa-doctor/irsa-doctor/internal/bundle"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
	"github.com/irsa-doctor/irsa-doctor/kube"
	"github.com/irsa-doctor/irsa-doctor/report"
)

const saveHint = "irsa-doctor check --save FILE writes a snapshot, and irsa-doctor bundle a bundle"

// A saved is what an earlier run left, or another tool: one of the two.
type saved struct {
	text    []byte         // of a snapshot or another JSON document, as it was saved
	support *supportBundle // of troubleshoot.sh
}

// A supportBundle is what was read of one.
type supportBundle struct {
	kube.SupportBundle
	folder   string
	modified time.Time // of its newest file
}

// They bound what a small text can make of memory: an object, or a null in its place,
// may take a kilobyte. The snapshot of 10,000 accounts with 50,000 pods has 400,000
// objects and 800,000 commas.
const (
	maxObjects = 1_000_000
	maxCommas  = 10_000_000
)

// readSaved reads a file, or standard input for "-", and tells by its content what it is.
// Nothing may ever come: an interrupt ends the wait.
func (p *program) readSaved(name string) (saved, error) {
	var s saved
	var err error
	read := make(chan struct{})
	go func() {
		defer close(read)
		s, err = p.readNow(name)
	}()
	select {
	case <-read:
		return s, err
	case <-p.ctx.Done():
		return saved{}, &exit{code: exitInterrupted, err: fmt.Errorf("interrupted while reading %s", nameOf(name))}
	}
}

func (p *program) readNow(name string) (saved, error) {
	f, err := p.openFile(name)
	if err != nil {
		return saved{}, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	var s saved
	if magic, _ := r.Peek(2); string(magic) == "\x1f\x8b" {
		s, err = readArchive(r)
	} else if s.text, err = readBounded(r, sizeOf(f)); err == nil && len(bytes.TrimSpace(s.text)) == 0 {
		err = errors.New("is empty")
	}
	if err != nil {
		return s, err
	}
	if n := bytes.Count(s.text, []byte("{")) + bytes.Count(s.text, []byte("null")); n > maxObjects {
		return s, fmt.Errorf("holds %d objects of JSON, more than %d", n, maxObjects)
	}
	if n := bytes.Count(s.text, []byte(",")); n > maxCommas {
		return s, fmt.Errorf("holds %d values of JSON, more than %d", n, maxCommas)
	}
	return s, nil
}

// readArchive reads a bundle of ours or of troubleshoot.sh in one go.
func readArchive(r io.Reader) (saved, error) {
	var ours bundle.Reading
	var theirs supportBundle
	err := archive.Read(r, func(e archive.Entry) error {
		folder, path, _ := strings.Cut(e.Name, "/")
		if kube.IsSupportBundle(path) {
			theirs.folder = folder
		}
		if e.Modified.After(theirs.modified) {
			theirs.modified = e.Modified
		}
		switch {
		case !e.Odd && theirs.Wants(path):
			return theirs.Read(path, e)
		case theirs.folder != "": // has links and logs, too
			return nil
		}
		return ours.Take(e)
	})
	switch {
	case err != nil:
		return saved{}, err
	case ours.IsBundle():
		text, err := ours.Snapshot()
		return saved{text: text}, err
	case theirs.folder != "":
		return saved{support: &theirs}, nil
	}
	return saved{}, errors.New("is no bundle: it holds neither manifest.json nor cluster-resources")
}

// snapshot parses a saved snapshot.
func (f saved) snapshot() (*facts.Snapshot, error) {
	s, err := facts.Parse(f.text)
	if err != nil && report.Is(f.text) {
		if _, no := report.Read(f.text); no == nil {
			return nil, errors.New("is a report; only what it was made from can be judged again")
		}
	}
	return s, err
}

// fromFile reads what was saved; targets on the command line choose among what it holds.
func (p *program) fromFile(c *cli.Context, file string) (*facts.Snapshot, error) {
	s, _, err := p.savedSnapshot(c, file)
	if err != nil {
		return nil, err
	}
	return s, choose(c, s)
}

// savedSnapshot reads what was saved. The text is that of the snapshot as it was saved, nil
// for what other tools save.
func (p *program) savedSnapshot(c *cli.Context, file string) (s *facts.Snapshot, text []byte, err error) {
	if flag := needsLook(c); flag != "" {
		return nil, nil, refuse("leave out --"+flag+", or look at the cluster itself", "--from judges what was saved, and --%s needs a new look", flag)
	}
	f, err := p.readSaved(file)
	switch {
	case err != nil:
	case f.support != nil:
		s, err = f.support.snapshot(c)
	default:
		s, err = f.snapshot()
	}
	if _, told := errors.AsType[*exit](err); told {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, refuse(saveHint, "%w", unreadable(file, err))
	}
	secret.Scrub(s, nil) // what others have saved
	return s, f.text, nil
}

// unreadable names the file, unless the error does.
func unreadable(file string, err error) error {
	if _, named := errors.AsType[*os.PathError](err); named {
		return err
	}
	return fmt.Errorf("%s: %w", nameOf(file), err)
}

// nameOf is what messages call a file.
func nameOf(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// choose has the command line say what of a snapshot is asked for.
func choose(c *cli.Context, s *facts.Snapshot) error {
	var err error
	if s.Asked.Error, err = givenError(c, s.Asked.Error); err != nil {
		return err
	}
	namespace, chosen := s.Asked.Namespace, c.IsSet("namespace") || c.Bool("all-namespaces")
	if c.IsSet("namespace") {
		namespace = c.String("namespace")
	}
	if c.Bool("all-namespaces") {
		namespace = ""
	}
	if seen := s.Cluster.Namespace; chosen && seen != "" && namespace != seen {
		return refuse("leave out -n and -A, or look at the cluster itself", "the snapshot was taken of namespace %s alone", seen)
	}
	switch {
	case c.NArg() > 0:
		if namespace == "" {
			return refuse("add -n NAMESPACE", "the snapshot holds several namespaces, and the target names none")
		}
		targets, err := parseTargets(c.Args().Slice(), namespace)
		if err != nil {
			return err
		}
		for i := range targets {
			if targets[i], err = held(s, targets[i]); err != nil {
				return err
			}
		}
		s.Asked.Targets, s.Asked.Namespace = targets, namespace
	case namespace != s.Asked.Namespace:
		s.Asked.Namespace, s.Asked.Targets = namespace, nil
	}
	return nil
}

// held finds a target in a saved snapshot: itself, or what owns it. A snapshot leaves
// out what another workload owns and what a selector did not choose, so that it can not
// tell whether such a target is there.
func held(s *facts.Snapshot, target facts.Ref) (facts.Ref, error) {
	if _, ok := s.Cluster.Workloads[target.Kind].Or(nil)[target.Key()]; ok {
		return target, nil
	}
	if top, ok := s.Cluster.Owners[target]; ok {
		return top, nil
	}
	for _, p := range s.Cluster.Pods.Or(nil) {
		if target.Kind == facts.Pod && p.Owner.Namespace == target.Namespace && slices.Contains(p.Names, target.Name) {
			return p.Owner, nil
		}
	}
	owned := slices.Contains([]facts.Kind{facts.Pod, facts.ReplicaSet, facts.Job}, target.Kind)
	if owned || s.Asked.Selector != "" && target.Kind != facts.ServiceAccountKind {
		return target, refuse("name the workload on top, or look at the cluster itself", "the snapshot was not taken of %s/%s", target.Kind, target.Name)
	}
	return target, nil
}

// needsLook returns a flag of the command line that a saved snapshot can not heed, or "".
func needsLook(c *cli.Context) string {
	for _, f := range lookFlags() {
		name := f.Names()[0]
		if c.IsSet(name) && !slices.Contains([]string{"from", "namespace", "all-namespaces", "error"}, name) {
			return name
		}
	}
	if c.IsSet("wait") {
		return "wait"
	}
	return ""
}
