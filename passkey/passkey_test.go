package passkey

import (
	"errors"
	"testing"
)

// The ceremonies are tested in package web, with a device.

func TestWhereThereArePasskeys(t *testing.T) {
	for _, address := range []string{"https://watch.example.com", "http://localhost:8080"} {
		if _, err := New("Lumen", address); err != nil {
			t.Errorf("New(%s) = %v", address, err)
		}
	}
	for _, address := range []string{"", "http://127.0.0.1:8080", "http://[::1]:8080", "watch.example.com", ":"} {
		if _, err := New("Lumen", address); !errors.Is(err, ErrAddress) {
			t.Errorf("New(%s) = %v, want ErrAddress", address, err)
		}
	}
}

func TestAnswersToNothing(t *testing.T) {
	desk, err := New("Lumen", "https://watch.example.com")
	if err != nil {
		t.Fatal(err)
	}
	_, kept, err := desk.Ask()
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{"", kept} {
		for _, answer := range []string{"", "{}", "null", "[]"} {
			if _, err := desk.Take(kept, answer, nil); !errors.Is(err, ErrRefused) {
				t.Errorf("Take = %v, want ErrRefused", err)
			}
			if _, err := desk.TakeNew(Owner{}, kept, answer); !errors.Is(err, ErrRefused) {
				t.Errorf("TakeNew = %v, want ErrRefused", err)
			}
		}
	}
}
