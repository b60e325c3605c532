package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/coffer-ml/coffer/client"
)

// bars show how transfers get on: as bars with rate and time left on a
// terminal, else as one line at the end of each. With JSON nothing is shown.
type bars struct {
	out   io.Writer
	quiet bool

	mu   sync.Mutex
	all  *mpb.Progress // nil if out is no terminal
	bars map[string]*mpb.Bar
}

// smallest is up to where a transfer is not worth a bar or a line.
const smallest = 1 << 20

func newBars(out io.Writer, quiet bool) *bars {
	b := &bars{out: out, quiet: quiet, bars: map[string]*mpb.Bar{}}
	if f, ok := out.(*os.File); ok && !quiet && isatty.IsTerminal(f.Fd()) {
		b.all = mpb.New(mpb.WithOutput(out), mpb.WithWidth(48))
	}
	return b
}

// told is what client.Config.Progress is for.
func (b *bars) told(p client.Progress) {
	if b.quiet || p.Total >= 0 && p.Total < smallest {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		if p.Ended && p.Err == nil {
			_, _ = fmt.Fprintf(b.out, "%s of %s: %s\n", p.Op, p.Name, sizeText(p.Done))
		}
		return
	}
	key := p.Op + " " + p.Name
	bar := b.bars[key]
	if bar == nil {
		bar = b.all.AddBar(max(0, p.Total),
			mpb.PrependDecorators(decor.Name(key+" "), decor.CountersKibiByte("% .1f / % .1f")),
			mpb.AppendDecorators(decor.Percentage(), decor.AverageSpeed(decor.SizeB1024(0), " % .1f"), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)),
		)
		b.bars[key] = bar
	}
	bar.SetCurrent(p.Done)
	switch {
	case p.Ended && p.Err != nil:
		bar.Abort(false)
	case p.Ended:
		bar.SetTotal(p.Done, true)
	}
}

// end leaves the bars as they are.
func (b *bars) end() {
	if b.all == nil {
		return
	}
	b.mu.Lock()
	for _, bar := range b.bars {
		if !bar.Completed() {
			bar.Abort(false)
		}
	}
	b.mu.Unlock()
	b.all.Wait()
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	if n < 0 {
		return "-"
	}
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	f, units := float64(n)/step, "KMGTPE"
	i := 0
	for ; f >= step && i < len(units)-1; i++ {
		f /= step
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}
