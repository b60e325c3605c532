package server

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/door"
)

// metrics are what /metrics shows. Labels are names of ours only, never paths
// or texts of callers.
type metrics struct {
	registry *prometheus.Registry
	hashed   prometheus.Counter
	received prometheus.Counter
	calls    *prometheus.CounterVec
	callTime *prometheus.HistogramVec
	requests *prometheus.CounterVec
	httpTime *prometheus.HistogramVec
	stores   *storeMetrics
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		stores:   newStoreMetrics(),
		hashed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coffer_blob_hashed_bytes_total", Help: "Bytes whose SHA-256 was computed on their way in.",
		}),
		received: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coffer_upload_bytes_total", Help: "Bytes of files that were uploaded.",
		}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coffer_api_calls_total", Help: "Calls of the API by endpoint and result code.",
		}, []string{"endpoint", "code"}),
		callTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "coffer_api_call_seconds", Help: "How long calls of the API took.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
		}, []string{"endpoint"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coffer_http_requests_total", Help: "HTTP requests by listener, method and status.",
		}, []string{"listener", "method", "status"}),
		httpTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "coffer_http_request_seconds", Help: "How long HTTP requests took, transfers included, by listener and method.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60, 600},
		}, []string{"listener", "method"}),
	}
	m.registry.MustRegister(m.hashed, m.received, m.calls, m.callTime, m.requests, m.httpTime, m.stores.calls, m.stores.time, m.stores.bytes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// hash counts bytes that were hashed.
func (m *metrics) hash(n int64) {
	if m != nil {
		m.hashed.Add(float64(n))
	}
}

// meter counts the calls to a store.
func (m *metrics) meter(location string, s blob.Store) blob.Store {
	if m == nil {
		return s
	}
	return m.stores.wrap(location, s)
}

// follow shows how many requests run.
func (m *metrics) follow(d *drain) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "coffer_http_requests_running", Help: "HTTP requests that run, transfers included.",
	}, func() float64 { return float64(d.Running()) }))
}

func (m *metrics) call(endpoint string, status int, took time.Duration) {
	m.calls.WithLabelValues(endpoint, strconv.Itoa(status)).Inc()
	m.callTime.WithLabelValues(endpoint).Observe(took.Seconds())
}

// methods bounds the label: a caller may send any word as a method.
var methods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true,
	http.MethodDelete: true, http.MethodOptions: true, http.MethodPatch: true,
}

func (m *metrics) observe(listener string) func(*http.Request, int, time.Duration) {
	return func(r *http.Request, status int, took time.Duration) {
		method := r.Method
		if !methods[method] {
			method = "other"
		}
		m.requests.WithLabelValues(listener, method, strconv.Itoa(status)).Inc()
		m.httpTime.WithLabelValues(listener, method).Observe(took.Seconds())
	}
}

// handler serves the metrics to callers on this machine, and to others with
// credentials.
func (m *metrics) handler(guard *door.Guard) http.Handler {
	show := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A proxy on this machine speaks for others.
		proxied := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
		if proxied || !loopback(r.RemoteAddr) {
			if _, err := guard.Admit(r, door.Guest); err != nil {
				http.Error(w, "metrics are shown to this machine, or with credentials", http.StatusUnauthorized)
				return
			}
		}
		show.ServeHTTP(w, r)
	})
}

func loopback(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}
