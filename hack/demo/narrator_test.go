package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNarratorIsNeverSilentForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		n := newNarrator(&out)
		n.progress("building a tower (of ivory)")
		<-time.NewTimer(25 * time.Second).C // by the clock of the bubble
		n.say("It stands.")
		<-time.NewTimer(time.Minute).C
		n.close()

		want := "  - building a tower (of ivory)\n  ... still building a tower (10 s)\n  ... still building a tower (20 s)\n  It stands.\n"
		if got := out.String(); got != want {
			t.Errorf("the narrator said\n%s\nand not\n%s", got, want)
		}
	})
}

func TestNarratorColoursOnlyTerminals(t *testing.T) {
	var out bytes.Buffer
	n := newNarrator(&out)
	n.headline("A story")
	n.scene("One", "Why.")
	n.command("kubectl get %s", "arize")
	n.output("NAME\nproduction   \n")
	n.command("true")
	n.close()
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("there are colours in %q", out.String())
	}
	if strings.Contains(out.String(), "\n\n\n") || strings.Contains(out.String(), " \n") {
		t.Errorf("there is too much space in %q", out.String())
	}
}

func TestCommandsAreShownAsAShellWantsThem(t *testing.T) {
	got := quoted([]string{"patch", "arizerole", "a", "-p", `{"spec":{"name":"B C"}}`})
	if want := `patch arizerole a -p '{"spec":{"name":"B C"}}'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
