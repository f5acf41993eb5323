// Package endurance holds the tests that run the real program as members and machines treat it: killed
// at any moment, started again, asked for one card by two at once. It has no code of its own.
package endurance
