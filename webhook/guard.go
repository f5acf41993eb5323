package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

var (
	// ErrURL says that a text is no address to which events could be posted.
	ErrURL = errors.New("an endpoint's address looks like https://example.com/path, has at most 2,048 characters, and no user, password or fragment")
	// ErrPrivate says that an address is on a network that nobody outside reaches.
	ErrPrivate = errors.New("the address is not public: name its network in the setting webhook.allow_networks to allow it")
)

const longestURL = 2048

// Guard says which addresses may be connected to: public ones, and those of networks that the operator allows. Its
// zero value allows public ones alone.
type Guard struct{ allowed []netip.Prefix }

// NewGuard is a guard that allows networks beside the public ones.
func NewGuard(allowed []netip.Prefix) Guard { return Guard{slices.Clone(allowed)} }

// CheckURL refuses what is no address for events. Plain http is for allowed networks, and so for where there are some.
// A name may lead anywhere later, so that the guard is asked again for each connection.
func (g Guard) CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ErrURL
	}
	if u.Scheme != "https" && (u.Scheme != "http" || len(g.allowed) == 0) {
		return ErrURL
	}
	if port := u.Port(); port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return ErrURL
		}
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil {
		return g.Check(address)
	}
	return nil
}

// Check refuses an address that may not be connected to.
func (g Guard) Check(address netip.Addr) error {
	address = address.Unmap().WithZone("")
	if isPublic(address) || slices.ContainsFunc(g.allowed, func(network netip.Prefix) bool { return network.Contains(address) }) {
		return nil
	}
	return ErrPrivate
}

// control is asked by the dialer once it has resolved a name, before it connects to one of its addresses.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	if err := g.Check(to.Addr()); err != nil {
		return fmt.Errorf("%s: %w", to.Addr(), err)
	}
	return nil
}

// special are the networks that are not what they seem (https://www.iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry): private, shared by a provider's customers, link-local with the clouds' metadata,
// documentation, tests, and those that stand for other addresses.
var special = parse("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")

// global is where public IPv6 addresses are.
var global = netip.MustParsePrefix("2000::/3")

func isPublic(address netip.Addr) bool {
	if !address.IsValid() || address.Is6() && !global.Contains(address) {
		return false
	}
	return !slices.ContainsFunc(special, func(network netip.Prefix) bool { return network.Contains(address) })
}

func parse(texts ...string) []netip.Prefix {
	networks := make([]netip.Prefix, len(texts))
	for at, text := range texts {
		networks[at] = netip.MustParsePrefix(text)
	}
	return networks
}
