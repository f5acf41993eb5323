package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what was measured.
type Report struct {
	Database   string   `json:"database"`   // SQLite or PostgreSQL
	InProcess  bool     `json:"in_process"` // the server ran in the process of the load test
	Processors int      `json:"processors"`
	Seed       uint64   `json:"seed"`
	Accounts   int      `json:"accounts"`
	Cards      int      `json:"cards"`  // to be redeemed
	Issued     int      `json:"issued"` // to be activated
	Baseline   Baseline `json:"baseline,omitzero"`
	Results    []Result `json:"results"`
	// Warnings is how often the server in this process logged that something is wrong.
	Warnings     int64  `json:"warnings,omitempty"`
	FirstWarning string `json:"first_warning,omitempty"`
}

// Result is what was measured of one workload.
type Result struct {
	Workload  Workload         `json:"workload"`
	Through   Through          `json:"through"`
	Clients   int              `json:"clients"`
	Batch     int              `json:"batch,omitempty"`
	Rate      int              `json:"rate,omitempty"`
	Done      int64            `json:"done"`
	Seconds   float64          `json:"seconds"`
	PerSecond float64          `json:"per_second"`
	P50       time.Duration    `json:"p50_ns"`
	P95       time.Duration    `json:"p95_ns"`
	P99       time.Duration    `json:"p99_ns"`
	Max       time.Duration    `json:"max_ns"`
	Errors    int64            `json:"errors"`
	Reasons   map[string]int64 `json:"reasons,omitempty"`
	Ratio     float64          `json:"ratio,omitempty"` // to the baseline
	Mails     int64            `json:"mails,omitempty"` // composed, and handed to a sender that discards them
	LogBytes  int64            `json:"wal_bytes_each,omitempty"`
	Rows      float64          `json:"rows_each,omitempty"` // inserted and changed, those for mails included
	Memory    int64            `json:"memory_bytes,omitempty"`
	Note      string           `json:"note,omitempty"`

	attempted int64
}

func (r *Result) take(m measured) {
	r.Done, r.Seconds, r.attempted = m.took.total, m.elapsed.Seconds(), m.attempted
	r.PerSecond = float64(m.took.total) / m.elapsed.Seconds()
	r.P50, r.P95, r.P99, r.Max = m.took.quantile(500), m.took.quantile(950), m.took.quantile(990), m.took.most
	r.Errors, r.Reasons = m.failed, m.reasons
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(to io.Writer) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// WriteTable writes the report for people.
func (r Report) WriteTable(to io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %d processors, %d accounts, %d cards to redeem, %d to activate, seed %d\n", r.Database, r.Processors, r.Accounts, r.Cards, r.Issued, r.Seed)
	if r.Baseline.PerSecond > 0 {
		fmt.Fprintf(&text, "baseline: %.0f a second: %s\n", r.Baseline.PerSecond, r.Baseline.What)
	}
	if r.Baseline.Fsync > 0 {
		fmt.Fprintf(&text, "the disk takes %v to keep a page\n", round(r.Baseline.Fsync))
	}
	text.WriteString("\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "workload\tthrough\tclients\ta second\tp50\tp95\tp99\tmax\terrors\tratio\tmails\tlog bytes each\trows each\tmemory\t")
	for _, each := range r.Results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.0f\t%v\t%v\t%v\t%v\t%d\t%s\t%s\t%s\t%s\t%s\t\n", each.Workload, each.Through, each.callers(), each.PerSecond,
			round(each.P50), round(each.P95), round(each.P99), round(each.Max), each.Errors, some("%.2f", each.Ratio), some("%.0f", float64(each.Mails)),
			some("%.0f", float64(each.LogBytes)), some("%.1f", each.Rows), some("%.0f MB", float64(each.Memory)/1e6))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	text.WriteString("\n")
	r.writeNotes(&text)
	_, err := io.WriteString(to, text.String())
	return err
}

func (r Report) writeNotes(text *strings.Builder) {
	for _, each := range r.Results {
		fmt.Fprintf(text, "%s: %d in %.1f s\n", each.Workload, each.Done, each.Seconds)
		if each.Note != "" {
			fmt.Fprintf(text, "%s: %s\n", each.Workload, each.Note)
		}
		for _, reason := range sorted(each.Reasons) {
			fmt.Fprintf(text, "%s: %d failed: %s\n", each.Workload, each.Reasons[reason], reason)
		}
	}
	if r.InProcess {
		text.WriteString("The server, its loops and the clients ran in one process; its memory is that of all.\n")
	}
	if r.Warnings > 0 {
		fmt.Fprintf(text, "The server logged %d warnings, the first: %s\n", r.Warnings, r.FirstWarning)
	}
}

func sorted(reasons map[string]int64) []string {
	names := make([]string, 0, len(reasons))
	for name := range reasons {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}

// callers are how many ask, and for how many things at once.
func (r Result) callers() string {
	text := fmt.Sprint(r.Clients)
	if r.Batch > 1 {
		text += fmt.Sprintf(" × %d", r.Batch)
	}
	if r.Rate > 0 {
		text += fmt.Sprintf(" at %d/s", r.Rate)
	}
	return text
}

// some is a number, or nothing where there is none.
func some(format string, number float64) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf(format, number)
}

// round keeps three digits of a duration.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d >= 1000*unit {
		unit *= 10
	}
	return d.Round(unit)
}
