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
	t.Run("what is published is carried on, what is carried here is not", func(t *testing.T) {
		var carried []string
		hub := notify.Hub{Relay: func(topic string) { carried = append(carried, topic) }}
		a, cancel := hub.Subscribe("a")
		defer cancel()
		hub.Publish("a")
		<-a
		hub.Wake("a")
		<-a
		if len(carried) != 1 || carried[0] != "a" {
			t.Errorf("carried on: %q", carried)
		}
	})
	t.Run("everybody can be woken", func(t *testing.T) {
		var hub notify.Hub
		a, cancelA := hub.Subscribe("a")
		defer cancelA()
		b, cancelB := hub.Subscribe("b")
		defer cancelB()
		hub.WakeAll()
		<-a
		<-b
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
