package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// silence is how long nothing may be said before the narrator says that it is still at it.
const silence = 10 * time.Second

// Styles of a terminal.
const (
	bold = "1"
	dim  = "2"
	cyan = "36"
)

// narrator tells the story, and never leaves the audience in the dark for long.
type narrator struct {
	coloured bool
	stop     chan struct{}
	stopped  sync.WaitGroup

	mu     sync.Mutex
	out    io.Writer
	scenes int
	doing  string // the last thing that was begun; empty when there is nothing to wait for
	since  time.Time
	spoke  time.Time
	blank  bool // the last line was
}

func newNarrator(out io.Writer) *narrator {
	n := &narrator{out: out, coloured: wantsColours(out), stop: make(chan struct{}), spoke: time.Now()}
	n.stopped.Go(n.reassure)
	return n
}

// wantsColours: only a person at a terminal who has not asked for none (https://no-color.org).
func wantsColours(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// close ends the narrator's own goroutine.
func (n *narrator) close() {
	close(n.stop)
	n.stopped.Wait()
}

// reassure says now and then that what was begun is still going on.
func (n *narrator) reassure() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-n.stop:
			return
		case now := <-ticker.C:
			n.mu.Lock()
			if n.doing != "" && now.Sub(n.spoke) >= silence {
				n.spoke = now
				fmt.Fprintf(n.out, "  ... still %s (%d s)\n", n.doing, int(now.Sub(n.since).Seconds()))
			}
			n.mu.Unlock()
		}
	}
}

// headline is what stands above and below the story.
func (n *narrator) headline(text string) {
	n.gap()
	n.print("", "%s\n", n.style(bold, text))
}

// scene begins the next part of the story, and says what it is for.
func (n *narrator) scene(title, why string) {
	n.scenes++
	n.gap()
	n.print("", "%s\n", n.style(bold, fmt.Sprintf("%d. %s", n.scenes, title)))
	n.say(why)
}

// say tells what happens, or what can be seen.
func (n *narrator) say(format string, args ...any) {
	n.print("", "  "+format+"\n", args...)
}

// progress tells what is begun and may take a while.
func (n *narrator) progress(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	doing, _, _ := strings.Cut(text, " (")
	n.print(doing, "%s\n", n.style(dim, "  - "+text))
}

// command shows a command that is run.
func (n *narrator) command(format string, args ...any) {
	n.gap()
	n.print("running it", "  %s\n", n.style(cyan, "$ "+fmt.Sprintf(format, args...)))
}

// output shows what a command printed.
func (n *narrator) output(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		n.print("", "    %s\n", strings.TrimRight(line, " \n"))
	}
	n.gap()
}

// gap leaves one line blank, however often it is asked to.
func (n *narrator) gap() {
	if !n.blank {
		n.print("", "\n")
	}
}

func (n *narrator) print(doing, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.doing, n.spoke = doing, time.Now()
	n.since = n.spoke
	text := fmt.Sprintf(format, args...)
	n.blank = text == "\n"
	fmt.Fprint(n.out, text)
}

func (n *narrator) style(code, text string) string {
	if !n.coloured {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
