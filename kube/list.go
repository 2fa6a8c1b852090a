package kube

import (
	"context"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const (
	pageSize      = 500 // as kubectl's
	parallelCalls = 16
)

// A lister is the typed client of one resource.
type lister[L metav1.ListInterface] interface {
	List(context.Context, metav1.ListOptions) (L, error)
}

// each gives every item of a listing to do, page by page. What do keeps of an item
// keeps the item's page in memory only as far as it is shared.
func each[L metav1.ListInterface, T any](ctx context.Context, from lister[L], o metav1.ListOptions, items func(L) []T, do func(*T)) error {
	o.Limit = pageSize
	for {
		page, err := from.List(ctx, o)
		if err != nil {
			return err
		}
		if page.GetResourceVersion() == "" { // client-go takes any JSON object for an empty list
			return &facts.Gap{Kind: facts.Malformed, Detail: "the answer is no list of Kubernetes"}
		}
		all := items(page)
		for i := range all {
			do(&all[i])
		}
		if o.Continue = page.GetContinue(); o.Continue == "" {
			return nil
		}
	}
}

// whole tells an object from a JSON object of something else, which client-go takes for
// an empty one, and an object that is not there from a server that is not the API's: that
// always says so in a Status.
func whole[O metav1.Object](o O, err error) (O, error) {
	switch {
	case err == nil && o.GetName() == "":
		err = &facts.Gap{Kind: facts.Malformed, Detail: "the answer is no object of Kubernetes"}
	case apierrors.IsNotFound(err) && apierrors.IsUnexpectedServerError(err):
		err = &facts.Gap{Kind: facts.Unreachable, Detail: oneLine("the API server does not answer, but something else: " + err.Error())}
	}
	return o, err
}

// named selects the objects of a name, across namespaces where need be.
func named(name string) metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: "metadata.name=" + name}
}

// A round is a set of questions that wait for nobody's answer.
type round struct{ group errgroup.Group }

func newRound() *round {
	r := new(round)
	r.group.SetLimit(parallelCalls)
	return r
}

func (r *round) wait() { _ = r.group.Wait() } // learn returns no error

// learn asks in the round; the answer is in its place when the round has ended.
func learn[V any](r *round, to *facts.Fact[V], call string, question func() (V, error)) {
	r.group.Go(func() error {
		*to = ask(call, question)
		return nil
	})
}

// ask asks once more when the server forgot midway where a listing was (410 Gone).
func ask[V any](call string, question func() (V, error)) facts.Fact[V] {
	v, err := question()
	if apierrors.IsResourceExpired(err) {
		v, err = question()
	}
	if err != nil {
		return facts.Missing[V](gapOf(call, err))
	}
	return facts.Known(v)
}

// then derives one fact from another.
func then[V, W any](f facts.Fact[V], derive func(V) (W, error)) facts.Fact[W] {
	v, err := f.Get()
	if err != nil {
		return facts.Missing[W](err)
	}
	w, err := derive(v)
	if err != nil {
		return facts.Missing[W](err)
	}
	return facts.Known(w)
}
