package api

import (
	"os"
	"testing"

	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Both(m)) }
