package checks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A regionSetting is one of the ways in which a container is told its region.
type regionSetting struct {
	Name  string // "--aws-region", "AWS_REGION" or "AWS_DEFAULT_REGION"
	Value string
	From  string // where the value comes from when the snapshot does not hold it, else ""
	// Perhaps says that the container has the variable only if From happens to hold it.
	Perhaps bool
}

// String is the setting as a message quotes it.
func (s regionSetting) String() string {
	if s.From != "" {
		return s.Name + " from " + s.From
	}
	return fmt.Sprintf("%s=%q", s.Name, s.Value)
}

// empty says whether the container is told nothing by it.
func (s regionSetting) empty() bool { return s.Value == "" && s.From == "" }

// regionSettings are what tells the container its region, the one that decides first:
// what a program is told on its command line it tells the SDK. An argument that only
// repeats AWS_REGION is that variable.
func regionSettings(c facts.Container) []regionSetting {
	var settings []regionSetting
	if c.RegionArg != nil {
		value, from := expand(c, *c.RegionArg)
		arg := regionSetting{Name: "--aws-region", Value: value, From: from}
		if *c.RegionArg == "$(AWS_REGION)" && from != "" {
			arg.Name, arg.Perhaps = "AWS_REGION", true
		}
		if _, ok := c.Getenv("AWS_REGION"); !ok || *c.RegionArg != "$(AWS_REGION)" {
			settings = append(settings, arg)
		}
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if e, ok := c.Getenv(name); ok {
			value, from := valueOf(c, e)
			settings = append(settings, regionSetting{Name: name, Value: value, From: from})
		}
	}
	return settings
}

// countingSettings are those that tell the container something. An ACK controller does
// not look beyond the first.
func countingSettings(c Container) []regionSetting {
	settings := slices.DeleteFunc(regionSettings(c.Container), regionSetting.empty)
	if _, ok := c.ack(); ok && len(settings) > 1 {
		return settings[:1]
	}
	return settings
}

// valueOf returns the value that the container gives a variable, or where the value
// comes from when it is not known.
func valueOf(c facts.Container, e facts.Env) (value, from string) {
	switch {
	case e.From != "":
		return "", e.From
	case e.Value == nil:
		return "", ""
	case slices.ContainsFunc(references(*e.Value), func(name string) bool { return mayBeSet(c, name) }):
		return "", fmt.Sprintf("the variables in %q", *e.Value)
	}
	return *e.Value, ""
}

// expand replaces the $(VARIABLES) of an argument as the kubelet does. One that the
// container does not have stays as it is written.
// Source: kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container.
func expand(c facts.Container, text string) (value, from string) {
	value = reference.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		e, ok := c.Getenv(name)
		if !ok {
			if sources := envSources(c, name); len(sources) > 0 {
				from = "envFrom " + strings.Join(sources, ", ")
			}
			return ref
		}
		v, f := valueOf(c, e)
		if f != "" {
			from = f
		}
		return v
	})
	if from != "" {
		return "", from
	}
	return value, ""
}

var reference = regexp.MustCompile(`\$\([-._a-zA-Z][-._a-zA-Z0-9]*\)`)

// references are the names of the $(VARIABLES) in a text.
func references(text string) []string {
	var names []string
	for _, ref := range reference.FindAllString(text, -1) {
		names = append(names, ref[2:len(ref)-1])
	}
	return names
}

// mayBeSet says whether the container has the variable, or may have it from elsewhere.
func mayBeSet(c facts.Container, name string) bool {
	_, ok := c.Getenv(name)
	return ok || len(envSources(c, name)) > 0
}

// envSources are the ConfigMaps and Secrets of envFrom that may hold the variable.
func envSources(c facts.Container, name string) []string {
	var sources []string
	for _, f := range c.EnvFrom {
		if strings.HasPrefix(name, f.Prefix) {
			sources = append(sources, f.Kind+" "+f.Name)
		}
	}
	return sources
}

// setRegion is the remedy that gives the container a region by these settings.
func (a *Audit) setRegion(c Container, region string, settings ...regionSetting) Remedy {
	var names []string
	var edits []edit.Edit
	for _, s := range settings {
		if slices.Contains(names, s.Name) {
			continue
		}
		names = append(names, s.Name)
		if s.Name != "--aws-region" {
			edits = append(edits, a.setEnv(c, s.Name, region)...)
		}
	}
	r := Remedy{Owner: ownerOf(c.Workload.Meta)}
	if region == "" {
		r.Text = fmt.Sprintf("set %s of container %s to the region that it works in", strings.Join(names, " and "), c.Name)
		return r
	}
	r.Text = fmt.Sprintf("set %s of container %s to %s", strings.Join(names, " and "), c.Name, region)
	if service, ok := c.ack(); ok && names[0] == "AWS_REGION" {
		r.Text += fmt.Sprintf(" (aws.region in the values of the chart %s-chart)", service)
	}
	if len(edits) == len(names) {
		r.Edits = edits
	}
	return r
}
