package web

import (
	"net/http"
	"time"
)

// What a browser carries from one step to the next, in cookies of its own, so that looking at a card, or
// at a page for members, writes nothing anywhere. A card is carried by the handle that the engine gave
// for its code, which only who knew the code can have.
const (
	carryCard     = "card"
	carryRedeemed = "redeemed" // the serial number of the card redeemed last
	carryReleased = "released" // set where that removed a hold
	carryAfter    = "after"    // where to go once signed in
)

const (
	// carryFor is how long a step may wait for the next.
	carryFor = time.Hour
	// maxCarried bounds what is taken from a browser.
	maxCarried = 128
)

func (v *visit) carry(name, value string) { v.setCookie(name, value, int(carryFor.Seconds())) }

func (v *visit) drop(names ...string) {
	for _, name := range names {
		if v.carried(name) != "" {
			v.setCookie(name, "", -1)
		}
	}
}

func (v *visit) setCookie(name, value string, maxAgeSeconds int) {
	http.SetCookie(v.w, &http.Cookie{Name: v.site.cookieName(name), Value: value, Path: "/", MaxAge: maxAgeSeconds,
		Secure: v.site.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// carried is what the browser carries under a name, or nothing.
func (v *visit) carried(name string) string {
	cookie, err := v.Cookie(v.site.cookieName(name))
	if err != nil || len(cookie.Value) > maxCarried {
		return ""
	}
	return cookie.Value
}
