package policy

import "testing"

// Which keys a call with a Kubernetes token has (45-50).
func TestWebIdentity(t *testing.T) {
	r := WebIdentity("arn:p", "https://oidc.example/id/A", sub, []string{"x", "y"})
	for key, want := range map[string]string{
		"oidc.example/id/A:sub":                                         "has",
		"OIDC.example/id/a:SUB":                                         "has", // 51
		"oidc.example/id/A:aud":                                         "has",
		"https://oidc.example/id/A:sub":                                 "lacks",
		"oidc.example/id/A:iss":                                         "lacks", // 45
		"oidc.example/id/A:namespace":                                   "lacks", // 45
		"oidc.example/id/A:kubernetes.io":                               "lacks", // 45
		"oidc.example/id/A:email":                                       "lacks",
		"oidc.example/id/A:oaud":                                        "may have", // 50
		"oidc.example/id/B:sub":                                         "lacks",
		"arn:aws:iam::111122223333:oidc-provider/oidc.example/id/A:sub": "lacks",
		"accounts.google.com:aud":                                       "lacks",
		"sts:ExternalId":                                                "lacks", // 46
		"sts:externalid":                                                "lacks",
		"sts:SourceIdentity":                                            "lacks",    // 47
		"aws:RequestTag/team":                                           "lacks",    // 47
		"AWS:requesttag/team":                                           "lacks",    // 47
		"aws:TagKeys":                                                   "lacks",    // 47
		"aws:PrincipalTag/team":                                         "lacks",    // 46
		"aws:PrincipalArn":                                              "lacks",    // 46
		"aws:PrincipalIsAWSService":                                     "may have", // documented for signed requests
		"sts:RoleSessionName":                                           "may have",
		"sts:RoleAuthorizedByIdp":                                       "may have", // 46
		"aws:FederatedProvider":                                         "may have", // 48
		"aws:SourceIp":                                                  "may have", // 49
		"aws:SourceVpce":                                                "may have", // 49
		"aws:CurrentTime":                                               "may have",
		"iam:ResourceTag/team":                                          "may have",
		"aws:ResourceTag/team":                                          "may have",
		"aws:SecureTransport":                                           "has",
		"aws:MultiFactorAuthPresent":                                    "lacks",
		"saml:sub":                                                      "lacks",
		"system:serviceaccount:a:b":                                     "lacks",
		"no-colon":                                                      "lacks",
		"aws:SomethingOfTomorrow":                                       "may have",
		"sts:SomethingElseOfTomorrow":                                   "may have",
	} {
		values, known := r.lookup(key)
		got := "lacks"
		if len(values) > 0 {
			got = "has"
		} else if !known {
			got = "may have"
		}
		if got != want {
			t.Errorf("it %s %s, want %s", got, key, want)
		}
	}
	r = WebIdentity("arn:p", "https://i", "", nil)
	for _, key := range []string{"i:sub", "I:aud"} {
		if _, known := r.lookup(key); known {
			t.Errorf("%s is known without a value given", key)
		}
	}
	r = WebIdentity("arn:p", "https://i", "", []string{})
	if values, known := r.lookup("i:aud"); !known || len(values) > 0 {
		t.Error("an empty audience is not absent")
	}
}
