package web

import (
	"net/http"
	"time"
)

// What a browser carries from one step of a redemption to the next, in cookies of its own, so that
// looking at a card writes nothing anywhere. A card is carried by the handle that the engine gave for
// its code, which only who knew the code can have.
const (
	carryCard     = "card"
	carryRedeemed = "redeemed" // the serial number of the card redeemed last
	carryReleased = "released" // set where that removed a hold
)

// carryFor is how long a step may wait for the next.
const carryFor = time.Hour

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
	if err != nil || len(cookie.Value) > maxKey {
		return ""
	}
	return cookie.Value
}
