package edit

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// SetEnv sets or removes a variable in the template of a workload.
type SetEnv struct {
	Context   string
	Workload  facts.Ref
	Container string // "" means every container
	Name      string
	Value     string
	Unset     bool // then Value does not count
}

func (e SetEnv) Command() Command {
	if !editable(e.Workload.Kind) {
		return nil
	}
	args := []string{"set", "env", slash(e.Workload)}
	if e.Container != "" {
		args = append(args, "-c", e.Container)
	}
	if e.Unset {
		return kubectl(e.Context, e.Workload, append(args, e.Name+"-")...)
	}
	return kubectl(e.Context, e.Workload, append(args, e.Name+"="+e.Value)...)
}

func (e SetEnv) Apply(s *facts.Snapshot) {
	changeTemplate(s, e.Workload, func(t *facts.PodTemplate) {
		for i := range t.Spec.Containers {
			c := &t.Spec.Containers[i]
			if e.Container == "" || c.Name == e.Container {
				c.Env = e.change(c.Env)
			}
		}
	})
}

// change keeps the place of a variable that is there already, as kubectl does.
func (e SetEnv) change(env []facts.Env) []facts.Env {
	named := func(v facts.Env) bool { return v.Name == e.Name }
	if e.Unset {
		return slices.DeleteFunc(env, named)
	}
	v := facts.Env{Name: e.Name, Empty: e.Value == ""}
	if facts.KeepValue(e.Name) {
		v.Value = new(facts.Kept(e.Name, e.Value))
	}
	if i := slices.IndexFunc(env, named); i >= 0 {
		env[i] = v
		return env
	}
	return append(env, v)
}

// SetServiceAccount has a workload's pods run as another service account.
type SetServiceAccount struct {
	Context  string
	Workload facts.Ref
	Account  string // of the same namespace
}

func (e SetServiceAccount) Command() Command {
	if !editable(e.Workload.Kind) {
		return nil
	}
	return kubectl(e.Context, e.Workload, "set", "serviceaccount", slash(e.Workload), e.Account)
}

func (e SetServiceAccount) Apply(s *facts.Snapshot) {
	changeTemplate(s, e.Workload, func(t *facts.PodTemplate) { t.Spec.ServiceAccount = e.Account })
}

// RemovePodLabel removes a label from the template of a workload.
type RemovePodLabel struct {
	Context  string
	Workload facts.Ref
	Key      string
}

func (e RemovePodLabel) Command() Command {
	if !editable(e.Workload.Kind) {
		return nil
	}
	template := "/spec/template"
	if e.Workload.Kind == facts.CronJob {
		template = "/spec/jobTemplate/spec/template"
	}
	// The escapes of JSON Pointer, RFC 6901 section 3.
	key := strings.NewReplacer("~", "~0", "/", "~1").Replace(e.Key)
	patch, err := json.Marshal([]map[string]string{{"op": "remove", "path": template + "/metadata/labels/" + key}})
	if err != nil {
		return nil
	}
	return kubectl(e.Context, e.Workload, "patch", slash(e.Workload), "--type", "json", "-p", string(patch))
}

func (e RemovePodLabel) Apply(s *facts.Snapshot) {
	changeTemplate(s, e.Workload, func(t *facts.PodTemplate) { delete(t.Labels, e.Key) })
}

// Restart has the pods of a workload replaced by new ones.
type Restart struct {
	Context  string
	Workload facts.Ref
	Pods     int // that are replaced, which a report says beside the command
}

func (e Restart) Command() Command {
	if !rolls(e.Workload.Kind) {
		return nil
	}
	return kubectl(e.Context, e.Workload, "rollout", "restart", slash(e.Workload))
}

func (e Restart) Apply(s *facts.Snapshot) { rollOut(s, e.Workload) }
