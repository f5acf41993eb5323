package storetest

import (
	"slices"
	"testing"
)

// Server is a PostgreSQL server of one's own, that a test may kill, stop, and start again. It is as durable as
// PostgreSQL is when nobody sets anything. What fails, fails the test; so only the test's own goroutine starts,
// stops and kills.
type Server struct {
	t       testing.TB
	cluster *cluster
}

// NewServer starts a new server, with settings such as "shared_buffers=1GB". It is gone when the test ends.
func NewServer(t testing.TB, settings ...string) *Server {
	t.Helper()
	cluster, err := newCluster(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.remove)
	s := &Server{t: t, cluster: cluster}
	s.Start()
	return s
}

// Address is the address of one of the server's databases. It stays the same when the server is started again.
func (s *Server) Address(database string) string { return s.cluster.address(database) }

// Fresh is the address of a new, empty database. It lasts as long as the server does.
func (s *Server) Fresh(t testing.TB) string {
	t.Helper()
	database, err := create(s.Address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return s.Address(database)
}

// Start starts a server that was stopped or killed, and returns when it has recovered and takes connections.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.cluster.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Stop stops the server in good order, without waiting for its clients to leave.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.cluster.stop(); err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the postmaster and all its children at once, as a crash does: none has time to write anything, or to
// tell a client.
func (s *Server) Kill() {
	s.t.Helper()
	if err := s.cluster.kill(); err != nil {
		s.t.Fatal(err)
	}
}

// Pids are the process ids of the postmaster, which comes first, and of its children: backends, checkpointer and
// so on. A server that does not run has none.
func (s *Server) Pids() []int {
	p := s.cluster.running()
	if p == nil {
		return nil
	}
	below, err := children(p.process.Pid)
	if err != nil {
		s.t.Error(err)
	}
	return slices.Concat([]int{p.process.Pid}, below)
}
