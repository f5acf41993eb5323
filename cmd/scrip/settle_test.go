package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSettleOnTheCommandLine: a file is refused by its lines, compared, settled once, and its break decided by two persons.
func TestSettleOnTheCommandLine(t *testing.T) {
	config, _ := setUp(t)
	s := serve(t, config)
	day := time.Now().AddDate(0, 0, -3).Format(time.DateOnly)
	file := filepath.Join(t.TempDir(), "day.csv")
	write := func(text string) {
		check(t, os.WriteFile(file, []byte(text), 0o600))
	}
	good := fmt.Sprintf("H,cornerway,%s\nstore,till,receipt,time,type,card,amount\n0042,3,1001,%s 09:15:00,SALE,1234567890138,25.00\nT,1,25.00\n", day, day)
	settle := func(status int, says string, args ...string) {
		t.Helper()
		got := call(t.Context(), "", []string{testKey}, slices.Concat([]string{"settle"}, args, []string{"--config", config})...)
		if told := got.stdout + got.stderr; got.status != status || !strings.Contains(told, says) {
			t.Errorf("settle %v = %d, want %d and %q\n%s", args, got.status, status, says, told)
		}
	}
	of := []string{file, "--retailer", "cornerway"}
	with := func(more ...string) []string { return slices.Concat(of, more) }
	settle(exitUsage, "no such file", of...)
	write(strings.Replace(good, "T,1,25.00\n", "", 1))
	settle(exitUsage, "line 3, trailer: the file ends without its trailer, and so is cut: send it whole\n", of...)
	write(strings.NewReplacer("09:15", "9:15", "25.00\nT", "25\nT").Replace(good))
	settle(exitUsage, "line 3, at: write a time that exists, as YYYY-MM-DD hh:mm:ss\n  line 3, amount: write the amount with all 2 decimals of USD\n", of...)
	write(good)
	settle(exitUsage, "has no such retailer", file, "--retailer", "nobody")
	settle(exitUsage, "and 2020-01-01 was named", with("--day", "2020-01-01")...)
	settle(exitUsage, "--day:", with("--day", "yesterday")...)
	settle(exitFailed, "A dry run: nothing was changed.\ncornerway on "+day+": 1 rows, 0 transactions without a difference\nby us 0.00 USD, by the file 25.00 USD, agreed 0.00 USD\n", with("--dry-run")...)
	settle(exitFailed, "no file of this retailer's day was settled", "show", "cornerway", day)
	settle(exitFailed, "not_with_us", of...)
	settle(exitFailed, "This very file was settled before. Nothing was changed.", of...)
	write(strings.ReplaceAll(good, "\n", "\r\n"))
	settle(exitUsage, "another file of this day was settled", of...)
	settle(exitFailed, "not_with_us", with("--replace")...)
	decide := func(status int, says, what, by string, more ...string) {
		t.Helper()
		settle(status, says, append([]string{what, "cornerway", day, "1", "--as", "theirs", "--by", by}, more...)...)
	}
	decide(exitFailed, "no resolution of the break is proposed", "confirm", "bea")
	decide(exitDone, "break 1: proposed, theirs", "resolve", "ada", "--reason", "their receipt")
	decide(exitFailed, "cannot confirm it", "confirm", "ada")
	decide(exitFailed, "--by: ", "confirm", " ")
	decide(exitDone, "break 1: resolved, theirs; of the day 25.00 USD is agreed, with a commission of 1.50 USD", "confirm", "bea")
	settle(exitDone, "resolved: theirs, by staff/ada and staff/bea", "show", "cornerway", day)
	settle(exitDone, "This very file was settled before", with("--replace")...)
	write(good)
	settle(exitUsage, "cannot be replaced any more", with("--replace")...)
	settle(exitDone, "23.50 USD of cornerway, \"wire 7\": recorded", "paid", "cornerway", "--amount", "2350", "--currency", "USD", "--reference", "wire 7")
	settle(exitDone, "was recorded before", "paid", "cornerway", "--amount", "2350", "--currency", "USD", "--reference", "wire 7")
	settle(exitFailed, "another amount", "paid", "cornerway", "--amount", "1", "--currency", "USD", "--reference", "wire 7")
	settle(exitDone, "agreed 25.00 USD, commission 1.50 USD, paid 23.50 USD, owed 0.00 USD\n0 breaks wait for a decision\ndays without a file: [", "list", "cornerway")
	if got := call(t.Context(), "", []string{testKey}, "verify", "--config", config); got.status != exitDone || !strings.Contains(got.stdout, "settlement_differences") {
		t.Errorf("verify = %+v", got)
	}
	s.stop()
	<-s.done
}
