package sqlstore

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/notify"
)

const (
	// channel is where the servers of one database tell each other what to
	// wake.
	channel = "coffer"
	// maxTopic is what fits into a notification of PostgreSQL, which holds
	// 8,000 bytes; of longer topics everybody is woken.
	maxTopic = 7_900
	// relinkEvery is the pause between tries to listen again.
	relinkEvery = time.Second
)

// link carries what is published on one server to the hubs of the others.
type link struct {
	db     *DB
	hub    *notify.Hub
	logger *slog.Logger
	self   string // so that a server passes over its own

	mu      sync.Mutex
	pending map[string]bool
	more    chan struct{}
}

// Link joins a hub with those of all servers on the same database, until stop
// is called. On SQLite there are no others. A notification is lost if its
// server dies between commit and sending; a broken connection wakes everybody.
func (db *DB) Link(hub *notify.Hub, logger *slog.Logger) (stop func()) {
	if db.url == "" {
		return func() {}
	}
	l := &link{db: db, hub: hub, logger: logger, self: ident.New(), pending: make(map[string]bool), more: make(chan struct{}, 1)}
	hub.Relay = l.post
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { l.send(ctx) })
	wait.Go(func() { l.listen(ctx) })
	return func() {
		cancel()
		wait.Wait()
	}
}

// post notes a topic to be sent. Several publications become one.
func (l *link) post(topic string) {
	if len(topic) > maxTopic {
		topic = ""
	}
	l.mu.Lock()
	l.pending[topic] = true
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *link) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var topics []string
	for t := range l.pending {
		topics = append(topics, l.self+" "+t)
	}
	clear(l.pending)
	return topics
}

func (l *link) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.more:
		}
		_, err := collect(ctx, l.db, func(scanner) (struct{}, error) { return struct{}{}, nil },
			`SELECT pg_notify('`+channel+`', t) FROM unnest(?::text[]) t`, list(l.take()))
		if err != nil && ctx.Err() == nil {
			l.logger.Warn("other servers were not told what to wake; they look for themselves when they are reached again", "error", err)
		}
	}
}

func (l *link) listen(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		err := l.listenOnce(ctx, first)
		if ctx.Err() != nil {
			return
		}
		l.logger.Warn("not in touch with other servers", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(relinkEvery):
		}
	}
}

func (l *link) listenOnce(ctx context.Context, first bool) error {
	conf, err := postgresConfig(l.db.url, nil)
	if err != nil {
		return err
	}
	// There is no statement to be cancelled: waiting ends at once.
	conf.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()}
	}
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	if !first {
		l.hub.WakeAll() // who knows what was said meanwhile
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		switch from, topic, ok := strings.Cut(n.Payload, " "); {
		case !ok || from == l.self:
		case topic == "":
			l.hub.WakeAll()
		default:
			l.hub.Wake(topic)
		}
	}
}
