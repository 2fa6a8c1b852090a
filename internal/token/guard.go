package token

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
)

// A guard keeps a fetch from private addresses. It looks at the address that is
// dialled, which no name can hide.
type guard struct {
	issuer       string // host:port
	allowPrivate bool
	private      atomic.Bool // the issuer itself was found at a private address
}

var errPrivate = errors.New("the address is private")

func (g *guard) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if public(to.Addr()) {
			return nil
		}
		if hostPort == g.issuer && g.allowPrivate {
			g.private.Store(true)
		}
		if !g.private.Load() {
			return errPrivate
		}
		return nil
	}}
	return dialer.DialContext(ctx, network, hostPort)
}

// reserved are the ranges that netip has no predicate for and that are not the
// Internet's: this host, shared (RFC 6598), protocol assignments, benchmarks, the
// reserved end, and the IPv6 prefixes that carry an IPv4 address inside.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// public says whether an address is one of the Internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
