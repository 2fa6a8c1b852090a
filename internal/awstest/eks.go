package awstest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// eksActions are the actions of EKS that the server knows, by method and path; {} stands for one path segment.
var eksActions = []struct {
	method, path string
	name         string
	names        []string // of the path's parameters
	do           func(*request) (any, *problem)
}{
	{"GET", "/clusters", "ListClusters", nil, listClusters},
	{"GET", "/clusters/{}", "DescribeCluster", []string{"name"}, describeCluster},
	{"GET", "/clusters/{}/pod-identity-associations", "ListPodIdentityAssociations", []string{"clusterName"}, listAssociations},
	{"POST", "/clusters/{}/pod-identity-associations", "CreatePodIdentityAssociation", []string{"clusterName"}, createAssociation},
	{"GET", "/clusters/{}/pod-identity-associations/{}", "DescribePodIdentityAssociation", []string{"clusterName", "associationId"}, describeAssociation},
	{"POST", "/clusters/{}/pod-identity-associations/{}", "UpdatePodIdentityAssociation", []string{"clusterName", "associationId"}, updateAssociation},
	{"DELETE", "/clusters/{}/pod-identity-associations/{}", "DeletePodIdentityAssociation", []string{"clusterName", "associationId"}, deleteAssociation},
	{"GET", "/tags/{}", "ListTagsForResource", []string{"resourceArn"}, listTags},
}

// routeEKS finds the action by method and path, and puts the path's parameters beside the query's.
func (r *request) routeEKS() {
	given := strings.Split(r.http.URL.EscapedPath(), "/")
	for _, a := range eksActions {
		want := strings.Split(a.path, "/")
		var values []string
		fits := a.method == r.http.Method && len(want) == len(given)
		for i := 0; fits && i < len(want); i++ {
			if want[i] == "{}" {
				value, err := url.PathUnescape(given[i])
				fits, values = err == nil && value != "", append(values, value)
			} else {
				fits = want[i] == given[i]
			}
		}
		if fits {
			r.action = a.name
			for i, name := range a.names {
				r.params.Set(name, values[i])
			}
			return
		}
	}
}

func (r *request) serveEKS(denied bool) (reply, *problem) {
	for _, a := range eksActions {
		if a.name != r.action {
			continue
		}
		if denied {
			p := r.deniedTo("AccessDeniedException", r.eksResource(), "")
			return r.eksError(p), p
		}
		result, p := a.do(r)
		if p != nil {
			return r.eksError(p), p
		}
		return r.json(http.StatusOK, "", result), nil
	}
	p := &problem{status: http.StatusNotFound, code: "UnknownOperationException", message: "Unknown operation " + r.http.Method + " " + r.http.URL.Path}
	return r.eksError(p), p
}

func (r *request) eksError(p *problem) reply {
	body := map[string]string{"message": p.message}
	maps.Copy(body, p.members)
	return r.json(p.status, p.code, body)
}

func (r *request) json(status int, errorType string, v any) reply {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // answers are maps and structs of strings and numbers
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {r.id}}
	if errorType != "" {
		header.Set("X-Amzn-Errortype", errorType)
	}
	return reply{status, header, b}
}

func (r *request) eksARN(resource string) string {
	return "arn:" + r.account.Partition + ":eks:" + r.region + ":" + r.account.id + ":" + resource
}

// eksResource names what a call is about, as EKS's AccessDeniedException does.
func (r *request) eksResource() string {
	get := r.params.Get
	switch {
	case get("resourceArn") != "":
		return get("resourceArn")
	case get("associationId") != "":
		return r.eksARN("podidentityassociation/" + get("clusterName") + "/" + get("associationId"))
	case get("name")+get("clusterName") != "":
		return r.eksARN("cluster/" + get("name") + get("clusterName"))
	}
	return r.eksARN("cluster/*")
}

// cluster is the one that the path names, in the region of the request's signature.
func (r *request) cluster() (*Cluster, string, *problem) {
	name := r.params.Get("name") + r.params.Get("clusterName")
	c := r.account.Clusters[r.region][name]
	if c == nil {
		return nil, "", &problem{status: http.StatusNotFound, code: "ResourceNotFoundException",
			message: "No cluster found for name: " + name + ".", members: map[string]string{"clusterName": name}}
	}
	return c, name, nil
}

func describeCluster(r *request) (any, *problem) {
	c, name, p := r.cluster()
	if p != nil {
		return nil, p
	}
	type object map[string]any
	described := object{
		"name": name, "arn": r.eksARN("cluster/" + name), "createdAt": epoch(c.CreatedAt), "status": c.Status,
		"version": c.Version, "platformVersion": c.PlatformVersion, "endpoint": c.Endpoint, "roleArn": c.RoleARN,
		"certificateAuthority": object{"data": c.CAData}, "identity": object{"oidc": object{"issuer": c.Issuer}},
		"tags": c.Tags, "health": object{"issues": []string{}},
	}
	if c.Issuer == "" { // as while a cluster is being created
		delete(described, "identity")
	}
	return object{"cluster": described}, nil
}

func listClusters(r *request) (any, *problem) {
	names, next, p := r.eksPage(slices.Collect(maps.Keys(r.account.Clusters[r.region])))
	if p != nil {
		return nil, p
	}
	return struct {
		Clusters  []string `json:"clusters"`
		NextToken *string  `json:"nextToken"`
	}{slices.Concat([]string{}, names), next}, nil
}

// eksPage cuts the page that nextToken and maxResults mean.
func (r *request) eksPage(names []string) ([]string, *string, *problem) {
	size := 0
	if asked := r.params.Get("maxResults"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > 100 {
			return nil, nil, bad("InvalidParameterException", "maxResults must be between 1 and 100")
		}
		size = n
	}
	names, next, ok := cut(names, r.params.Get("nextToken"), r.pageSize(size, 100))
	switch {
	case !ok:
		return nil, nil, bad("InvalidParameterException", "Invalid nextToken")
	case next == "":
		return names, nil, nil
	}
	return names, &next, nil
}

// A summary is what ListPodIdentityAssociations says of an association: not its role.
type summary struct {
	ClusterName    string `json:"clusterName"`
	Namespace      string `json:"namespace"`
	ServiceAccount string `json:"serviceAccount"`
	AssociationARN string `json:"associationArn"`
	AssociationID  string `json:"associationId"`
	OwnerARN       string `json:"ownerArn,omitempty"`
}

func (r *request) summary(cluster, id string, a *Association) summary {
	return summary{cluster, a.Namespace, a.ServiceAccount, r.eksARN("podidentityassociation/" + cluster + "/" + id), id, a.OwnerARN}
}

type association struct {
	summary
	RoleARN            string            `json:"roleArn"`
	TargetRoleARN      string            `json:"targetRoleArn,omitempty"`
	ExternalID         string            `json:"externalId,omitempty"`
	DisableSessionTags bool              `json:"disableSessionTags"`
	CreatedAt          float64           `json:"createdAt"`
	ModifiedAt         float64           `json:"modifiedAt"`
	Tags               map[string]string `json:"tags"`
}

// whole is an answer that holds all of an association.
func (r *request) association(cluster, id string, a *Association) any {
	x := association{
		summary: r.summary(cluster, id, a), RoleARN: a.RoleARN, TargetRoleARN: a.TargetRoleARN, DisableSessionTags: a.DisableSessionTags,
		CreatedAt: epoch(a.CreatedAt), ModifiedAt: epoch(a.ModifiedAt), Tags: maps.Clone(a.Tags),
	}
	if a.TargetRoleARN != "" { // "the unique identifier … for a target IAM role"
		x.ExternalID = x.AssociationARN
	}
	fill(&x.Tags)
	return map[string]any{"association": x}
}

func listAssociations(r *request) (any, *problem) {
	c, cluster, p := r.cluster()
	if p != nil {
		return nil, p
	}
	fits := func(param, value string) bool { return !r.params.Has(param) || r.params.Get(param) == value }
	var ids []string
	for id, a := range c.Associations {
		if fits("namespace", a.Namespace) && fits("serviceAccount", a.ServiceAccount) {
			ids = append(ids, id)
		}
	}
	ids, next, p := r.eksPage(ids)
	if p != nil {
		return nil, p
	}
	list := []summary{}
	for _, id := range ids {
		list = append(list, r.summary(cluster, id, c.Associations[id]))
	}
	return struct {
		Associations []summary `json:"associations"`
		NextToken    *string   `json:"nextToken"`
	}{list, next}, nil
}

// found is the association that the path names.
func (r *request) found() (c *Cluster, cluster, id string, p *problem) {
	c, cluster, p = r.cluster()
	id = r.params.Get("associationId")
	switch {
	case p != nil:
	case len(id) != 19:
		p = bad("InvalidParameterException", "The parameter associationId should be 19 characters long.")
	case c.Associations[id] == nil:
		p = &problem{status: http.StatusNotFound, code: "ResourceNotFoundException",
			message: "No association found for id: " + id + ".", members: map[string]string{"clusterName": cluster}}
	}
	return c, cluster, id, p
}

func describeAssociation(r *request) (any, *problem) {
	c, cluster, id, p := r.found()
	if p != nil {
		return nil, p
	}
	return r.association(cluster, id, c.Associations[id]), nil
}

func deleteAssociation(r *request) (any, *problem) {
	c, cluster, id, p := r.found()
	if p != nil {
		return nil, p
	}
	gone := c.Associations[id]
	delete(c.Associations, id)
	return r.association(cluster, id, gone), nil
}

// An asked association is the body of a create or an update; what is nil was not sent.
type asked struct {
	Namespace          string            `json:"namespace"`
	ServiceAccount     string            `json:"serviceAccount"`
	RoleARN            *string           `json:"roleArn"`
	TargetRoleARN      *string           `json:"targetRoleArn"`
	DisableSessionTags *bool             `json:"disableSessionTags"`
	Tags               map[string]string `json:"tags"`
}

func (r *request) asked() (in asked, p *problem) {
	if err := json.Unmarshal(r.body, &in); err != nil {
		return in, &problem{status: http.StatusBadRequest, code: "SerializationException", message: "Request body is not valid JSON"}
	}
	for _, arn := range []*string{in.RoleARN, in.TargetRoleARN} {
		if arn != nil && *arn != "" && !roleARN.MatchString(*arn) {
			return in, bad("InvalidParameterException", "The role ARN %s is not valid.", *arn)
		}
	}
	return in, nil
}

// into puts what was asked into an association.
func (in asked) into(a *Association) {
	if in.RoleARN != nil {
		a.RoleARN = *in.RoleARN
	}
	if in.TargetRoleARN != nil {
		a.TargetRoleARN = *in.TargetRoleARN
	}
	if in.DisableSessionTags != nil {
		a.DisableSessionTags = *in.DisableSessionTags
	}
}

func createAssociation(r *request) (any, *problem) {
	c, cluster, p := r.cluster()
	if p != nil {
		return nil, p
	}
	in, p := r.asked()
	if p != nil {
		return nil, p
	}
	if in.Namespace == "" || in.ServiceAccount == "" || in.RoleARN == nil || *in.RoleARN == "" {
		return nil, bad("InvalidParameterException", "namespace, serviceAccount and roleArn are required")
	}
	for id, a := range c.Associations {
		if a.Namespace == in.Namespace && a.ServiceAccount == in.ServiceAccount {
			return nil, conflict("ResourceInUseException", "Association already exists: %s", id)
		}
	}
	a := &Association{Namespace: in.Namespace, ServiceAccount: in.ServiceAccount, CreatedAt: r.now, ModifiedAt: r.now, Tags: in.Tags}
	in.into(a)
	id := strings.ToLower(uniqueID("a-", r.id))
	c.Associations[id] = a
	return r.association(cluster, id, a), nil
}

func updateAssociation(r *request) (any, *problem) {
	c, cluster, id, p := r.found()
	if p != nil {
		return nil, p
	}
	in, p := r.asked()
	if p != nil {
		return nil, p
	}
	if in.RoleARN == nil && in.TargetRoleARN == nil && in.DisableSessionTags == nil {
		return nil, bad("InvalidParameterException", "an update must change roleArn, targetRoleArn or disableSessionTags")
	}
	a := c.Associations[id]
	in.into(a)
	a.ModifiedAt = r.now
	return r.association(cluster, id, a), nil
}

func listTags(r *request) (any, *problem) {
	arn := r.params.Get("resourceArn")
	for name, c := range r.account.Clusters[r.region] {
		tags, found := c.Tags, arn == r.eksARN("cluster/"+name)
		for id, a := range c.Associations {
			if arn == r.summary(name, id, a).AssociationARN {
				tags, found = a.Tags, true
			}
		}
		if found {
			fill(&tags)
			return map[string]any{"tags": tags}, nil
		}
	}
	return nil, &problem{status: http.StatusNotFound, code: "NotFoundException", message: "No resource found for ARN: " + arn}
}

// epoch is a timestamp as REST-JSON writes it: seconds.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
