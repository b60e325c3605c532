package notify_test

import (
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/internal/notify"
)

func TestHub(t *testing.T) {
	t.Run("wakes those who wait for the topic, and nobody else", func(t *testing.T) {
		var hub notify.Hub
		a, cancelA := hub.Subscribe("a")
		defer cancelA()
		b, cancelB := hub.Subscribe("b")
		defer cancelB()
		hub.Publish("a")
		<-a
		select {
		case <-b:
			t.Error("the waiter for b was woken by a")
		default:
		}
	})
	t.Run("several publications become one wake-up", func(t *testing.T) {
		var hub notify.Hub
		woken, cancel := hub.Subscribe("a")
		defer cancel()
		for range 10 {
			hub.Publish("a")
		}
		<-woken
		select {
		case <-woken:
			t.Error("woken twice")
		default:
		}
	})
	t.Run("a cancelled waiter is forgotten", func(t *testing.T) {
		var hub notify.Hub
		woken, cancel := hub.Subscribe("a")
		cancel()
		hub.Publish("a")
		select {
		case <-woken:
			t.Error("woken after cancel")
		default:
		}
	})
	t.Run("closing tells those who wait now and those who come later", func(t *testing.T) {
		var hub notify.Hub
		before := hub.Closed()
		select {
		case <-before:
			t.Error("closed from the start")
		default:
		}
		hub.Close()
		hub.Close()
		<-before
		<-hub.Closed()
	})
	t.Run("many at once lose no wake-up", func(t *testing.T) {
		var hub notify.Hub
		var wg sync.WaitGroup
		for range 50 {
			woken, cancel := hub.Subscribe("a")
			wg.Go(func() {
				defer cancel()
				<-woken
			})
		}
		hub.Publish("a")
		wg.Wait()
	})
}
