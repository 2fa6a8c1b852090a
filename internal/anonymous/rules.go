package anonymous

// A rule says what happens to the strings of a field, and to the keys when it is a map.
type rule struct {
	how  treatment
	kind string // what the field names, for the table of stand-ins; "" leaves it out
}

type treatment int

const (
	keep     treatment = iota // a value of an enumeration, a version: no name
	name                      // made of names: every word that is not vocabulary is replaced
	prose                     // for people: the words that the doctor itself uses stay as well
	document                  // the JSON of a policy, all names
	waiting                   // "container: reason"
	regional                  // a region, or what was taken for one
)

// rules are by type and field of package facts. A field without a rule is replaced as a
// name is; a test does not let one be without.
var rules = map[string]rule{
	"Asked.Namespace":  {name, "namespace"},
	"Asked.Selector":   {how: name},
	"Asked.ACK":        {how: name},
	"Asked.Error":      {how: prose},
	"Asked.EKSCluster": {name, "cluster"},
	"Asked.Context":    {name, "context"},
	"Asked.Profile":    {name, "profile"},
	"Asked.Region":     {how: regional},

	"Gap.Kind":      {how: keep},
	"Gap.Call":      {how: prose},
	"Gap.Detail":    {how: prose},
	"Gap.RequestID": {how: name},

	"Ref.Kind":      {how: keep},
	"Ref.Namespace": {name, "namespace"},
	"Ref.Name":      {name, "object"},

	"Cluster.Context":         {name, "context"},
	"Cluster.Server":          {name, "server"},
	"Cluster.CA":              {how: name},
	"Cluster.Version":         {how: name},
	"Cluster.Namespace":       {name, "namespace"},
	"Cluster.Namespaces":      {name, "namespace"},
	"Cluster.ServiceAccounts": {name, "service account"},
	"Cluster.Workloads":       {name, "workload"},
	"Cluster.Webhooks":        {name, "webhook"},
	"Cluster.Backends":        {name, "service"},

	"Meta.Labels":      {how: name},
	"Meta.Annotations": {how: name},
	"Manager.Name":     {how: name},

	"PodTemplate.Labels":      {how: name},
	"PodTemplate.Annotations": {how: name},
	"PodShape.Names":          {name, "pod"},
	"PodShape.Phase":          {how: keep},
	"PodShape.Waiting":        {how: waiting},
	"PodSpec.ServiceAccount":  {how: name},
	"PodSpec.NodeSelector":    {how: name},
	"PodSpec.DNSPolicy":       {how: keep},
	"Container.Name":          {name, "container"},
	"Container.Role":          {how: keep},
	"Container.Image":         {name, "image"},
	"Container.RegionArg":     {how: regional},
	"Container.RoleArgs":      {how: name},
	"Env.Name":                {how: name},
	"Env.Value":               {how: regional}, // AWS_REGION is one of them
	"Env.From":                {how: name},
	"EnvFrom.Kind":            {how: keep},
	"EnvFrom.Name":            {how: name},
	"EnvFrom.Prefix":          {how: name},
	"Mount.Volume":            {how: name},
	"Mount.Path":              {how: name},
	"Mount.SubPath":           {how: name},
	"Volume.Name":             {how: name},
	"Volume.Kind":             {how: keep},
	"TokenSource.Audience":    {how: name},
	"TokenSource.Path":        {how: name},

	"FailedCreate.Message":    {how: prose},
	"RoleMap.Namespace":       {name, "namespace"},
	"RoleMap.Name":            {how: name},
	"RoleMap.Roles":           {how: name},
	"NetworkPolicy.Namespace": {name, "namespace"},
	"NetworkPolicy.Name":      {how: name},
	"Selector.MatchLabels":    {how: name},
	"Expression.Key":          {how: name},
	"Expression.Operator":     {how: keep},
	"Expression.Values":       {how: name},

	"Webhook.Name":               {how: name},
	"Webhook.URL":                {how: name},
	"Webhook.FailurePolicy":      {how: keep},
	"Webhook.ReinvocationPolicy": {how: keep},
	"Webhook.MatchConditions":    {how: name},
	"ServiceRef.Namespace":       {name, "namespace"},
	"ServiceRef.Name":            {how: name},
	"CABundle.Problem":           {how: prose},
	"Injector.Image":             {name, "image"},
	"Injector.Flags":             {how: name},
	"Injector.Roles":             {how: name},
	"MappedRole.RoleARN":         {how: name},
	"MappedRole.Audience":        {how: name},

	"Discovery.Issuer":        {name, "issuer"},
	"Discovery.JWKSURI":       {how: name},
	"Discovery.ResponseTypes": {how: keep},
	"Discovery.SubjectTypes":  {how: keep},
	"Discovery.Algorithms":    {how: keep},
	"Key.ID":                  {how: name},
	"Key.Type":                {how: keep},
	"Key.Algorithm":           {how: keep},
	"Key.Use":                 {how: keep},
	"TLSChain.Fingerprints":   {how: name},

	"AWS.Associations":           {how: name},
	"AWS.Accounts":               {name, "account"},
	"Caller.ARN":                 {name, "caller"},
	"Caller.Account":             {name, "account"},
	"EKSCluster.Name":            {name, "cluster"},
	"EKSCluster.ARN":             {how: name},
	"EKSCluster.Endpoint":        {name, "server"},
	"EKSCluster.CA":              {how: name},
	"EKSCluster.Issuer":          {name, "issuer"},
	"EKSCluster.Version":         {how: keep},
	"EKSCluster.PlatformVersion": {how: keep},
	"EKSCluster.Status":          {how: keep},
	"Association.ID":             {how: name},
	"Association.RoleARN":        {how: name},
	"Association.TargetARN":      {how: name},
	"Account.Providers":          {how: name},
	"Account.Provider":           {name, "issuer"},
	"Account.Roles":              {name, "role"},
	"Account.RoleARNs":           {how: name},
	"Provider.ARN":               {name, "provider"},
	"Provider.URL":               {how: name},
	"Provider.ClientIDs":         {how: name},
	"Provider.Thumbprints":       {how: name},
	"Provider.Tags":              {how: name},
	"Role.ARN":                   {name, "role"},
	"Role.Name":                  {name, "role"},
	"Role.TrustPolicy":           {how: document},
	"Role.Tags":                  {how: name},
	"Policy.Name":                {name, "policy"},
	"Policy.ARN":                 {how: name},
	"Policy.Document":            {how: document},

	"Token.Source":    {how: keep},
	"Token.Account":   {how: name},
	"Token.Audience":  {how: name},
	"Token.Issuer":    {name, "issuer"},
	"Token.Subject":   {how: name},
	"Token.Algorithm": {how: keep},
	"Token.KeyID":     {how: name},
	"Token.Problem":   {how: prose},

	"Execution.Pod":       {name, "pod"},
	"Execution.Container": {name, "container"},
	"Execution.Env":       {how: regional},
}
