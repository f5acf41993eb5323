package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/settlement"
	"scrip/store"
	"scrip/timeline"
)

// schema is a JSON schema as the document has it.
type schema map[string]any

// kind is how values of a type are written: what the document says of them, how they are read, and what to do where
// they cannot be.
type kind struct {
	schema schema
	parse  func(string) (any, error) // nil of one that is never read
	remedy string
}

// What the API has types for of its own.
type (
	// accountRef names an account by its id, or by the caller's own behind "ext:".
	accountRef  struct{ id, external string }
	externalID  string
	zoneName    string
	language    string
	methodToken string // of a payment method, as the gateway knows it
	cursor      string
	limit       int
	subject     string
	tillID      string // of a store, a till or a till's transaction
	reference   string // the biller's own words
	days        int
	hours       int
	age         int    // in days
	fileText    string // a settlement file
	reasonText  string
	breakNumber int
	clockTime   struct{ time.Time } // of a test clock
	endpointURL string
	// Ids of ours.
	batchID         string
	authorizationID string
	chargeID        string
	clockID         string
	clockName       string
	endpointID      string
	// minor is an amount in minor units, which JavaScript can hold (2^53 - 1).
	minor int64
)

const (
	mostMinor    = 1<<53 - 1
	mostAge      = 3650
	mostHours    = int64(engine.MostOverlap / time.Hour)
	codeRemedy   = "write the 18 characters of the code as they are printed"
	cursorRemedy = "write next of the page before, as it was given"
	// Instants are of these years.
	firstYear = 1971
	lastYear  = 2999
	// lastClockYear is the last that a test clock shows. What is reckoned ahead of it, a hundred years and some months, must
	// still be dates.
	lastClockYear = 2898
)

var (
	errKind       = errors.New("the value is not of its kind")
	externalForm  = regexp.MustCompile(`^[A-Za-z0-9._~@+:-]{1,64}$`)
	languageForm  = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	tokenForm     = regexp.MustCompile(`^[!-~]{1,255}$`)
	subjectForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	digitsForm    = regexp.MustCompile(`^(0|[1-9][0-9]{0,15})$`)
	tillForm      = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	externalMark  = "ext:"
	cardStates    = []giftcard.State{giftcard.Issued, giftcard.Active, giftcard.Redeemed, giftcard.Frozen, giftcard.Voided, giftcard.Replaced}
	previewsOf    = []timeline.Kind{timeline.Start, timeline.ChangePlan, timeline.Cancel, timeline.Restart, timeline.SetPayer}
	accountExpr   = `^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|ext:[A-Za-z0-9._~@+:-]{1,64})$`
	instantSchema = schema{"type": "string", "format": "date-time"}
)

// kinds are the types of single values.
var kinds = map[reflect.Type]kind{
	reflect.TypeFor[giftcode.Entered](): reading(giftcode.Enter, schema{"type": "string", "maxLength": giftcode.MaxTextBytes, "format": "password"},
		codeRemedy),
	reflect.TypeFor[giftcode.Serial](): reading(giftcode.ParseSerial, schema{"type": "string", "maxLength": giftcode.MaxTextBytes, "examples": []string{"1234-5678-9012-8"}},
		"write the 13 digits of the serial number"),
	reflect.TypeFor[access.Email]():          reading(access.ParseEmail, schema{"type": "string", "maxLength": 254}, "write one e-mail address, as in name@example.com"),
	reflect.TypeFor[catalog.Country]():       reading(catalog.ParseCountry, pattern(`^[A-Z]{2}$`), `write two capital letters, as in "DE"`),
	reflect.TypeFor[money.Currency]():        reading(money.ParseCurrency, pattern(`^[A-Z]{3}$`), `write a code of ISO 4217, as in "EUR"`),
	reflect.TypeFor[catalog.PlanID]():        reading(parseText[catalog.PlanID](64), lengths(1, 64), "write a plan's id"),
	reflect.TypeFor[catalog.ProductID]():     reading(parseText[catalog.ProductID](64), lengths(1, 64), "write a product's id"),
	reflect.TypeFor[catalog.RetailerID]():    reading(parseText[catalog.RetailerID](64), lengths(1, 64), "write a retailer's id"),
	reflect.TypeFor[catalog.Payer]():         oneOf(catalog.Payers),
	reflect.TypeFor[giftcard.State]():        oneOf(cardStates),
	reflect.TypeFor[timeline.Kind]():         oneOf(previewsOf),
	reflect.TypeFor[accountRef]():            reading(parseAccount, pattern(accountExpr), `write an account's id, or "ext:" and your own id of it`),
	reflect.TypeFor[externalID]():            reading(matching[externalID](externalForm), pattern(externalForm.String()), "write 1 to 64 letters, digits and . _ ~ @ + : -"),
	reflect.TypeFor[language]():              reading(matching[language](languageForm), pattern(languageForm.String()), `write a language tag, as in "en"`),
	reflect.TypeFor[methodToken]():           reading(matching[methodToken](tokenForm), pattern(tokenForm.String()), "write the payment gateway's name of the method"),
	reflect.TypeFor[subject]():               reading(matching[subject](subjectForm), pattern(subjectForm.String()), "write an account's id, a serial number, a batch or a key's id"),
	reflect.TypeFor[tillID]():                reading(matching[tillID](tillForm), pattern(tillForm.String()), "write 1 to 64 letters, digits and . _ : -"),
	reflect.TypeFor[zoneName]():              reading(parseZone, lengths(1, 64), `write an IANA time zone, as in "Europe/Berlin"`),
	reflect.TypeFor[batchID]():               identified[batchID]("a batch's id"),
	reflect.TypeFor[authorizationID]():       identified[authorizationID]("an authorization's id"),
	reflect.TypeFor[chargeID]():              identified[chargeID]("a charge's id"),
	reflect.TypeFor[clockID]():               identified[clockID]("a test clock's id"),
	reflect.TypeFor[clockName]():             reading(parseText[clockName](64), lengths(1, 64), "write a text of 1 to 64 characters"),
	reflect.TypeFor[endpointID]():            identified[endpointID]("an endpoint's id"),
	reflect.TypeFor[endpointURL]():           reading(parseText[endpointURL](2048), lengths(1, 2048), `write an address, as in "https://example.com/events"`),
	reflect.TypeFor[hours]():                 reading(parseNumber[hours](0, mostHours), numbers(0, mostHours), "write a whole number from 0 to 168"),
	reflect.TypeFor[feed.Type]():             reading(feed.ParseType, pattern(`^[a-z_]+\.[a-z_]+$`), `write a type of event, as in "charge.created"`),
	reflect.TypeFor[feed.ID]():               reading(feed.ParseID, pattern(`^evt_[0-9A-Za-z-]{1,64}_[0-9]{1,19}_[0-9]$`), "write an event's id, as it was given"),
	reflect.TypeFor[feed.Cursor]():           reading(parsePlace, pattern(`^[A-Za-z0-9_-]{1,200}$`), cursorRemedy),
	reflect.TypeFor[reference]():             reading(parseText[reference](128), lengths(1, 128), "write 1 to 128 characters without control characters"),
	reflect.TypeFor[days]():                  reading(parseNumber[days](1, billing.MostAuthorizationDays), numbers(1, billing.MostAuthorizationDays), "write a whole number from 1 to 31"),
	reflect.TypeFor[bool]():                  reading(parseTruth, schema{"type": "boolean"}, "write true or false"),
	reflect.TypeFor[cursor]():                reading(parseCursor, pattern(`^[A-Za-z0-9_-]{1,120}$`), cursorRemedy),
	reflect.TypeFor[limit]():                 reading(parseNumber[limit](1, mostPage), numbers(1, mostPage), "write a whole number from 1 to 200"),
	reflect.TypeFor[minor]():                 reading(parseNumber[minor](1, mostMinor), numbers(1, mostMinor), "write minor units, as a whole number from 1 to 9007199254740991"),
	reflect.TypeFor[age]():                   reading(parseNumber[age](1, mostAge), numbers(1, mostAge), "write a whole number from 1 to 3650"),
	reflect.TypeFor[fileText]():              reading(parseFile, lengths(1, settlement.MostBytes), "write the file's text"),
	reflect.TypeFor[reasonText]():            reading(parseText[reasonText](500), lengths(1, 500), "write 1 to 500 characters without control characters"),
	reflect.TypeFor[breakNumber]():           reading(parseNumber[breakNumber](1, settlement.MostRows), numbers(1, settlement.MostRows), "write a break's number"),
	reflect.TypeFor[settlement.Kind]():       oneOf(settlement.Kinds),
	reflect.TypeFor[settlement.CaseState]():  oneOf(settlement.CaseStates),
	reflect.TypeFor[settlement.Resolution](): oneOf(settlement.Resolutions),
	reflect.TypeFor[calendar.Date]():         reading(calendar.Parse, schema{"type": "string", "format": "date"}, `write a date, as in "2026-12-31"`),
	reflect.TypeFor[time.Time]():             reading(parseInstant, instantSchema, `write an instant, as in "2026-12-31T23:59:59Z"`),
	reflect.TypeFor[clockTime]():             reading(parseClockTime, instantSchema, `write an instant from 1971 to 2898, as in "2026-12-31T23:59:59Z"`),
	reflect.TypeFor[json.RawMessage]():       {schema: schema{"type": "object", "required": []string{"on", "event"}, "properties": schema{"on": schema{"type": "string", "format": "date"}, "event": schema{"type": "string"}}}},
}

func reading[T any](parse func(string) (T, error), s schema, remedy string) kind {
	return kind{s, func(text string) (any, error) { return parse(text) }, remedy}
}

func pattern(form string) schema { return schema{"type": "string", "pattern": form} }

func numbers(least, most int64) schema {
	return schema{"type": "integer", "minimum": least, "maximum": most}
}

func lengths(least, most int) schema {
	return schema{"type": "string", "minLength": least, "maxLength": most}
}

// oneOf is a closed set of words.
func oneOf[T ~string](words []T) kind {
	names := make([]string, len(words))
	for at, word := range words {
		names[at] = string(word)
	}
	parse := func(text string) (T, error) {
		for _, word := range words {
			if text == string(word) {
				return word, nil
			}
		}
		return "", errKind
	}
	return reading(parse, schema{"type": "string", "enum": names}, "write one of "+strings.Join(names, ", "))
}

func matching[T ~string](form *regexp.Regexp) func(string) (T, error) {
	return func(text string) (T, error) {
		if !form.MatchString(text) {
			return "", errKind
		}
		return T(text), nil
	}
}

// parseText reads a text of so many characters. No control character gets into the database.
func parseText[T ~string](most int) func(string) (T, error) {
	return func(text string) (T, error) {
		if count := utf8.RuneCountInString(text); count < 1 || count > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return "", errKind
		}
		return T(text), nil
	}
}

// parseFile takes a file as it is: what is wrong in it is told by its lines.
func parseFile(text string) (fileText, error) {
	if text == "" || len(text) > settlement.MostBytes {
		return "", errKind
	}
	return fileText(text), nil
}

func parseAccount(text string) (accountRef, error) {
	if external, is := strings.CutPrefix(text, externalMark); is && externalForm.MatchString(external) {
		return accountRef{external: external}, nil
	}
	id, err := parseID(text)
	return accountRef{id: id}, err
}

// parseID reads an id of ours, in the one form in which it is written.
func parseID(text string) (string, error) {
	if id, err := uuid.Parse(text); err != nil || id.String() != text {
		return "", errKind
	}
	return text, nil
}

// identified is an id of ours, of what noun names.
func identified[T ~string](noun string) kind {
	return reading(func(text string) (T, error) {
		id, err := parseID(text)
		return T(id), err
	}, schema{"type": "string", "format": "uuid"}, "write "+noun)
}

func parseZone(text string) (zoneName, error) {
	if _, err := store.Zone(text); err != nil || text == "" || text == "Local" || len(text) > 64 {
		return "", engine.ErrZone
	}
	return zoneName(text), nil
}

// A cursor is the name of the last row that was shown.

func cursorOf(row string) string { return base64.RawURLEncoding.EncodeToString([]byte(row)) }

func parseCursor(text string) (cursor, error) {
	row, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(row) == 0 || len(row) > 80 {
		return "", errKind
	}
	for _, letter := range row {
		if letter <= ' ' || letter > '~' {
			return "", errKind
		}
	}
	return cursor(row), nil
}

// parsePlace reads a cursor of events, which is not the beginning.
func parsePlace(text string) (feed.Cursor, error) {
	if text == "" {
		return feed.Cursor{}, feed.ErrCursor
	}
	return feed.ParseCursor(text)
}

func parseClockTime(text string) (clockTime, error) {
	at, err := parseInstant(text)
	if err == nil && at.Year() > lastClockYear {
		err = errKind
	}
	return clockTime{at}, err
}

// parseInstant reads an instant of the years in which there are dates here, to the microsecond.
func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if at = at.UTC().Truncate(time.Microsecond); err == nil && (at.Year() < firstYear || at.Year() > lastYear) {
		err = errKind
	}
	return at, err
}

func parseTruth(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errKind
	}
	return text == "true", nil
}

// parseNumber reads a whole number within bounds that are not below 0, written without sign, fraction or exponent.
func parseNumber[T ~int | ~int64](least, most int64) func(string) (T, error) {
	return func(text string) (T, error) {
		if !digitsForm.MatchString(text) {
			return 0, errKind
		}
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number < least || number > most {
			return 0, errKind
		}
		return T(number), nil
	}
}
