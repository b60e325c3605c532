package event

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/user"
)

// Limits of what is taken. docs/protocol/events.md tells them to users.
const (
	// slice is how many events one transaction writes at most, and sliceTime
	// how long it should take: an artifact waits for one slice.
	slice     = 1000
	minSlice  = 50
	sliceTime = 20 * time.Millisecond
	// MaxName bounds metrics, variants and workers in bytes: they stand in
	// index entries, which PostgreSQL holds below 2,700 bytes.
	MaxName = 1000
	// MaxKey bounds the key of a debug sample in bytes: it is a file path.
	MaxKey = file.MaxPath
	// MaxMsg bounds a log line in bytes. What is longer is a file.
	MaxMsg = 4 << 20
	// MaxSeries is how many curves a target may have: a reply that names all
	// of them stays at some megabytes.
	MaxSeries = 20_000
	// MaxSummaries is how many of them the task document tells of, the first
	// that came up; it is the limit of the protocol's reference.
	MaxSummaries = 2000
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store   Store
	Targets Targets
	Files   Files
	Tx      func(ctx context.Context, fn func(context.Context) error) error
	After   func(ctx context.Context, fn func())
	Hub     *notify.Hub
	Now     func() time.Time
}

// Service is the event noun.
type Service struct {
	Config
	size atomic.Int64 // of the next slice
	line line
}

// New returns the service.
func New(cfg Config) *Service {
	s := &Service{Config: cfg}
	s.size.Store(slice)
	return s
}

// Topic is what is published when a target reported something.
func Topic(t Target) string { return "events of " + string(t.Kind) + " " + t.ID }

// Result tells what became of a batch.
type Result struct {
	Added   int
	Errors  int
	Reasons map[string]int // why, and how many events
}

func (r *Result) refuse(reason string) { r.refuseMany(reason, 1) }

func (r *Result) refuseMany(reason string, count int) {
	if r.Reasons == nil {
		r.Reasons = make(map[string]int)
	}
	r.Errors += count
	r.Reasons[reason] += count
}

// why lists the reasons, each with how many events it kept back.
func (r *Result) why() string {
	texts := make([]string, 0, len(r.Reasons))
	for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
		texts = append(texts, fmt.Sprintf("%s (%d)", reason, r.Reasons[reason]))
	}
	return strings.Join(texts, ", ")
}

// Add stores a batch, event by event: what is wrong with one is told in the
// result and keeps back no other. ErrNotAdded if none could be stored.
func (s *Service) Add(ctx context.Context, who user.Identity, events []Event) (Result, error) {
	if err := who.Require(user.Member); err != nil {
		return Result{}, err
	}
	if len(events) == 0 {
		return Result{}, ErrEmptyBatch.Errorf("the batch holds no event")
	}
	if err := unmixed(events); err != nil {
		return Result{}, err
	}
	var r Result
	good := make([]Line, 0, len(events))
	now := s.Now()
	act, _ := user.ActOf(ctx)
	ordinals := make(map[lineKey]int)
	for _, e := range events {
		if reason := e.refusal(); reason != "" {
			r.refuse(reason)
			continue
		}
		if e.Timestamp == 0 {
			e.Timestamp = now.UnixMilli()
		}
		e.Received = now
		l := Line{Event: e}
		if e.Type == Log {
			k := lineKey{e.Target.ID, e.Worker, e.Level, e.Msg, e.Timestamp}
			l.Ordinal = ordinals[k]
			ordinals[k]++
		}
		good = append(good, l)
	}
	for len(good) > 0 {
		n := min(len(good), int(s.size.Load()))
		part := batch{who: who, act: act, lines: good[:n]}
		if err := s.write(ctx, &part); err != nil {
			return r, err
		}
		r.Added += part.result.Added
		for reason, count := range part.result.Reasons {
			r.refuseMany(reason, count)
		}
		good = good[n:]
	}
	if r.Added == 0 {
		return r, ErrNotAdded.Errorf("no event was stored: %s", r.why())
	}
	return r, nil
}

// nextSlice cuts slices down when one of n events took long: scattered points
// cost more than those of a curve that goes on, and a busy machine is slower.
func nextSlice(n int, size int64, took time.Duration) int64 {
	if took <= sliceTime {
		return min(max(size, 2*int64(n)), slice)
	}
	return max(minSlice, int64(float64(n)*float64(sliceTime)/float64(took)))
}

type lineKey struct {
	target, worker, level, msg string
	at                         int64
}

// unmixed refuses a batch that calls one id both a task and a model.
func unmixed(events []Event) error {
	kinds := make(map[string]Kind)
	for _, e := range events {
		if e.Target.ID == "" {
			continue
		}
		if k, ok := kinds[e.Target.ID]; ok && k != e.Target.Kind {
			return ErrMixed.Errorf("task: the id %.40q is used for a task and for a model in one batch", e.Target.ID).With("field", "task")
		}
		kinds[e.Target.ID] = e.Target.Kind
	}
	return nil
}

// refusal says what is wrong with an event by itself; "" if nothing is.
func (e Event) refusal() string {
	switch {
	case e.Type == "" && e.Broken == "":
		return "an event has no type"
	case e.Type != "" && !slices.Contains(Types, e.Type):
		return fmt.Sprintf("the event type %.40q is unknown", e.Type)
	case e.Broken != "":
		return e.Broken
	case e.Target.ID == "":
		return "an event names no task"
	case e.Type == Log && e.Target.Kind == Model:
		return "a model takes no log lines"
	case e.Type == Scalar && (e.Value == nil || math.IsNaN(*e.Value) || math.IsInf(*e.Value, 0)):
		return "the value of a scalar is no finite number"
	case len(e.Metric) > MaxName || len(e.Variant) > MaxName || len(e.Worker) > MaxName:
		return fmt.Sprintf("metric, variant and worker may have at most %d bytes", MaxName)
	case len(e.Key) > MaxKey:
		return fmt.Sprintf("the key of a debug sample may have at most %d bytes", MaxKey)
	case len(e.Msg) > MaxMsg:
		return fmt.Sprintf("a log line may have at most %d bytes", MaxMsg)
	}
	return ""
}

// sorted is what batches come to that are written together.
type sorted struct {
	lines   []Line
	scalars []*Event
	from    []*batch // of each of the scalars
	items   []Item
	last    map[Target]int64 // iterations; of those that took something
	latest  map[Target][]Latest
	touched map[Target]user.Identity
}

// addSlice writes batches within a transaction, which may be run again.
func (s *Service) addSlice(ctx context.Context, all []*batch) error {
	targets := make(map[Target]bool)
	for _, b := range all {
		b.result = Result{}
		for _, e := range b.lines {
			targets[e.Target] = true
		}
	}
	states, err := s.Targets.Check(ctx, keys(targets))
	if err != nil {
		return err
	}
	w := sorted{last: make(map[Target]int64), latest: make(map[Target][]Latest), touched: make(map[Target]user.Identity)}
	for _, b := range all {
		if err := s.sort(ctx, b, states, &w); err != nil {
			return err
		}
	}
	if len(w.last) == 0 {
		return nil
	}
	if err := s.Store.AddLog(ctx, w.lines); err != nil {
		return err
	}
	refused, err := s.Store.AddScalars(ctx, w.scalars, MaxSeries)
	if err != nil {
		return err
	}
	for _, i := range refused {
		w.from[i].result.Added--
		w.from[i].result.refuse(fmt.Sprintf("a target has at most %d series of scalars", MaxSeries))
	}
	if err := s.Store.Put(ctx, w.items); err != nil {
		return err
	}
	if err := s.Store.Note(ctx, w.latest); err != nil {
		return err
	}
	if err := s.Store.Raise(ctx, w.last); err != nil {
		return err
	}
	if err := s.Targets.Touch(ctx, w.touched); err != nil {
		return err
	}
	for _, b := range all {
		noteTargets(ctx, b, w.last)
	}
	for t := range w.last {
		s.After(ctx, func() { s.Hub.Publish(Topic(t)) })
	}
	return nil
}

// sort puts the events of a batch where they belong.
func (s *Service) sort(ctx context.Context, b *batch, states map[Target]TargetState, w *sorted) error {
	var of Target // of the event before; most batches are of one target
	var st TargetState
	for i := range b.lines {
		e := &b.lines[i]
		if i == 0 || e.Target != of {
			of, st = e.Target, states[e.Target]
		}
		switch {
		case !st.Exists:
			b.result.refuse(fmt.Sprintf("there is no %s %.40q", e.Target.Kind, e.Target.ID))
			continue
		case st.Locked && !e.AllowLocked:
			b.result.refuse(fmt.Sprintf("the %s %s is published or public", e.Target.Kind, e.Target.ID))
			continue
		case e.Type == Log:
			w.lines = append(w.lines, *e)
		case e.Type == Scalar:
			w.scalars, w.from = append(w.scalars, &e.Event), append(w.from, b)
		default:
			item, err := s.bind(ctx, e.Event)
			if err != nil {
				return err
			}
			w.items = append(w.items, item)
		}
		b.result.Added++
		if e.Type != Log {
			w.note(e.Target, Latest{e.Metric, e.Type, e.Received})
		}
		w.last[e.Target] = max(w.last[e.Target], e.counts())
		w.touched[e.Target] = b.who
	}
	return nil
}

// note remembers what came in for a metric, but not what it just did.
func (w *sorted) note(t Target, l Latest) {
	latest := w.latest[t]
	if n := len(latest); n > 0 && latest[n-1] == l {
		return
	}
	w.latest[t] = append(latest, l)
}

// counts is the iteration that an event takes its target to. The machine's
// own metrics run by wall clock and do not count.
func (e Event) counts() int64 {
	if e.Type == Log || e.Metric == ":monitor:machine" || e.Metric == ":monitor:gpu" {
		return 0
	}
	return e.Iter
}

// bind notes which content the address of a sample names now.
func (s *Service) bind(ctx context.Context, e Event) (Item, error) {
	item := Item{Event: e}
	if e.Type != DebugImage || !e.URL.IsOwn() {
		return item, nil
	}
	g, found, err := s.Files.Find(ctx, e.URL.Path, "")
	if err == nil && found {
		item.Generation, item.Version = g.ID, g.Number
	}
	return item, err
}

func keys[K comparable, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
