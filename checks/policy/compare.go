package policy

import (
	"cmp"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The comparisons of condition operators. What AWS makes of a value that is not of the
// operator's type is not documented: Unknown.

func equal(want pattern, have string) Tri     { return tri(want.text == have) }
func equalFold(want pattern, have string) Tri { return tri(strings.EqualFold(want.text, have)) }
func alike(want pattern, have string) Tri     { return tri(like(want.text, have, want.wildcards)) }

func boolean(want pattern, have string) Tri {
	if !isBool(want.text) || !isBool(have) {
		return Unknown
	}
	return equalFold(want, have)
}

// arnAlike compares the six parts of two ARNs each for itself, so that a wildcard does
// not cross a colon of the first five. What AWS does when one of them is no ARN is not
// documented; it can not match more than StringLike does.
func arnAlike(want pattern, have string) Tri {
	if !like(want.text, have, want.wildcards) {
		return False
	}
	w, h := strings.SplitN(want.text, ":", 6), strings.SplitN(have, ":", 6)
	if len(w) < 6 || len(h) < 6 || h[0] != "arn" {
		return Unknown
	}
	for i := range w {
		if !like(w[i], h[i], want.wildcards) {
			return False
		}
	}
	return True
}

func isEqual(order int) bool   { return order == 0 }
func isLess(order int) bool    { return order < 0 }
func isAtMost(order int) bool  { return order <= 0 }
func isMore(order int) bool    { return order > 0 }
func isAtLeast(order int) bool { return order >= 0 }

// numeric compares the request's number with the policy's.
func numeric(holds func(order int) bool) func(want pattern, have string) Tri {
	return func(want pattern, have string) Tri {
		w, wok := parseNumber(want.text)
		h, hok := parseNumber(have)
		if !wok || !hok {
			return Unknown
		}
		return tri(holds(cmp.Compare(h, w)))
	}
}

func parseNumber(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" { // Go also reads Inf, NaN, hexadecimal and 1_000
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func isNumber(s string) bool { _, ok := parseNumber(s); return ok }

// date compares the request's time with the policy's.
func date(holds func(order int) bool) func(want pattern, have string) Tri {
	return func(want pattern, have string) Tri {
		w, wok := parseDate(want.text)
		h, hok := parseDate(have)
		if !wok || !hok {
			return Unknown
		}
		return tri(holds(h.Compare(w)))
	}
}

// The forms of the W3C's note on ISO 8601, which IAM takes.
var dateLayouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"}

// parseDate reads a date, or seconds since 1970.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

func isDate(s string) bool { _, ok := parseDate(s); return ok }

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// binary compares the bytes that the request has with the policy's base64.
func binary(want pattern, have string) Tri {
	b, err := base64.StdEncoding.DecodeString(want.text)
	if err != nil {
		return Unknown
	}
	return tri(string(b) == have)
}

func isBase64(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil }

func address(want pattern, have string) Tri {
	network, wok := parseNetwork(want.text)
	addr, err := netip.ParseAddr(have)
	if !wok || err != nil {
		return Unknown
	}
	return tri(network.Contains(addr.Unmap()))
}

// parseNetwork reads a CIDR block; an address stands for itself.
func parseNetwork(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}

func isNetwork(s string) bool { _, ok := parseNetwork(s); return ok }
