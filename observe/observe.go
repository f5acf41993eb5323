// Package observe is what an operator sees: metrics, and one log line a request. Neither holds a code,
// an address of a person, or anything that came in a body.
package observe

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what the program does.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	done     *prometheus.CounterVec
	due      prometheus.Gauge
}

// NewMetrics are metrics that count from nothing.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "scrip_http_requests_total",
			Help: "Requests answered, by section of the site, method and status."}, []string{"section", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "scrip_http_request_seconds",
			Help: "How long requests took.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15)}, []string{"section"}),
		done: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "scrip_jobs_total",
			Help: "What was due and was worked on (live, ask, send, fan_out, deliver), by how it went."}, []string{"what", "outcome"}),
	}
	m.due = prometheus.NewGauge(prometheus.GaugeOpts{Name: "scrip_due_accounts",
		Help: "Accounts on which something was due when it was last looked: how far a billing run is."})
	m.registry.MustRegister(m.requests, m.seconds, m.done, m.due, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Did counts one thing that was due.
func (m *Metrics) Did(what string, failed bool) {
	outcome := "done"
	if failed {
		outcome = "failed"
	}
	m.done.WithLabelValues(what, outcome).Inc()
}

// Due tells on how many accounts something is due.
func (m *Metrics) Due(accounts int) { m.due.Set(float64(accounts)) }

// Handler serves the metrics in Prometheus' format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Requests counts and logs each request to next.
func (m *Metrics) Requests(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &response{ResponseWriter: w, status: http.StatusOK}
		section, method := sectionOf(r.URL.Path), methodOf(r.Method)
		defer func() {
			took := time.Since(begun)
			m.requests.WithLabelValues(section, method, strconv.Itoa(seen.status)).Inc()
			m.seconds.WithLabelValues(section).Observe(took.Seconds())
			log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", method), slog.String("section", section),
				slog.Int("status", seen.status), slog.Duration("took", took))
		}()
		next.ServeHTTP(seen, r)
	})
}

// sections are the parts of the site. A path is not counted itself: anybody may ask for any path.
var sections = []string{"redeem", "account", "sign-in", "sign-out", "gift-cards", "help", "static", "demo", "language", "v1", "problems"}

func sectionOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case first == "":
		return "home"
	case slices.Contains(sections, first):
		return first
	}
	return "other"
}

func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	}
	return "other"
}

// response remembers the status that was written.
type response struct {
	http.ResponseWriter
	status int
}

func (r *response) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer below.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }
