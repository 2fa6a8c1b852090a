package region_test

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// The SDK's own table is internal; its STS endpoints show what it holds.
func TestHostsAreTheSDKs(t *testing.T) {
	resolver := sts.NewDefaultEndpointResolverV2()
	host := func(name string, dualStack bool) string {
		e, err := resolver.ResolveEndpoint(t.Context(), sts.EndpointParameters{Region: awssdk.String(name), UseDualStack: awssdk.Bool(dualStack)})
		if err != nil {
			return err.Error()
		}
		return e.URI.Host
	}
	for _, p := range region.Partitions() {
		for name := range p.Regions {
			if got, want := region.STSHost(name), host(name, false); got != want {
				t.Errorf("%s: STSHost = %s, the SDK has %s", name, got, want)
			}
			if got, want := "sts."+name+"."+p.DualStackSuffix, host(name, true); got != want {
				t.Errorf("%s: dual-stack host = %s, the SDK has %s", name, got, want)
			}
		}
	}
	// What the table lacks goes by the patterns, and they are the SDK's too.
	for _, name := range []string{"us-east-9", "eu-atlantis-1", "cn-south-7", "us-gov-central-1", "us-iso-north-1", "us-isob-north-1",
		"eu-isoe-east-1", "us-isof-west-1", "eusc-de-west-2", "xx-nowhere-1", "us-east-1a"} {
		if got, want := region.STSHost(name), host(name, false); got != want {
			t.Errorf("%s: STSHost = %s, the SDK has %s", name, got, want)
		}
	}
}
