package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTheReadmesLines runs the lines of README.md that ask the demo, as they stand there.
func TestTheReadmesLines(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	check(t, err)
	environment := startDemo(t)
	shells := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	var answers []string
	for _, shell := range shells {
		for line := range strings.SplitSeq(strings.ReplaceAll(shell[1], "\\\n", ""), "\n") {
			if line == "" {
				continue
			}
			command := exec.CommandContext(t.Context(), "sh", "-c", line)
			command.Env = append(os.Environ(), environment...)
			out, err := command.CombinedOutput()
			if err != nil || strings.Contains(string(out), `"/problems/`) {
				t.Fatalf("%s\ngives %v", line, err)
			}
			answers = append(answers, string(out))
		}
	}
	wants := []string{`"external_id":"user-42"`, `"redeemable":true`, `"event":"redeemed"`, `"event":"started"`, `"may_watch":true`, `"status":"active"`, `"lines":[`}
	if len(answers) != len(wants) {
		t.Fatalf("README.md has %d lines, want %d", len(answers), len(wants))
	}
	for at, want := range wants {
		if !strings.Contains(answers[at], want) {
			t.Errorf("line %d does not give %s", at+1, want)
		}
	}
}

// startDemo runs the demo, and gives the variables of the line that it prints.
func startDemo(t *testing.T) []string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, world{[]string{"demo", "--address", "127.0.0.1:0"}, nil, strings.NewReader(""), in, io.Discard, time.Now})
		in.Close()
	}()
	t.Cleanup(func() {
		stop()
		if status := <-done; status != exitDone {
			t.Errorf("the demo ended with status %d", status)
		}
	})
	told, err := io.ReadAll(io.LimitReader(&until{out, "Stop with Ctrl-C.\n", ""}, 64<<10))
	check(t, err)
	_, line, found := strings.Cut(string(told), "export ")
	if !found {
		t.Fatal("the demo tells no variables")
	}
	line, _, _ = strings.Cut(line, "\n")
	return strings.Fields(line)
}

// until reads up to a text.
type until struct {
	from io.Reader
	end  string
	read string
}

func (u *until) Read(into []byte) (int, error) {
	if strings.Contains(u.read, u.end) {
		return 0, io.EOF
	}
	count, err := u.from.Read(into)
	u.read += string(into[:count])
	return count, err
}

func TestAPIKeysOnTheCommandLine(t *testing.T) {
	config, _ := setUp(t)
	s := serve(t, config)
	defer func() {
		s.stop()
		<-s.done
	}()
	scrip := func(args ...string) told { return call(t.Context(), "", []string{testKey}, args...) }
	made := scrip("keys", "api", "new", "--config", config, "--name", "player", "--scope", "read,redeem")
	key := strings.TrimSpace(made.stdout)
	if made.status != exitDone || !strings.HasPrefix(key, "scrip_") {
		t.Fatalf("keys api new = %+v", made)
	}
	for _, wrong := range []string{"root", "", "read,root"} {
		if got := scrip("keys", "api", "new", "--config", config, "--name", "x", "--scope", wrong); got.status != exitFailed || !strings.Contains(got.stderr, "retail") {
			t.Errorf("--scope %q = %+v", wrong, got)
		}
	}
	id := key[:len("scrip_")+12]
	listed := scrip("keys", "api", "list", "--config", config)
	if listed.status != exitDone || !strings.Contains(listed.stdout, id) || !strings.Contains(listed.stdout, "read,redeem") || strings.Contains(listed.stdout, key) {
		t.Errorf("keys api list = %+v", listed)
	}
	ask := func() string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "curl", "-sS", s.url+"/v1/cards", "-H", "Authorization: Bearer "+key)
		out, err := command.CombinedOutput()
		check(t, err)
		return string(out)
	}
	if got := ask(); !strings.Contains(got, `"data":[]`) {
		t.Errorf("the key gives %s", got)
	}
	if got := scrip("keys", "api", "revoke", "--config", config, id); got.status != exitDone {
		t.Errorf("keys api revoke = %+v", got)
	}
	if got := scrip("keys", "api", "revoke", "--config", config, id); got.status != exitFailed {
		t.Errorf("revoked twice = %+v", got)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(ask(), "/problems/unauthorized"); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a revoked key still counts")
		}
	}
}
