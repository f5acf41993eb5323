package api

import (
	"fmt"
	"strings"
	"testing"

	"scrip/settlement"
)

// TestAFileThatCannotBeRead is told by its lines, with all of its first mistakes, and with nothing of what stands in it.
func TestAFileThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	code := w.Card("us-25").Code.Reveal()
	file := "store,terminal,id,at,what,card,amount\n0042,3,1001,2025-01-01,activate," + code + ",2500\n0042,3,=1+1,2025-01-01,activate,1234567890138,2500\n"
	before := w.rows()
	got := w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "day": "2025-01-01", "file": file}).wants(400, "settlement_file")
	told := into[told](got)
	if strings.Contains(got.body, code) || len(told.Errors) != 2 || told.Errors[0].Line != 2 || told.Errors[0].Field != "file" ||
		told.Errors[0].Says != "serial: this is no card's serial number: write its 13 digits" || told.Errors[1].Line != 3 {
		t.Errorf("%+v", told.Errors)
	}
	if w.rows() != before {
		t.Error("the refused file has changed something")
	}
	w.post("/v1/settlements", map[string]string{"retailer": "nobody", "day": "2025-01-01", "file": file}).wants(404, "no_tills")
	w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "day": "2026-01-31", "file": fileOf("2026-01-31")}).wants(409, "day_not_over")
	w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "file": fileOf("2026-01-30")}).wants(400, "settlement_file")
	long := strings.Repeat(" ", 20<<10) // longer than other bodies may be
	w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "day": "2026-01-30", "file": long}).wants(400, "settlement_file")
	w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "file": strings.Repeat("x", settlement.MostBytes+1)}).wants(400, "invalid_request")
}

// TestASettlementOverTheAPI: days and breaks are listed page by page and filtered; two keys decide.
func TestASettlementOverTheAPI(t *testing.T) {
	w := newWorld(t)
	for day := range 3 {
		on := fmt.Sprintf("2025-01-%02d", day+1)
		got := into[settledFile](w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "day": on, "file": fileOf(on)}).wants(200, ""))
		if got.Breaks != 1 || got.Theirs.Amount != 2500 || got.Agreed.Amount != 0 || got.Again {
			t.Errorf("%s: %+v", on, got)
		}
	}
	again := map[string]any{"retailer": "cornerway", "day": "2025-01-01", "file": fileOf("2025-01-01")}
	if got := into[settledFile](w.post("/v1/settlements", again).wants(200, "")); !got.Again || got.Breaks != 1 {
		t.Errorf("again: %+v", got)
	}
	again["file"] = strings.ReplaceAll(fileOf("2025-01-01"), "\n", "\r\n")
	w.post("/v1/settlements", again).wants(409, "other_file")
	again["replaces"] = true
	if got := into[settledFile](w.post("/v1/settlements", again).wants(200, "")); got.Revision != 2 {
		t.Errorf("replaced: %+v", got)
	}

	var days, breaks []string
	for next := ""; ; {
		page := into[list[settledDay]](w.get("/v1/settlements/cornerway?limit=2"+next).wants(200, ""))
		for _, d := range page.Data {
			days = append(days, d.Day.String())
		}
		if page.Next == "" {
			break
		}
		next = "&cursor=" + page.Next
	}
	for next := ""; ; {
		page := into[list[settlementBreak]](w.get("/v1/settlements/cornerway/breaks?limit=2&state=open&kind=not_with_us"+next).wants(200, ""))
		for _, b := range page.Data {
			breaks = append(breaks, fmt.Sprintf("%s/%d %s", b.Day, b.Number, b.Standing))
		}
		if page.Next == "" {
			break
		}
		next = "&cursor=" + page.Next
	}
	if got := fmt.Sprint(days, breaks); got != "[2025-01-03 2025-01-02 2025-01-01] [2025-01-01/1 unknown 2025-01-02/1 unknown 2025-01-03/1 unknown]" {
		t.Error(got)
	}
	for query, want := range map[string]int{"": 3, "?day=2025-01-02": 1, "?kind=late": 0, "?state=resolved": 0, "?older_than_days=394": 1, "?older_than_days=395": 0, "?older_than_days=1": 3} {
		if got := into[list[settlementBreak]](w.get("/v1/settlements/cornerway/breaks"+query).wants(200, "")).Data; len(got) != want {
			t.Errorf("%s: %d breaks, want %d", query, len(got), want)
		}
	}
	w.get("/v1/settlements/cornerway/breaks?cursor="+cursorOf("2025-01-01/x")).wants(400, "invalid_request")
	w.get("/v1/settlements/cornerway/days/2025-01-09").wants(404, "no_settlement")

	of := "/v1/settlements/cornerway/days/2025-01-02/breaks/1"
	theirs := map[string]string{"resolution": "theirs"}
	for range 2 { // the second time, as it was remembered
		w.send(asked{method: "POST", path: of + "/confirm", body: theirs, key: "too-soon"}).wants(409, "not_proposed")
	}
	w.post(of+"/propose", map[string]string{"resolution": "written_off"}).wants(409, "nothing_to_write_off")
	w.post(of+"/propose", map[string]string{"resolution": "theirs", "reason": "their receipt"}).wants(200, "")
	w.post(of+"/confirm", theirs).wants(409, "same_person")
	second := asked{method: "POST", path: of + "/confirm", body: map[string]string{"resolution": "ours"}, grants: "manage"}
	w.send(second).wants(409, "other_proposal")
	second.body = theirs
	if got := into[decidedBreak](w.send(second).wants(200, "")); got.State != settlement.Resolved || got.Agreed.Amount != 2500 {
		t.Errorf("%+v", got)
	}
	w.post(of+"/propose", theirs).wants(409, "break_closed")
	w.post("/v1/settlements/cornerway/days/2025-01-02/breaks/2/propose", theirs).wants(404, "no_break")
	w.post("/v1/settlements/cornerway/days/2025-01-01/breaks/1/propose", map[string]string{"resolution": "activate"}).wants(200, "")
	second.path, second.body = "/v1/settlements/cornerway/days/2025-01-01/breaks/1/confirm", map[string]string{"resolution": "activate"}
	w.send(second).wants(404, "not_found") // no card has the number

	pay := map[string]any{"amount": 2000, "currency": "USD", "reference": "wire 7"}
	w.post("/v1/settlements/cornerway/payments", pay).wants(200, "")
	if got := into[retailerPayment](w.post("/v1/settlements/cornerway/payments", pay).wants(200, "")); !got.Again {
		t.Errorf("%+v", got)
	}
	pay["amount"] = 1
	w.post("/v1/settlements/cornerway/payments", pay).wants(422, "payment_reused")
	account := into[retailerAccount](w.get("/v1/settlements/cornerway/account").wants(200, ""))
	if len(account.Accounts) != 1 || account.Accounts[0].Owed.Amount != 500 || account.Pending != 2 || len(account.Missing) == 0 || account.Missing[0] != "2026-01-30" {
		t.Errorf("%+v", account)
	}
	w.get("/v1/settlements/nobody/account").wants(404, "no_tills")
	w.Verify()
}
