package v1alpha1_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
)

func createAccount(ctx SpecContext, spec fields) error {
	return k8sClient.Create(ctx, account(spec))
}

func accountIsAccepted(ctx SpecContext, spec fields) {
	Expect(createAccount(ctx, spec)).To(Succeed())
}

func accountIsRefused(ctx SpecContext, spec fields, refusal gomegatypes.GomegaMatcher) {
	Expect(createAccount(ctx, spec)).To(refusal)
}

var _ = Describe("The apiKeySecretRef of an ArizeAccount", func() {
	DescribeTable("is accepted", accountIsAccepted,
		Entry("with a name alone", fields{"apiKeySecretRef": fields{"name": "arize-api-key"}}),
		Entry("with a key", fields{"apiKeySecretRef": fields{"name": "arize.api", "key": "API_KEY.v2-1"}}),
		Entry("with name and key of 253 characters", fields{"apiKeySecretRef": fields{"name": strings.ToLower(text(253)), "key": text(253)}}),
	)
	DescribeTable("is refused", accountIsRefused,
		Entry("when absent", fields{"apiKeySecretRef": nil}, beRefused("spec.apiKeySecretRef", "Required value")),
		Entry("without a name", fields{"apiKeySecretRef": fields{"key": "api-key"}}, beRefused("spec.apiKeySecretRef.name", "Required value")),
		Entry("with an empty name", fields{"apiKeySecretRef": fields{"name": ""}}, beRefused("spec.apiKeySecretRef.name", "must be the name of a Secret")),
		Entry("with a name in upper case", fields{"apiKeySecretRef": fields{"name": "Arize"}}, beRefused("spec.apiKeySecretRef.name", "must be the name of a Secret", "lower case letters, digits, '-' and '.'", "at either end")),
		Entry("with a namespace in the name", fields{"apiKeySecretRef": fields{"name": "arize-system/key"}}, beRefused("spec.apiKeySecretRef.name", "must be the name of a Secret")),
		Entry("with a name of 254 characters", fields{"apiKeySecretRef": fields{"name": strings.ToLower(text(254))}}, beRefused("spec.apiKeySecretRef.name", "may not be more than 253")),
		Entry("with an empty key", fields{"apiKeySecretRef": fields{"name": "a", "key": ""}}, beRefused("spec.apiKeySecretRef.key", "must be a key of a Secret", "letters, digits, '-', '_' and '.'")),
		Entry("with a space in the key", fields{"apiKeySecretRef": fields{"name": "a", "key": "api key"}}, beRefused("spec.apiKeySecretRef.key", "must be a key of a Secret")),
		Entry("with a slash in the key", fields{"apiKeySecretRef": fields{"name": "a", "key": "api/key"}}, beRefused("spec.apiKeySecretRef.key", "must be a key of a Secret")),
		Entry("with a key of 254 characters", fields{"apiKeySecretRef": fields{"name": "a", "key": text(254)}}, beRefused("spec.apiKeySecretRef.key", "may not be more than 253")),
	)
	It("can't carry the key itself, nor point into another namespace", func(ctx SpecContext) {
		Expect(createAccount(ctx, fields{"apiKeySecretRef": fields{"name": "a", "value": "secret", "namespace": "b"}})).To(MatchError(And(
			ContainSubstring(`unknown field "spec.apiKeySecretRef.value"`), ContainSubstring(`unknown field "spec.apiKeySecretRef.namespace"`))))
	})
})

var _ = Describe("The region of an ArizeAccount", func() {
	DescribeTable("is accepted", accountIsAccepted,
		oneEntryEach("%s, which Arize has", "region", []string{"us-central-1a", "us-east-1b", "eu-west-1a", "ca-central-1a"}),
		Entry("that Arize may have some day", fields{"region": "ap-south-2c"}),
		Entry("of one word", fields{"region": "moon"}),
		Entry("of 63 characters", fields{"region": strings.ToLower(text(63))}),
	)
	DescribeTable("is refused, with the regions that there are,", func(ctx SpecContext, spec fields) {
		accountIsRefused(ctx, spec, beRefused("spec.region", "must be a region of Arize such as 'us-central-1a', 'us-east-1b', 'eu-west-1a' or 'ca-central-1a'", "for another host use `baseURL`"))
	},
		Entry("in upper case", fields{"region": "EU-WEST-1A"}),
		Entry("with an underscore", fields{"region": "eu_west_1a"}),
		Entry("with a dot, which would leave Arize's domain", fields{"region": "evil.com"}),
		Entry("with a slash", fields{"region": "evil.com/"}),
		Entry("with a hash", fields{"region": "evil#"}),
		Entry("that is a host", fields{"region": "api.eu-west-1a.arize.com"}),
		Entry("with a dash in front", fields{"region": "-eu-west-1a"}),
		Entry("with a dash behind", fields{"region": "eu-west-1a-"}),
		Entry("with a space", fields{"region": "eu-west-1a "}),
		Entry("with a newline", fields{"region": "eu-west-1a\n"}),
		Entry("when empty", fields{"region": ""}),
	)
	It("is refused when it has 64 characters", func(ctx SpecContext) {
		accountIsRefused(ctx, fields{"region": strings.ToLower(text(64))}, beRefused("spec.region", "may not be more than 63"))
	})
	It("is refused beside a baseURL, with when to use which", func(ctx SpecContext) {
		accountIsRefused(ctx, fields{"region": "eu-west-1a", "baseURL": "https://arize.example.com"},
			beRefused("spec", "`region` and `baseURL` must not both be set", "`region` for Arize's own cloud", "`baseURL` for another installation"))
	})
	It("can give way to a baseURL", func(ctx SpecContext) {
		created := mustCreate(ctx, account(fields{"region": "eu-west-1a"}))
		Expect(change(ctx, created, `{"region":null,"baseURL":"https://arize.example.com"}`)).To(Succeed())
	})
})

var _ = Describe("The baseURL of an ArizeAccount", func() {
	DescribeTable("is accepted, by the operator too,", func(ctx SpecContext, url string) {
		accountIsAccepted(ctx, fields{"baseURL": url})
		_, err := arize.ValidateBaseURL(url)
		Expect(err).NotTo(HaveOccurred(), "what the apiserver accepts must not end in an InvalidSpec")
	},
		Entry("with https and a host", "https://arize.example.com"),
		Entry("with a slash behind", "https://arize.example.com/"),
		Entry("with a port", "https://arize.example.com:8443"),
		Entry("with the highest port", "https://arize.example.com:65535"),
		Entry("with a path", "https://example.com/arize/api"),
		Entry("with port and path", "https://arize.example.com:8443/api/"),
		Entry("with dots and dashes in the path", "https://example.com/arize-1.2/.well-known/a..b"),
		Entry("with v2 inside the path", "https://example.com/v2/arize"),
		Entry("with a host of one label", "https://arize"),
		Entry("with a host in upper case", "https://Arize.Example.COM"),
		Entry("with a dot behind the host", "https://arize.example.com."),
		Entry("with an underscore in the host", "https://arize_1.example.com"),
		Entry("with an IPv4 address", "https://192.0.2.1:8443"),
		Entry("with an IPv6 address", "https://[2001:db8::1]:8443/api"),
		Entry("with http to localhost", "http://localhost"),
		Entry("with http to localhost, port and path", "http://localhost:8080/arize"),
		Entry("with http to 127.0.0.1", "http://127.0.0.1:8080"),
		Entry("with http to another loopback address", "http://127.255.1.20"),
		Entry("with http to the IPv6 loopback", "http://[::1]"),
		Entry("with http to the IPv6 loopback and a port", "http://[::1]:8080/"),
		Entry("with http to a Service", "http://arize.monitoring.svc"),
		Entry("with http to a Service, port and path", "http://arize.monitoring.svc:8080/api"),
		Entry("with http to a Service by its long name", "http://arize.monitoring.svc.cluster.local:80/"),
		Entry("with http to a pod of a headless Service", "http://arize-0.arize.monitoring.svc"),
		Entry("with https to a Service", "https://arize.monitoring.svc"),
	)

	DescribeTable("is refused, with how it begins,", func(ctx SpecContext, url string) {
		accountIsRefused(ctx, fields{"baseURL": url}, beRefused("spec.baseURL", "must begin with 'https://' and a host, such as 'https://arize.example.com'"))
	},
		Entry("without a scheme", "arize.example.com"),
		Entry("without a scheme, with a port", "arize.example.com:8443"),
		Entry("without a scheme, with slashes", "//arize.example.com"),
		Entry("with another scheme", "ftp://arize.example.com"),
		Entry("with a scheme that only begins the same", "httpsx://arize.example.com"),
		Entry("with http in upper case, which must not get around the rule for http", "HTTP://evil.com"),
		Entry("with https in upper case", "HTTPS://arize.example.com"),
		Entry("without a host", "https://"),
		Entry("without a host, with a port", "https://:8443"),
		Entry("without a host, with a path", "https:///api"),
		Entry("without slashes", "https:arize.example.com"),
		Entry("with one slash", "https:/arize.example.com"),
		Entry("with a path alone", "/api"),
		Entry("with a space in front", " https://arize.example.com"),
		Entry("when empty", ""),
	)

	DescribeTable("is refused, with the parts that it may have,", func(ctx SpecContext, url string) {
		accountIsRefused(ctx, fields{"baseURL": url}, beRefused("spec.baseURL", "must consist of scheme, host, port and path only: no user, query or fragment"))
	},
		Entry("with a user", "https://user@arize.example.com"),
		Entry("with a user and a password", "https://user:secret@arize.example.com"),
		Entry("with an empty user", "https://@arize.example.com"),
		Entry("with a user that looks like a loopback host", "http://localhost:80@evil.com"),
		Entry("with a query", "https://arize.example.com/?space=1"),
		Entry("with an empty query", "https://arize.example.com?"),
		Entry("with a fragment", "https://arize.example.com/#top"),
		Entry("with an empty fragment", "https://arize.example.com#"),
		Entry("with a fragment that looks like a Service", "http://evil.com#.svc"),
	)

	DescribeTable("is refused, with how host, port and path look,", func(ctx SpecContext, url string) {
		accountIsRefused(ctx, fields{"baseURL": url}, beRefused("spec.baseURL",
			"must have after 'https://' a host name or an IP address, if needed ':' and a port, if needed '/' and a path", "percent-encoded"))
	},
		Entry("with a space in the host", "https://arize example.com"),
		Entry("with a space behind", "https://arize.example.com "),
		Entry("with a newline behind, as a YAML block scalar gives it", "https://arize.example.com\n"),
		Entry("with a newline behind a path", "https://arize.example.com/api\n"),
		Entry("with a space in the path", "https://arize.example.com/a b"),
		Entry("with percent-encoding in the path", "https://arize.example.com/a%20b"),
		Entry("with percent-encoding that is none", "https://arize.example.com/%zz"),
		Entry("with percent-encoding in the host", "http://evil.com%2f.svc"),
		Entry("with a backslash", `http://evil.com\.monitoring.svc`),
		Entry("with letters beyond ASCII in the host", "https://exämple.com"),
		Entry("with a slash beyond ASCII in the host", "http://evil.com／.monitoring.svc"),
		Entry("with a dot beyond ASCII in the host", "http://evil。com.monitoring.svc"),
		Entry("with a wildcard", "https://*.example.com"),
		Entry("with an empty label", "https://arize..example.com"),
		Entry("with a label that begins with a dash", "https://-arize.example.com"),
		Entry("with a dot alone", "https://."),
		Entry("with two hosts", "https://a.example.com,b.example.com"),
		Entry("with a port that is no number", "https://arize.example.com:https"),
		Entry("with a bracket that does not close", "https://[::1"),
		Entry("with a zone in the address", "http://[::1%25eth0]"),
		Entry("with an empty segment in the path", "https://arize.example.com//api"),
		Entry("with a path that climbs", "https://arize.example.com/api/../other"),
		Entry("with a path that ends in climbing", "https://arize.example.com/.."),
		Entry("with a path that stays where it is", "https://arize.example.com/./api"),
	)

	DescribeTable("is refused with plain http, and the hosts that it is for,", func(ctx SpecContext, url string) {
		accountIsRefused(ctx, fields{"baseURL": url}, beRefused("spec.baseURL", "must use https",
			"only for 'localhost', loopback addresses and in-cluster names such as 'arize.monitoring.svc' or 'arize.monitoring.svc.cluster.local'"))
	},
		Entry("to a public host", "http://api.arize.com"),
		Entry("to a private address", "http://10.0.0.1"),
		Entry("to all addresses", "http://0.0.0.0"),
		Entry("to another IPv6 address", "http://[2001:db8::1]"),
		Entry("to a host with .svc in the path", "http://evil.com/.svc"),
		Entry("to a host with a Service in the path", "http://evil.com/arize.monitoring.svc"),
		Entry("to a host that begins with localhost", "http://localhost.evil.com"),
		Entry("to a host that ends in localhost", "http://notlocalhost"),
		Entry("to a host that begins with a loopback address", "http://127.0.0.1.evil.com"),
		Entry("to a host that looks like a loopback address and is none", "http://127.999.0.1"),
		Entry("to a loopback address that is cut short", "http://127.1"),
		Entry("to a number", "http://2130706433"),
		Entry("to a host with svc inside", "http://foo.svc.evil.com"),
		Entry("to a host with a Service's long name inside", "http://arize.monitoring.svc.cluster.local.evil.com"),
		Entry("to a host that ends in svc without a dot", "http://arize.evilsvc"),
		Entry("to svc alone", "http://svc"),
		Entry("to a name that ends in .svc and lacks the namespace", "http://arize.svc"),
		Entry("to a Service of another cluster domain", "http://arize.monitoring.svc.example.com"),
	)

	DescribeTable("is refused", accountIsRefused,
		Entry("with port 0", fields{"baseURL": "https://arize.example.com:0"}, beRefused("spec.baseURL", "must have a port between 1 and 65535")),
		Entry("with a port too high", fields{"baseURL": "https://arize.example.com:65536/api"}, beRefused("spec.baseURL", "must have a port between 1 and 65535")),
		Entry("with a port that overflows", fields{"baseURL": "https://arize.example.com:99999999999999999999"}, beRefused("spec.baseURL", "must have a port between 1 and 65535")),
		Entry("with the version of the API", fields{"baseURL": "https://api.arize.com/v2"}, beRefused("spec.baseURL", "must not end in '/v2'", "the operator adds that itself")),
		Entry("with the version of the API and a slash", fields{"baseURL": "https://example.com/arize/v2/"}, beRefused("spec.baseURL", "must not end in '/v2'")),
		Entry("with 2049 characters", fields{"baseURL": "https://" + text(2041)}, beRefused("spec.baseURL", "may not be more than 2048")),
	)
})

var _ = Describe("The caBundle of an ArizeAccount", func() {
	const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

	DescribeTable("is accepted", accountIsAccepted,
		Entry("with one certificate", fields{"caBundle": certificate}),
		Entry("with two, and a comment", fields{"caBundle": "# Ours\n" + certificate + certificate}),
		Entry("of 262144 characters", fields{"caBundle": certificate + text(262144-len(certificate))}),
	)
	DescribeTable("is refused", accountIsRefused,
		Entry("when it is no PEM", fields{"caBundle": "MIIB"}, beRefused("spec.caBundle", "must hold at least one PEM block that begins with '-----BEGIN CERTIFICATE-----'")),
		Entry("when it is PEM in base64 once more", fields{"caBundle": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"}, beRefused("spec.caBundle", "must hold at least one PEM block")),
		Entry("when empty", fields{"caBundle": ""}, beRefused("spec.caBundle", "must hold at least one PEM block")),
		Entry("of 262145 characters", fields{"caBundle": text(262145)}, beRefused("spec.caBundle", "may not be more than 262144")),
		Entry("with a private key", fields{"caBundle": certificate + "-----BEGIN PRIVATE KEY-----\n"}, beRefused("spec.caBundle", "must hold certificates only", "a private key must not be here")),
		Entry("with a private key of the older form", fields{"caBundle": certificate + "-----BEGIN RSA PRIVATE KEY-----\n"}, beRefused("spec.caBundle", "must hold certificates only")),
	)
})

var _ = Describe("The allowedNamespaces of an ArizeAccount", func() {
	with := func(from string, selector fields) fields {
		allowed := fields{}
		if from != "" {
			allowed["from"] = from
		}
		if selector != nil {
			allowed["selector"] = selector
		}
		return fields{"allowedNamespaces": allowed}
	}
	expression := func(operator string, values ...string) fields {
		requirement := fields{"key": "team", "operator": operator}
		if len(values) > 0 {
			requirement["values"] = list(values...)
		}
		return with("Selector", fields{"matchExpressions": []any{requirement}})
	}

	DescribeTable("are accepted", accountIsAccepted,
		Entry("when empty", with("", nil)),
		Entry("from Same", with("Same", nil)),
		Entry("from All", with("All", nil)),
		Entry("from Selector with labels", with("Selector", fields{"matchLabels": fields{"arize": "true"}})),
		Entry("from Selector with an empty selector, which matches all", with("Selector", fields{})),
		Entry("from Selector with In", expression("In", "a", "b")),
		Entry("from Selector with NotIn", expression("NotIn", "a")),
		Entry("from Selector with Exists", expression("Exists")),
		Entry("from Selector with DoesNotExist", expression("DoesNotExist")),
	)
	DescribeTable("are refused, with when a selector is for,", func(ctx SpecContext, spec fields) {
		accountIsRefused(ctx, spec, beRefused("spec.allowedNamespaces", "`selector` must be set when `from` is 'Selector', and only then"))
	},
		Entry("from Selector without one", with("Selector", nil)),
		Entry("from Same with one", with("Same", fields{"matchLabels": fields{"arize": "true"}})),
		Entry("from All with one", with("All", fields{})),
		Entry("from nothing with one", with("", fields{"matchLabels": fields{"arize": "true"}})),
	)
	DescribeTable("are refused, with the operators that there are,", func(ctx SpecContext, spec fields) {
		accountIsRefused(ctx, spec, beRefused("spec.allowedNamespaces.selector", "must have the operator 'In' or 'NotIn' with at least one of `values`, or 'Exists' or 'DoesNotExist' without `values`"))
	},
		Entry("with an operator that there is not", expression("Is", "a")),
		Entry("with an operator in lower case", expression("in", "a")),
		Entry("with In without values", expression("In")),
		Entry("with NotIn without values", expression("NotIn")),
		Entry("with Exists with values", expression("Exists", "a")),
		Entry("with DoesNotExist with values", expression("DoesNotExist", "a")),
	)
	DescribeTable("are refused", accountIsRefused,
		Entry("from what there is not", with("Cluster", nil), beRefused("spec.allowedNamespaces.from", "supported values", `"Same", "All", "Selector"`)),
		Entry("from an empty string", fields{"allowedNamespaces": fields{"from": ""}}, beRefused("spec.allowedNamespaces.from", "supported values", `"Same", "All", "Selector"`)),
		Entry("with a label that is no string", with("Selector", fields{"matchLabels": fields{"arize": true}}), beRefused("spec.allowedNamespaces.selector.matchLabels.arize", "must be of type string")),
	)
})

var _ = Describe("The sweepInterval of an ArizeAccount", func() {
	DescribeTable("is accepted, and read as it is meant,", func(ctx SpecContext, interval string, seconds float64) {
		created := mustCreate(ctx, account(fields{"sweepInterval": interval}))
		typed := &v1alpha1.ArizeAccount{}
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(created), typed)).To(Succeed())
		Expect(typed.Spec.EffectiveSweepInterval().Seconds()).To(BeEquivalentTo(seconds))
	},
		Entry("as '10s', the shortest", "10s", 10.0),
		Entry("as '5m'", "5m", 300.0),
		Entry("as '1h30m'", "1h30m", 5400.0),
		Entry("as '1.5h'", "1.5h", 5400.0),
		Entry("as '10000ms'", "10000ms", 10.0),
		Entry("as '24h', the longest", "24h", 86400.0),
	)
	DescribeTable("is refused, with what it may be,", func(ctx SpecContext, interval string) {
		accountIsRefused(ctx, fields{"sweepInterval": interval}, beRefused("spec.sweepInterval", "must be a duration from '10s' to '24h', such as '5m' or '1h30m'"))
	},
		Entry("as '9s', too short", "9s"),
		Entry("as '9.999s', too short", "9.999s"),
		Entry("as '24h1s', too long", "24h1s"),
		Entry("as '25h', too long", "25h"),
		Entry("as '9999999999999h', which overflows", "9999999999999h"),
		Entry("as 'abc', no duration", "abc"),
		Entry("as '10', without a unit", "10"),
		Entry("as '1', without a unit", "1"),
		Entry("as '0'", "0"),
		Entry("as '1d', a unit that there is not", "1d"),
		Entry("as '-5m', negative", "-5m"),
		Entry("as '+5m', with a sign", "+5m"),
		Entry("as '5 m', with a space", "5 m"),
		Entry("as '5m\\n', with a newline", "5m\n"),
		Entry("as '.5h', without a digit in front", ".5h"),
		Entry("when empty", ""),
	)
	DescribeTable("is refused", accountIsRefused,
		Entry("as a number", fields{"sweepInterval": int64(300)}, beRefused("spec.sweepInterval", "must be of type string")),
		Entry("with 33 characters", fields{"sweepInterval": "5." + strings.Repeat("0", 30) + "m"}, beRefused("spec.sweepInterval", "may not be more than 32")),
	)
})

var _ = Describe("The rateLimit of an ArizeAccount", func() {
	DescribeTable("is accepted", accountIsAccepted,
		Entry("when empty", fields{"rateLimit": fields{}}),
		Entry("with the least", fields{"rateLimit": fields{"requestsPerSecond": int64(1), "burst": int64(1)}}),
		Entry("with the most", fields{"rateLimit": fields{"requestsPerSecond": int64(1000), "burst": int64(1000)}}),
		Entry("with one of the two", fields{"rateLimit": fields{"burst": int64(5)}}),
	)
	DescribeTable("is refused", accountIsRefused,
		Entry("with no request per second", fields{"rateLimit": fields{"requestsPerSecond": int64(0)}}, beRefused("spec.rateLimit.requestsPerSecond", "should be greater than or equal to 1")),
		Entry("with a negative rate", fields{"rateLimit": fields{"requestsPerSecond": int64(-1)}}, beRefused("spec.rateLimit.requestsPerSecond", "should be greater than or equal to 1")),
		Entry("with 1001 requests per second", fields{"rateLimit": fields{"requestsPerSecond": int64(1001)}}, beRefused("spec.rateLimit.requestsPerSecond", "should be less than or equal to 1000")),
		Entry("with half a request per second", fields{"rateLimit": fields{"requestsPerSecond": 0.5}}, beRefused("spec.rateLimit.requestsPerSecond", "must be of type int32")),
		Entry("with no burst", fields{"rateLimit": fields{"burst": int64(0)}}, beRefused("spec.rateLimit.burst", "should be greater than or equal to 1")),
		Entry("with a burst of 1001", fields{"rateLimit": fields{"burst": int64(1001)}}, beRefused("spec.rateLimit.burst", "should be less than or equal to 1000")),
		Entry("with a burst that is a string", fields{"rateLimit": fields{"burst": "20"}}, beRefused("spec.rateLimit.burst", "must be of type integer")),
	)
})

var _ = Describe("The apiserver", func() {
	It("refuses a field of an ArizeAccount that there is not, and names it", func(ctx SpecContext) {
		Expect(createAccount(ctx, fields{"apiKey": "secret"})).To(MatchError(ContainSubstring(`unknown field "spec.apiKey"`)))
	})
	It("refuses an ArizeAccount without a spec", func(ctx SpecContext) {
		manifest := account(nil)
		delete(manifest.Object, "spec")
		Expect(k8sClient.Create(ctx, manifest)).To(beRefused("spec", "Required value"))
	})
	It("lets everything in the spec of an ArizeAccount change", func(ctx SpecContext) {
		created := mustCreate(ctx, account(fields{"region": "eu-west-1a", "allowedNamespaces": fields{"from": "Selector", "selector": fields{}}}))
		Expect(change(ctx, created, `{"apiKeySecretRef":{"name":"other","key":"k"},"region":"us-east-1b","allowedNamespaces":{"from":"All","selector":null},"sweepInterval":"1m","rateLimit":{"burst":5}}`)).To(Succeed())
		Expect(change(ctx, created, `{"region":null,"allowedNamespaces":null,"sweepInterval":null,"rateLimit":null}`)).To(Succeed())
	})
})

var _ = Describe("The status of an ArizeAccount", func() {
	created := func(ctx SpecContext) *v1alpha1.ArizeAccount {
		GinkgoHelper()
		return mustCreate(ctx, &v1alpha1.ArizeAccount{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "arizeaccount-", Namespace: metav1.NamespaceDefault},
			Spec:       v1alpha1.ArizeAccountSpec{APIKeySecretRef: v1alpha1.SecretKeyReference{Name: "arize-api-key"}},
		})
	}

	It("says observedGeneration -1 until somebody has looked", func(ctx SpecContext) {
		got := created(ctx)
		Expect(got.Status).To(Equal(v1alpha1.ArizeAccountStatus{ObservedGeneration: -1}), "in the answer to the create")
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(got), got)).To(Succeed())
		Expect(got.Status).To(Equal(v1alpha1.ArizeAccountStatus{ObservedGeneration: -1}), "when read")
		Expect(got.Generation).To(BeEquivalentTo(1))
	})
	It("can't be given with a create", func(ctx SpecContext) {
		manifest := account(nil)
		manifest.Object["status"] = fields{"endpoint": "https://evil.com", "observedGeneration": int64(1)}
		Expect(mustCreate(ctx, manifest).Object["status"]).To(Equal(fields{"observedGeneration": int64(-1)}))
	})
	It("can't be changed with the spec, nor the spec with it", func(ctx SpecContext) {
		got := created(ctx)
		got.Status = v1alpha1.ArizeAccountStatus{ObservedGeneration: 1, Endpoint: "https://a"}
		got.Spec.Region = "eu-west-1a"
		Expect(k8sClient.Status().Update(ctx, got)).To(Succeed())
		Expect(got.Spec.Region).To(BeEmpty())
		Expect(got.Status.Endpoint).To(Equal("https://a"))
		Expect(got.Generation).To(BeEquivalentTo(1), "a status is no new generation")

		got.Status.Endpoint = "https://forged"
		got.Spec.Region = "us-east-1b"
		Expect(k8sClient.Update(ctx, got)).To(Succeed())
		Expect(got.Spec.Region).To(Equal("us-east-1b"))
		Expect(got.Status.Endpoint).To(Equal("https://a"))
		Expect(got.Generation).To(BeEquivalentTo(2))
	})
	It("is accepted when it is as large as its bounds allow", func(ctx SpecContext) {
		most := int32(1<<31 - 1)
		want := v1alpha1.ArizeAccountStatus{
			Conditions:             largestConditions(),
			ObservedGeneration:     1 << 62,
			Endpoint:               wide(2048),
			LastSweepTime:          aTime,
			VanishedSince:          aTime,
			LastHandledReconcileAt: wide(1024),
			Roles:                  &v1alpha1.RoleCounts{Predefined: &most, Custom: &most, Managed: &most, Unmanaged: &most, Drifted: &most},
		}
		got := created(ctx)
		got.Status = want
		Expect(k8sClient.Status().Update(ctx, got)).To(Succeed())
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(got), got)).To(Succeed())
		Expect(got.Status).To(BeComparableTo(want))
	})
	It("keeps a count of 0 apart from none", func(ctx SpecContext) {
		got := created(ctx)
		got.Status = v1alpha1.ArizeAccountStatus{ObservedGeneration: 1, Roles: &v1alpha1.RoleCounts{Custom: new(int32(0))}}
		Expect(k8sClient.Status().Update(ctx, got)).To(Succeed())
		Expect(got.Status.Roles).To(Equal(&v1alpha1.RoleCounts{Custom: new(int32(0))}))
	})
	DescribeTable("is refused beyond its bounds", func(ctx SpecContext, status v1alpha1.ArizeAccountStatus, path string) {
		got := created(ctx)
		got.Status = status
		Expect(k8sClient.Status().Update(ctx, got)).To(beRefused(path))
	},
		Entry("with an observedGeneration below -1", v1alpha1.ArizeAccountStatus{ObservedGeneration: -2}, "status.observedGeneration"),
		Entry("with a negative count of predefined roles", v1alpha1.ArizeAccountStatus{Roles: &v1alpha1.RoleCounts{Predefined: new(int32(-1))}}, "status.roles.predefined"),
		Entry("with a negative count of custom roles", v1alpha1.ArizeAccountStatus{Roles: &v1alpha1.RoleCounts{Custom: new(int32(-1))}}, "status.roles.custom"),
		Entry("with a negative count of managed roles", v1alpha1.ArizeAccountStatus{Roles: &v1alpha1.RoleCounts{Managed: new(int32(-1))}}, "status.roles.managed"),
		Entry("with a negative count of unmanaged roles", v1alpha1.ArizeAccountStatus{Roles: &v1alpha1.RoleCounts{Unmanaged: new(int32(-1))}}, "status.roles.unmanaged"),
		Entry("with a negative count of drifted roles", v1alpha1.ArizeAccountStatus{Roles: &v1alpha1.RoleCounts{Drifted: new(int32(-1))}}, "status.roles.drifted"),
		Entry("with an answered request too long", v1alpha1.ArizeAccountStatus{LastHandledReconcileAt: text(1025)}, "status.lastHandledReconcileAt"),
		Entry("with 9 conditions", v1alpha1.ArizeAccountStatus{Conditions: append(largestConditions(), condition("Ready", "True", "Ready", ""))}, "status.conditions"),
		Entry("with an endpoint too long", v1alpha1.ArizeAccountStatus{Endpoint: text(2049)}, "status.endpoint"),
	)
})
