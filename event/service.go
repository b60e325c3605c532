package event

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// Limits.
const (
	// slice is how many events one transaction writes: at a few microseconds
	// each, an artifact waits for some milliseconds at most.
	slice = 1000
	// DefaultLog and MaxLog are how many log lines a page holds.
	DefaultLog = 5000
	MaxLog     = 10000
	// MaxName bounds a metric and a variant, in bytes: both stand in the keys of
	// indexes, of which PostgreSQL holds some 2,700.
	MaxName = 1024
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store   Store
	Targets Targets
	Tx      func(ctx context.Context, fn func(context.Context) error) error
	Now     func() time.Time
}

// Service is the event noun.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

// Result tells what became of a batch.
type Result struct {
	Added   int
	Errors  int
	Reasons map[string]int // why, and how many events
}

func (r *Result) refuse(reason string) {
	if r.Reasons == nil {
		r.Reasons = make(map[string]int)
	}
	r.Errors++
	r.Reasons[reason]++
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
	var r Result
	good := make([]Event, 0, len(events))
	now := s.Now()
	for _, e := range events {
		if reason := e.refusal(); reason != "" {
			r.refuse(reason)
			continue
		}
		if e.Timestamp == 0 {
			e.Timestamp = now.UnixMilli()
		}
		e.Received = now
		good = append(good, e)
	}
	ordinals := make(map[string]int)
	for len(good) > 0 {
		n := min(len(good), slice)
		var part Result
		var counted map[string]int // of a transaction that may run several times
		err := s.Tx(ctx, func(ctx context.Context) (err error) {
			counted = maps.Clone(ordinals)
			part, err = s.addSlice(ctx, who, good[:n], counted)
			return err
		})
		if err != nil {
			return r, err
		}
		ordinals = counted
		r.Added += part.Added
		for reason, count := range part.Reasons {
			for range count {
				r.refuse(reason)
			}
		}
		good = good[n:]
	}
	if r.Added == 0 {
		return r, ErrNotAdded.Errorf("no event was stored: %s", r.why())
	}
	return r, nil
}

// refusal says what is wrong with an event by itself; "" if nothing is.
func (e Event) refusal() string {
	switch {
	case e.Type == "":
		return "an event has no type"
	case !types[e.Type]:
		return fmt.Sprintf("the event type %.40q is unknown", e.Type)
	case e.Target.ID == "":
		return "an event names no task"
	case e.Type == Log && e.Target.Kind == Model:
		return "a model takes no log lines"
	case len(e.Metric) > MaxName || len(e.Variant) > MaxName:
		return fmt.Sprintf("metric and variant have at most %d bytes each", MaxName)
	case e.Type == Scalar && (e.Value == nil || math.IsNaN(*e.Value) || math.IsInf(*e.Value, 0)):
		return "the value of a scalar is no finite number"
	}
	return ""
}

func (s *Service) addSlice(ctx context.Context, who user.Identity, events []Event, ordinals map[string]int) (Result, error) {
	var r Result
	targets := make(map[Target]bool)
	for _, e := range events {
		targets[e.Target] = true
	}
	states, err := s.Targets.Check(ctx, keys(targets))
	if err != nil {
		return r, err
	}
	var lines []Line
	var items []Event
	for _, e := range events {
		switch st := states[e.Target]; {
		case !st.Exists:
			r.refuse(fmt.Sprintf("there is no %s %.40q", e.Target.Kind, e.Target.ID))
			continue
		case st.Locked && !e.AllowLocked:
			r.refuse(fmt.Sprintf("the %s %s is published or public", e.Target.Kind, e.Target.ID))
			continue
		case e.Type == Log:
			lines = append(lines, e.line(ordinals))
		default:
			items = append(items, e)
		}
		r.Added++
	}
	if r.Added == 0 {
		return r, nil
	}
	if err := s.Store.AddLog(ctx, lines); err != nil {
		return r, err
	}
	if err := s.putItems(ctx, items); err != nil {
		return r, err
	}
	for t := range targets {
		if st := states[t]; !st.Exists {
			continue
		}
		if err := s.Targets.Touch(ctx, who, t); err != nil {
			return r, err
		}
	}
	return r, s.raise(ctx, items)
}

// line makes the key that a log line is known by.
func (e Event) line(ordinals map[string]int) Line {
	text := fmt.Sprintf("%q %d %q %q %q", e.Worker, e.Timestamp, e.Level, e.Target.ID, e.Msg)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", text, ordinals[text]))
	ordinals[text]++
	return Line{e, hex.EncodeToString(sum[:16])}
}

// raise moves the last iteration of the targets on. The machine's own metrics
// run by wall clock and do not count.
func (s *Service) raise(ctx context.Context, events []Event) error {
	last := make(map[Target]int64)
	for _, e := range events {
		if e.Metric != ":monitor:machine" && e.Metric != ":monitor:gpu" {
			last[e.Target] = max(last[e.Target], e.Iter)
		}
	}
	for t, iteration := range last {
		if err := s.Store.Raise(ctx, t, iteration); err != nil {
			return err
		}
	}
	return nil
}

// Progress returns what the events of the targets come to.
func (s *Service) Progress(ctx context.Context, who user.Identity, targets []Target) (map[Target]Progress, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.Progress(ctx, targets)
}

// Log returns a page of the console log in the order of navigation, and how
// many lines there are in all.
func (s *Service) Log(ctx context.Context, who user.Identity, t Target, q LogQuery) (lines []Event, total int, err error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, 0, err
	}
	if q.Limit == 0 {
		q.Limit = DefaultLog
	}
	if q.Limit < 0 || q.Limit > MaxLog {
		return nil, 0, ErrLimit.Errorf("batch_size: a page holds 1 to %d lines, not %d", MaxLog, q.Limit).With("field", "batch_size")
	}
	if err := s.exists(ctx, t); err != nil {
		return nil, 0, err
	}
	if lines, err = s.Store.LogPage(ctx, t, q); err != nil {
		return nil, 0, err
	}
	total, err = s.Store.LogCount(ctx, t)
	return lines, total, err
}

func (s *Service) exists(ctx context.Context, t Target) error {
	states, err := s.Targets.Check(ctx, []Target{t})
	if err == nil && !states[t].Exists {
		err = ErrNoTarget.Errorf("there is no %s %s", t.Kind, t.ID)
	}
	return err
}

// Items returns a page of events of one type that are no log lines, by
// iteration, and how many there are in all.
func (s *Service) Items(ctx context.Context, who user.Identity, t Target, q ItemQuery) (items []Event, total int, err error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, 0, err
	}
	if !types[q.Type] || q.Type == Log {
		return nil, 0, ErrBadType.Errorf("event_type: expected one of %s, %s, %s and %s, got %.40q", Scalar, Vector, DebugImage, Plot, q.Type).With("field", "event_type")
	}
	if q.Limit < 1 || q.Limit > MaxLog {
		return nil, 0, ErrLimit.Errorf("batch_size: a page holds 1 to %d events, not %d", MaxLog, q.Limit).With("field", "batch_size")
	}
	if err := s.exists(ctx, t); err != nil {
		return nil, 0, err
	}
	if items, err = s.Store.ItemPage(ctx, t, q); err != nil {
		return nil, 0, err
	}
	total, err = s.Store.ItemCount(ctx, t, q.Type)
	return items, total, err
}

// Delete removes all events of a target inside the caller's transaction and
// returns the addresses that its debug samples named.
func (s *Service) Delete(ctx context.Context, t Target) ([]file.Address, error) {
	named, err := s.Store.Files(ctx, t)
	if err != nil {
		return nil, err
	}
	return named, s.Store.Delete(ctx, t)
}

func keys[K comparable, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
