package checks

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// manifest returns the container as its workload's template has it, without what
// admission added. It is not ok for one that admission itself added.
func (c Container) manifest() (facts.Container, bool) {
	containers := c.Workload.Template.Spec.Containers
	i := slices.IndexFunc(containers, func(t facts.Container) bool { return t.Name == c.Name })
	if i < 0 {
		return facts.Container{}, false
	}
	return containers[i], true
}

// setEnv are the edits that set a variable of the container in its template; none where
// that can not be done.
func (a *Audit) setEnv(c Container, name, value string) []edit.Edit {
	if _, ok := c.manifest(); !ok {
		return nil
	}
	return doable(edit.SetEnv{Context: a.context(), Workload: c.Workload.Ref, Container: c.Name, Name: name, Value: value})
}

// unsetEnv are the edits that remove variables of the container from its template; none
// where that can not be done, or where one of them comes from elsewhere.
func (a *Audit) unsetEnv(c Container, names ...string) []edit.Edit {
	template, _ := c.manifest()
	var edits []edit.Edit
	for _, name := range names {
		if _, ok := template.Getenv(name); !ok {
			return nil
		}
		edits = append(edits, edit.SetEnv{Context: a.context(), Workload: c.Workload.Ref, Container: c.Name, Name: name, Unset: true})
	}
	return doable(edits...)
}

// doable returns the edits when a command makes each of them.
func doable(edits ...edit.Edit) []edit.Edit {
	if slices.ContainsFunc(edits, func(e edit.Edit) bool { return len(e.Command()) == 0 }) {
		return nil
	}
	return edits
}

// given says whether the container has the variable with a value, known or not. SDKs
// take an empty one for none.
func given(c facts.Container, name string) (facts.Env, bool) {
	e, ok := c.Getenv(name)
	return e, ok && !e.Empty && (e.Value == nil || *e.Value != "")
}

// unknownSource is where the value of a variable comes from when it is not known, else "".
func unknownSource(c facts.Container, name string) string {
	e, ok := c.Getenv(name)
	if !ok {
		return ""
	}
	_, from := valueOf(c, e)
	return from
}

// unknownIn names the first container of the pod whose variable has a value that is not
// known, and where it comes from; both are "" when there is none.
func unknownIn(pod facts.PodTemplate, name string) (container, from string) {
	for _, c := range pod.Spec.Containers {
		if from := unknownSource(c, name); from != "" {
			return c.Name, from
		}
	}
	return "", ""
}

// logged is an error as the container's log shows it.
func (c Container) logged(err string) string {
	if _, ok := c.ack(); ok {
		return logged(err, c.Workload)
	}
	return err
}

// fromWhere is where a value comes from, as a phrase.
func fromWhere(from string) string {
	if from == "" {
		return ""
	}
	return "from " + from
}
