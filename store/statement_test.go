package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"scrip/store/query"
	"scrip/store/storetest"
)

// statements are all queries by their names.
func statements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("query/*.sql.go")
	must(t, err)
	all := map[string]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		must(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, is := node.(*ast.ValueSpec); is && len(spec.Values) == 1 {
				if text, is := spec.Values[0].(*ast.BasicLit); is {
					statement, err := strconv.Unquote(text.Value)
					must(t, err)
					all[spec.Names[0].Name] = statement
				}
			}
			return true
		})
	}
	return all
}

// TestNoArgumentTakesAStatementsPlace: sqlc calls a query's text by the query's name, and an argument by its column's.
// Where the two are the same, the argument would be run.
func TestNoArgumentTakesAStatementsPlace(t *testing.T) {
	all := statements(t)
	files, err := filepath.Glob("query/*.sql.go")
	must(t, err)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		must(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if f, is := node.(*ast.FuncDecl); is {
				for _, parameter := range f.Type.Params.List {
					for _, name := range parameter.Names {
						if _, is := all[name.Name]; is {
							t.Errorf("%s takes %s, which is the name of a statement", f.Name.Name, name.Name)
						}
					}
				}
			}
			return true
		})
	}
}

// TestEveryStatementIsUnderstood by both databases; those on many rows in both of their forms by PostgreSQL.
func TestEveryStatementIsUnderstood(t *testing.T) {
	address := storetest.Postgres(t)
	db, _ := file(t)
	defer func() { must(t, db.Close()) }()
	open(t, address)
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	many := 0
	for name, statement := range statements(t) {
		forms := []string{statement}
		if one := oneRow(statement); one != "" {
			many++
			forms = append(forms, one)
			if strings.Contains(one, "unnest") || strings.Contains(one, "[]") || ofU.MatchString(one) {
				t.Errorf("%s for one row:\n%s", name, one)
			}
		} else if strings.Contains(statement, "[]") {
			t.Errorf("%s takes an array, and has no form for one row:\n%s", name, statement)
		}
		for at, form := range forms {
			if _, err := conn.Prepare(t.Context(), fmt.Sprint(name, at), form); err != nil {
				t.Errorf("%s: %v\n%s", name, err, form)
			}
		}
		if _, err := lite(db).writer.statement(t.Context(), forms[len(forms)-1]); err != nil {
			t.Errorf("%s: %v\n%s", name, err, forms[len(forms)-1])
		}
	}
	if many < 18 {
		t.Errorf("%d statements on many rows were found", many)
	}
}

// rowByRow runs statements on many rows as SQLite does, one row after another.
type rowByRow struct{ *pgx.Conn }

func (r rowByRow) Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error) {
	given, total := arraysOf(args), int64(0)
	for at := range given.count {
		tag, err := r.Conn.Exec(ctx, oneRow(statement), given.row(at)...)
		if err != nil {
			return tag, err
		}
		total += tag.RowsAffected()
	}
	return pgconn.NewCommandTag("UPDATE " + itoa(total)), nil
}

func (r rowByRow) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return nil, errors.ErrUnsupported
}

const baseRows = 12

// base are rows to begin with: accounts a00 to a11, each with one of everything.
func base() (all []string) {
	for i := range baseRows {
		for statement := range strings.SplitSeq(`INSERT INTO accounts VALUES ('a#', 'a#@example.com', 0, 'en', 'US', 'USD', 'UTC', 1, 'none', '', 5, 'active', 'basic', '', 'self',
  FALSE, 1, '2026-01-01', '2026-02-01', 'balance', 5, '2026-01-01', 'c#', '', '', '', '', '', 1, '[]', 7, 9, '', 1, 1, '', 0, 0, '');
INSERT INTO emails VALUES ('a#@example.com', 'a#');
INSERT INTO cards VALUES ('d#', 'k', 's#', 'us-5', 'US', 5, 'USD', 'active', '', 'b', 0, 1, NULL, 0, 0, '');
INSERT INTO batches VALUES ('b#', 'us-5', 1, 0, 'shipped', '', 'r#', 0, '');
INSERT INTO till_transactions VALUES ('a#', 'r#', 's', 't', '2026-01-01', 'x', 'activate', 's1', 0, 5, 'USD', 'done', '', 0, 0, '', 0);
INSERT INTO card_serials VALUES ('s#', 'd#');
INSERT INTO lots VALUES ('a#', 'l#', 1, 's#', 'bought', 10, 5, 0);
INSERT INTO charges VALUES ('a#', 'c#', 'basic', '2026-01-01', '2026-02-01', '2026-02-01', 5, 0, FALSE, 'balance', 0, 31, 5);
INSERT INTO authorizations VALUES ('a#', 'z#', 'order', 5, 4, 0, 'open', '2026-01-01', '2026-01-08', '', 0, NULL);
INSERT INTO authorization_lines VALUES ('a#', 'z#', 0, 'l#', 1, 's#', 'bought', 4);
INSERT INTO notices VALUES ('a#', 'k', 'reminder', '{}', 'queued', 0, 0, 0, NULL);
INSERT INTO parcels VALUES ('p#', 1, '[]', NULL, 0);
INSERT INTO parcels VALUES ('q#', NULL, '[]', 1, 1);
INSERT INTO answers VALUES ('a#', 'redeem', 'key', 'print', '{}', 0);
INSERT INTO events VALUES ('a#', 1, '2026-01-01', 'held', '{}', 0, 7);
INSERT INTO endpoints VALUES ('e#', 'https://example.com', '', 's', '', 0, 'enabled', '', 0, 0, 0);
INSERT INTO deliveries VALUES ('a#', 'e#', 1, 'x', 'delivered', 1, NULL, 200, '', 0, 1);
INSERT INTO deliveries VALUES ('a#', 'e#', 2, 'x', 'queued', 1, 5, 0, '', 0, NULL);
INSERT INTO deliveries VALUES ('a#', 'e#', 3, 'x', 'queued', 0, NULL, 0, '', 0, NULL)`, ";\n") {
			all = append(all, strings.ReplaceAll(statement, "#", fmt.Sprintf("%02d", i)))
		}
	}
	return all
}

// texts are what is hard to write in an array.
var texts = []string{"", " ", "plain", "NULL", "null", `"`, `\`, `\"`, "{}", "{a,b}", "a,b", "'", "é€😀", "line\nline", "\t", "$1", "u.account_id", "%s"}

// tillValues make a till's transaction that a check lets through.
var tillValues = map[string]any{"Operation": "activate", "State": "done", "Refusal": "", "Currency": "USD"}

// value is what a column may have in a row of its own, where it must be something; else anything.
func value(method, column string, row, kind int) any {
	fresh := strings.HasPrefix(method, "Insert")
	own := func(prefix string) string {
		if !fresh && kind == 0 {
			return prefix + "-none" // there is no such row
		}
		return prefix + fmt.Sprintf("%02d", row)
	}
	pick := func(some ...string) string { return some[kind%len(some)] }
	if known, is := tillValues[column]; is && method == "InsertTillTransactions" {
		return known
	}
	switch column {
	case "AccountID":
		if method == "InsertAccounts" {
			return "new" + own("a")
		}
		return own("a")
	case "Digest":
		if method == "InsertCards" {
			return "new" + own("d")
		}
		return own("d")
	case "Serial":
		return "new" + own("s")
	case "Email":
		return "new" + own("a")
	case "LotID":
		if fresh {
			return "new" + own("l")
		}
		return own("l")
	case "ChargeID":
		if method == "InsertCharges" {
			return "new" + own("c")
		}
		return own("c")
	case "AuthorizationID":
		if method == "InsertAuthorizations" {
			return "new" + own("z")
		}
		return own("z")
	case "Fate":
		return pick("captured", "released", "expired")
	case "Captured":
		return []int64{1, 0, 0}[kind%3]
	case "EndedOn":
		return "2026-03-01"
	case "Authorized":
		return int64(kind)
	case "ExternalID", "EntryID", "Source", "TransferID", "QuestionID", "Token":
		return "new" + own("x")
	case "Key":
		if fresh && method != "InsertNotices" { // which leaves what is there
			return "new"
		}
		return pick("k", "key", "other")
	case "Role":
		return pick("key", "staff")
	case "Operation":
		return pick("redeem", "redeem", "start")
	case "Was":
		return pick("active", "active", "issued")
	case "State":
		if strings.Contains(method, "Notice") {
			return pick("sent", "lapsed", "failed")
		}
		if method == "EndDeliveries" {
			return "queued" // as which alone it may be due
		}
		return pick("active", "redeemed")
	case "Attempts":
		return int64(kind % 3)
	case "RedeemedBy":
		return pick("", "a1")
	case "Status":
		return pick("none", "active", "held", "closed")
	case "PeriodStart":
		return "2026-03-0" + strconv.Itoa(1+kind%9)
	case "PeriodEnd":
		return "2026-04-0" + strconv.Itoa(1+kind%9)
	case "Debit":
		return "debit" + texts[kind%len(texts)]
	case "Credit":
		return "credit" + texts[kind%len(texts)]
	case "TransactionKey":
		if fresh {
			return "new" + own("a")
		}
		return own("a")
	case "Batch":
		return own("b")
	case "Retailer":
		return own("r")
	case "BusinessOn":
		return pick("2026-01-01", "2026-01-01", "2026-01-02")
	case "WasSale":
		return pick("", "", "sale")
	case "Asked":
		return int64(1000 + kind)
	case "Reversal":
		return pick("undone", "nothing", "replaced")
	case "ReversedAt":
		return int64(1 + kind)
	case "ParcelID":
		if fresh {
			return "new" + own("p")
		}
		return own(pick("p", "p", "q"))
	case "EndpointID":
		return fmt.Sprintf("e%02d", row)
	case "Position", "Number":
		if strings.Contains(method, "Deliveries") {
			return int64(1 + kind%4)
		}
		return int64(2 + kind)
	case "Value", "Total":
		return int64(1000 + kind)
	case "Rest", "Tax":
		return int64(kind)
	case "Amount", "Balance":
		return int64(1 + kind%9)
	case "Least", "Most": // each kind has a larger most than least
		return map[string][]int64{"Least": {0, 1, 500}, "Most": {0, 1, 5000}}[column][kind%3]
	case "Data":
		return []byte(texts[kind%len(texts)])
	}
	return nil
}

// fill gives a statement's arguments for some rows.
func fill(method string, into reflect.Type, column string, rows []int, kinds []int) reflect.Value {
	filled := reflect.MakeSlice(into, len(rows), len(rows))
	for at, row := range rows {
		given := value(method, column, row, kinds[at])
		if given == nil {
			switch into.Elem().Kind() {
			case reflect.String:
				given = texts[rand.IntN(len(texts))]
			case reflect.Bool:
				given = rand.IntN(2) == 0
			default:
				given = []int64{0, 0, 1, -1, 1 << 62, rand.Int64()}[rand.IntN(6)]
			}
		}
		filled.Index(at).Set(reflect.ValueOf(given))
	}
	return filled
}

// TestManyRowsAreAsOneAndOne: each statement on many rows does to random rows what it does to them one by one, on
// either database.
func TestManyRowsAreAsOneAndOne(t *testing.T) {
	address := storetest.Postgres(t)
	db, _ := file(t)
	defer func() { must(t, db.Close()) }()
	open(t, address)
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	tables := tablesOf(t, address)
	methods, tested := reflect.TypeFor[*query.Queries](), 0
	for method := range methods.Methods() {
		if method.Type.NumIn() != 3 || !onManyRows(method.Type.In(2)) {
			continue
		}
		tested++
		for tried := range 8 {
			rows := rand.Perm(baseRows)[:min(tried, 1)*(1+rand.IntN(baseRows))] // first none
			slices.Sort(rows)                                                   // reads give them in order
			args := arguments(method.Name, method.Type.In(2), rows)
			together := outcome(t, conn, conn, method, args, tables)
			if method.Type.Out(0).Kind() == reflect.Int64 {
				if single := outcome(t, conn, rowByRow{conn}, method, args, tables); single != together {
					t.Fatalf("%s of %+v, one by one:\n%s\ntogether:\n%s", method.Name, args, single, together)
				}
			}
			if other := outcome(t, lite(db).writer, lite(db).writer, method, args, tables); other != together {
				t.Fatalf("%s of %+v on SQLite:\n%s\non PostgreSQL:\n%s", method.Name, args, other, together)
			}
		}
	}
	if tested < 18 {
		t.Errorf("%d statements on many rows were found", tested)
	}
}

func onManyRows(params reflect.Type) bool {
	if params.Kind() == reflect.Struct && params.NumField() > 0 {
		params = params.Field(0).Type
	}
	return params.Kind() == reflect.Slice && params.Elem().Kind() != reflect.Uint8
}

func arguments(method string, params reflect.Type, rows []int) reflect.Value {
	kinds := make([]int, len(rows))
	for at := range kinds {
		kinds[at] = rand.IntN(20)
	}
	if params.Kind() == reflect.Slice {
		column := "AccountID"
		column = cmp.Or(map[string]string{"LockCards": "Digest", "HoldBatches": "Batch", "TillTransactions": "TransactionKey", "DeleteParcels": "ParcelID"}[method], column)
		return fill(method, params, column, rows, kinds)
	}
	args := reflect.New(params).Elem()
	for at := range params.NumField() {
		args.Field(at).Set(fill(method, params.Field(at).Type, params.Field(at).Name, rows, kinds))
	}
	return args
}

// outcome is what a statement gave, and all rows after it, in a transaction that is undone.
func outcome(t *testing.T, conn, on query.DBTX, method reflect.Method, args reflect.Value, tables []string) string {
	t.Helper()
	exec := func(statement string) {
		t.Helper()
		_, err := conn.Exec(t.Context(), statement)
		must(t, err)
	}
	exec("BEGIN")
	defer exec("ROLLBACK")
	for _, statement := range base() {
		exec(statement)
	}
	given := method.Func.Call([]reflect.Value{reflect.ValueOf(query.New(on)), reflect.ValueOf(t.Context()), args})
	if err, failed := given[1].Interface().(error); failed {
		t.Fatalf("%s of %+v: %v", method.Name, args, err)
	}
	var out []string
	if given[0].Kind() == reflect.Slice {
		for at := range given[0].Len() {
			row, err := json.Marshal(given[0].Index(at).Interface())
			must(t, err)
			out = append(out, string(row))
		}
		if method.Name == "Answers" || method.Name == "LastTold" { // which have no order
			slices.Sort(out)
		}
	} else {
		out = append(out, fmt.Sprint(given[0].Int(), " rows"))
	}
	for _, table := range tables {
		out = append(out, dump(t, conn, table)...)
	}
	return strings.Join(out, "\n")
}

// dump is all that a table has, as text, whichever database it is in.
func dump(t *testing.T, conn query.DBTX, table string) (lines []string) {
	t.Helper()
	form := "SELECT CAST(row_to_json(t) AS text) FROM " + table + " AS t"
	if c, is := conn.(*connection); is {
		form = jsonOf(t, c, table)
	}
	rows, err := conn.Query(t.Context(), form)
	must(t, err)
	for rows.Next() {
		var text string
		must(t, rows.Scan(&text))
		var row map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		must(t, decoder.Decode(&row))
		for column, value := range row {
			if text, is := value.(string); is && column == "data" {
				row[column] = strings.ToLower(strings.TrimPrefix(text, `\x`))
			}
			if truth, is := value.(bool); is {
				row[column] = json.Number(strconv.Itoa(map[bool]int{true: 1}[truth]))
			}
		}
		line, err := json.Marshal(row)
		must(t, err)
		lines = append(lines, table+string(line))
	}
	rows.Close()
	must(t, rows.Err())
	slices.Sort(lines)
	return lines
}

// jsonOf asks SQLite for a table's rows as JSON, with bytes in hexadecimal.
func jsonOf(t *testing.T, c *connection, table string) string {
	t.Helper()
	rows, err := c.conn.QueryContext(t.Context(), "SELECT name, type FROM pragma_table_info('"+table+"')")
	must(t, err)
	var parts []string
	for rows.Next() {
		var name, kind string
		must(t, rows.Scan(&name, &kind))
		column := name
		if kind == "BLOB" {
			column = "hex(" + name + ")"
		}
		parts = append(parts, "'"+name+"', "+column)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return "SELECT json_object(" + strings.Join(parts, ", ") + ") FROM " + table
}
