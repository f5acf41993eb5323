package store

import (
	"os"
	"testing"

	"scrip/store/storetest"
)

// TestMain runs each test once. What holds for any database is tested by storetest.Each on both, in files that
// have no database in their name.
func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }
