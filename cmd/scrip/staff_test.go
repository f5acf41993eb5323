package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestStaffOnTheCommandLine(t *testing.T) {
	config, _ := setUp(t)
	s := serve(t, config)
	defer func() {
		s.stop()
		<-s.done
	}()
	scrip := func(args ...string) told {
		return call(t.Context(), "", []string{testKey}, append(args, "--config", config)...)
	}
	made := scrip("staff", "add", "Ada Lovelace", "--role", "agent")
	if made.status != exitDone || !strings.Contains(made.stdout, "/staff/enrol/") {
		t.Fatalf("staff add = %+v", made)
	}
	for _, wrong := range [][]string{{"staff", "add", "Bob", "--role", "owner"}, {"staff", "add", " ", "--role", "agent"}, {"staff", "remove", "Bob"}} {
		if got := scrip(wrong...); got.status != exitFailed {
			t.Errorf("%v = %+v", wrong, got)
		}
	}
	if listed := scrip("staff", "list"); listed.status != exitDone || !strings.Contains(listed.stdout, "Ada Lovelace") || !strings.Contains(listed.stdout, "agent") {
		t.Errorf("staff list = %+v", listed)
	}
	if ended := scrip("staff", "remove", "Ada Lovelace"); ended.status != exitDone {
		t.Errorf("staff remove = %+v", ended)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/staff", nil)
	check(t, err)
	answer, err := http.DefaultClient.Do(request)
	check(t, err)
	check(t, answer.Body.Close())
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/staff/sign-in" {
		t.Errorf("/staff = %d %s", answer.StatusCode, answer.Request.URL.Path)
	}
}
