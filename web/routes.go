package web

import (
	"net/http"

	"scrip/checkout"
	"scrip/engine"
)

// routes are all pages. Those of members send others to the sign-in page.
func (s *site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	open := func(pattern string, h handler) { mux.Handle(pattern, s.page(h)) }
	member := func(pattern string, h handler) { mux.Handle(pattern, s.page(signedIn(h))) }

	open("GET /{$}", s.landing)
	open("GET /gift-cards", s.giftCards)
	if s.Engine.SellsOnline() {
		open("GET /gift-cards/buy", s.askGift)
		open("POST /gift-cards/buy", s.placeOrder)
		open("GET "+engine.OrderPath+"{link}", s.showOrder)
		open("GET "+engine.OrderPath+"{link}/pay", s.payOrder)
		open("GET "+engine.OrderPath+"{link}/paid", s.returnToOrder)
		open("POST "+engine.OrderPath+"{link}/send", s.resendOrder)
	}
	if s.Desk != nil {
		open("GET "+checkout.TestPath+"{id}", s.testPayment)
		open("POST "+checkout.TestPath+"{id}", s.doTestPayment)
	}
	open("GET /help/redeem", s.help)
	open("POST /language", s.setLanguage)

	open("GET /redeem", s.askCode)
	open("POST /redeem", s.checkCode)
	open("GET /redeem/card", s.showCard)
	open("POST /redeem/card", s.askAddress)
	open("POST /redeem/wait", s.waitForCard)
	open("GET /redeem/verify", redeeming.askDigits(s))
	open("POST /redeem/verify", redeeming.proveDigits(s))
	open("GET /redeem/new", redeeming.askCountry(s))
	open("POST /redeem/new", redeeming.openAccount(s))
	member("GET /redeem/confirm", s.askRedeem)
	mux.Handle("POST /redeem/confirm", s.visited(s.sessions, s.presume, signedIn(s.redeem)))
	member("GET /redeem/done", s.redeemed)

	open("GET /sign-in", s.askSignIn)
	open("POST /sign-in", s.sendDigits)
	open("GET /sign-in/verify", signingIn.askDigits(s))
	open("POST /sign-in/verify", signingIn.proveDigits(s))
	open("GET /sign-in/new", signingIn.askCountry(s))
	open("POST /sign-in/new", signingIn.openAccount(s))
	open("POST /sign-out", s.signOut)

	member("GET /account", s.account)
	member("GET /account/billing", s.billing)
	member("GET /account/pending", s.pending)
	member("GET /account/start", s.askStart)
	member("POST /account/start", s.start)
	member("GET /account/plan", s.askPlan)
	member("GET /account/plan/confirm", s.previewPlan)
	member("POST /account/plan", s.changePlan)
	member("GET /account/cancel", s.askCancel)
	member("POST /account/cancel", s.cancel)
	member("POST /account/restart", s.restart)
	member("POST /account/sign-out-everywhere", s.signOutEverywhere)
	if len(s.Methods) > 0 {
		member("GET /account/payment", s.askMethod)
		member("POST /account/payment", s.setMethod)
	}
	if s.Demo != nil {
		open("POST /demo/clock", s.forward)
		open("GET /demo/cards", s.demoCards)
		open("GET /demo/mail", s.demoMails)
		open("GET /demo/mail/{id}", s.demoMail)
		open("GET /demo/mail/{id}/body", s.demoMailBody)
		member("POST /demo/payer", s.demoPayer)
		member("GET /demo/timeline", s.demoTimeline)
	}
	if s.Staff != nil {
		s.staffRoutes(mux)
	}
	mux.Handle("GET /favicon.ico", http.RedirectHandler(s.assets.path("favicon.svg"), http.StatusFound))
	mux.Handle("/", s.page(s.missing))
	return mux
}
