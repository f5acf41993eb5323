package store

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wasilibs/go-pgquery/parser"
)

// What Citus refuses, and what would be wrong on it. Citus itself is not needed to find it: PostgreSQL's parser is.
const (
	spans      = "it reads on every node"
	sweeps     = "it changes rows on every node"
	locks      = "it locks rows on several nodes"
	joins      = "it joins rows that are on different nodes"
	keyless    = "it inserts a row without a value for the distribution column"
	moves      = "it changes the distribution column"
	impure     = "it calls a function that is not known to be immutable"
	key        = "a key lacks the distribution column"
	untyped    = "the distribution column is not of the type text COLLATE \"C\""
	foreign    = "a foreign key leads to a table that is elsewhere"
	crowded    = "a constraint is added in an ALTER TABLE that changes more"
	sequence   = "rows are numbered by a sequence"
	trigger    = "there is a trigger"
	unmapped   = "it is not said by what the table is spread"
	unfamiliar = "nobody has looked up whether Citus takes such a statement"
)

// allNodes are the queries that may reach more than one node, and why.
var allNodes = map[string]struct{ finding, why string }{
	"dueAccounts":              {spans, "the loop's list; each account is locked by itself"},
	"countDue":                 {spans, "a number to show"},
	"nextDue":                  {spans, "when the loop wakes"},
	"accountsOfOlderCatalog":   {spans, "the loop's list"},
	"lockDueAccounts":          {locks, "not run on Citus: lockDue takes dueAccounts and lockDueAccount there"},
	"issuedOfBatch":            {spans, "an operator's list; each card is locked by itself"},
	"dueNotices":               {spans, "the loop's list; each notice is leased by itself"},
	"nextNotice":               {spans, "when the loop wakes"},
	"dueParcels":               {spans, "the loop's list; each parcel is ended by itself"},
	"nextParcel":               {spans, "when the loop wakes"},
	"countNotices":             {spans, "a report"},
	"countSent":                {spans, "a report"},
	"dueQuestions":             {spans, "the loop's list; each question is leased by itself"},
	"nextQuestion":             {spans, "when the loop wakes"},
	"dueSignIns":               {spans, "the loop's list; each request is leased by itself"},
	"deleteOldSignIns":         {sweeps, "what has expired is used by nobody"},
	"deleteOldSessions":        {sweeps, "what has expired is used by nobody"},
	"deleteOldTries":           {sweeps, "counters of a window that is over"},
	"aPIKeys":                  {spans, "an operator's list"},
	"eraseSealedCodes":         {sweeps, "what has expired is told to nobody"},
	"batches":                  {spans, "a list to look through"},
	"countBatch":               {spans, "a number to show"},
	"cardsPage":                {spans, "a list to look through"},
	"cardsOfBatch":             {spans, "a list to look through"},
	"auditAccounts":            {spans, "scrip verify"},
	"auditLots":                {spans, "scrip verify"},
	"auditCards":               {spans, "scrip verify"},
	"auditCharges":             {spans, "scrip verify"},
	"auditAuthorizations":      {spans, "scrip verify"},
	"auditTransfers":           {spans, "scrip verify"},
	"auditCardTransfers":       {spans, "scrip verify"},
	"auditEntriesOfActor":      {spans, "a list to look through"},
	"auditEntriesOfAll":        {spans, "a list to look through"},
	"place":                    {impure, "a SELECT without FROM is the coordinator's, whose transaction it asks about"},
	"shiftedPlace":             {impure, "not run on Citus: placing takes place and shift there"},
	"firstOpen":                {impure, "a SELECT without FROM is the coordinator's, whose transactions it asks about"},
	"nextPlace":                {impure, "a SELECT without FROM is the coordinator's, whose transactions it asks about"},
	"lastPosition":             {spans, "asked once, when a server starts"},
	"feedAt":                   {spans, "the list of all events"},
	"feedBehind":               {spans, "the list of all events"},
	"positionAt":               {spans, "an operator's replay"},
	"placeEvents":              {sweeps, "what servers of an older release have told"},
	"tillsOfDay":               {spans, "a retailer's business day, of which no till tells any more"},
	"auditSettlementTransfers": {spans, "scrip verify"},
	"soldOn":                   {spans, "the sum of a retailer's business day, where it has a limit"},
	"dueDeliveries":            {spans, "the loop's list; each delivery is leased by itself"},
	"nextDelivery":             {spans, "when the loop wakes"},
	"deadDeliveries":           {spans, "an operator's list"},
	"countDeliveries":          {spans, "an operator's look"},
	"deleteDeliveries":         {sweeps, "of an endpoint that is deleted"},
	"deleteOldDeliveries":      {sweeps, "what was delivered long ago"},
	"anyAccount":               {spans, "asked when a server starts that never served the database before"},
	"clocksPage":               {spans, "a list to look through"},
	"dueTestClocks":            {spans, "a sandbox's loop; each clock is leased by itself"},
	"dueOfTestClock":           {spans, "a sandbox's list; each account is locked by itself"},
	"nextOfTestClock":          {spans, "a sandbox's look ahead"},
	"questionsOfTestClock":     {spans, "a sandbox's list; each question is leased by itself"},
	"nextQuestionOfTestClock":  {spans, "a sandbox's look ahead"},
	"dueWaits":                 {spans, "the loop's list; each wait is leased by itself"},
	"dueOrders":                {spans, "the loop's list; each order is leased by itself"},
	"nextOrder":                {spans, "when the loop wakes"},
	"dueOrderLetters":          {spans, "the loop's list; each letter is leased by itself"},
	"nextOrderLetter":          {spans, "when the loop wakes"},
	"auditOrders":              {spans, "scrip verify"},
	"auditOrderTransfers":      {spans, "scrip verify"},
}

// TestCitusTakesEveryQuery in the form for one row of those on many.
func TestCitusTakesEveryQuery(t *testing.T) {
	all := statements(t)
	for name, statement := range all {
		if one := oneRow(statement); one != "" {
			statement = one
		}
		found := judge(t, statement)
		allowed, listed := allNodes[name]
		if listed && !slices.Contains(found, allowed.finding) {
			t.Errorf("%s is in the list, and need not be", name)
		}
		for _, finding := range found {
			if finding != allowed.finding && (allowed.finding != locks || finding != spans) {
				t.Errorf("%s: %s\n%s", name, finding, statement)
			}
		}
	}
	for name := range allNodes {
		if all[name] == "" {
			t.Errorf("%s is in the list, and is no query", name)
		}
	}
}

// TestCitusTakesEveryMigration, and each table is spread.
func TestCitusTakesEveryMigration(t *testing.T) {
	files, err := fs.Glob(migrations, "migrations/postgres/*.sql")
	must(t, err)
	created := map[string]bool{}
	for _, file := range files {
		text, err := migrations.ReadFile(file)
		must(t, err)
		for _, finding := range judge(t, string(text)) {
			if finding != spans && finding != sweeps { // a migration may change all rows
				t.Errorf("%s: %s", file, finding)
			}
		}
		for _, statement := range parse(t, string(text)) {
			if create, is := statement["CreateStmt"].(node); is {
				created[name(create["relation"])] = true
			}
		}
	}
	declared := map[string]bool{}
	for _, table := range spreadTables {
		if table.beside != "" && table.beside != byItself && !declared[table.beside] {
			t.Errorf("%s is to stand beside %s, which is not spread before it", table.name, table.beside)
		}
		declared[table.name] = true
	}
	if !maps.Equal(created, declared) {
		t.Errorf("tables: %v, spread: %v", slices.Sorted(maps.Keys(created)), slices.Sorted(maps.Keys(declared)))
	}
}

// TestWhatCitusDoesNotTake: the judge finds what it is there for.
func TestWhatCitusDoesNotTake(t *testing.T) {
	tests := []struct{ statement, finding string }{
		{"SELECT * FROM accounts WHERE account_id = $1", ""},
		{"SELECT * FROM accounts WHERE CAST($1 AS text) = accounts.account_id AND balance > 0 FOR UPDATE", ""},
		{"SELECT * FROM accounts WHERE email = $1", spans},
		{"SELECT * FROM accounts WHERE account_id > $1", spans},
		{"SELECT * FROM accounts WHERE account_id = $1 OR balance > 0", spans},
		{"SELECT * FROM accounts WHERE NOT account_id = $1", spans},
		{"SELECT * FROM accounts WHERE account_id = email", spans},
		{"SELECT * FROM accounts WHERE account_id IN ($1, $2)", spans},
		{"SELECT * FROM accounts WHERE account_id = ANY(CAST($1 AS text[]))", spans},
		{"SELECT * FROM accounts WHERE account_id = ANY(CAST($1 AS text[])) FOR UPDATE", locks},
		{"SELECT * FROM accounts WHERE due_at <= $1 ORDER BY due_at LIMIT 5 FOR UPDATE SKIP LOCKED", locks},
		{"SELECT * FROM accounts WHERE account_id IN ($1, $2) FOR SHARE", locks},
		{"SELECT 1 FROM notices n JOIN accounts a ON a.account_id = n.account_id WHERE n.account_id = $1 FOR UPDATE", ""},
		{"SELECT 1 FROM notices n JOIN accounts a ON a.account_id = n.account_id", spans},
		{"SELECT 1 FROM notices n JOIN accounts a ON a.email = n.key WHERE n.account_id = $1", joins},
		{"SELECT 1 FROM notices n, accounts a WHERE n.account_id = $1 AND a.account_id = $2", joins},
		{"SELECT 1 FROM cards c, emails e WHERE c.digest = $1 AND e.email = $1", joins},
		{"SELECT 1 FROM emails e JOIN accounts a ON a.account_id = e.account_id WHERE e.email = $1", joins},
		{"SELECT 1 FROM notices n LEFT JOIN accounts a ON a.account_id = n.account_id AND n.account_id = $1", spans},
		{"SELECT 1 FROM (SELECT * FROM lots WHERE account_id = $1) AS l", ""},
		{"SELECT 1 FROM (SELECT * FROM lots WHERE rest > 0) AS l", spans},
		{"SELECT 1 FROM accounts, (SELECT * FROM lots WHERE account_id = $1) AS l", joins},
		{"SELECT 1 FROM accounts WHERE account_id = $1 AND email IN (SELECT email FROM emails)", spans},
		{"SELECT 1 FROM catalogs WHERE version > $1", ""},
		{"SELECT 1 FROM lots UNION ALL SELECT 1 FROM lots", unfamiliar},
		{"WITH few AS (SELECT * FROM lots WHERE account_id = $1) SELECT * FROM few", unfamiliar},
		{"SELECT 1 FROM elsewhere", unmapped},
		{"UPDATE accounts SET balance = 0 WHERE account_id = $1", ""},
		{"UPDATE accounts SET balance = 0 WHERE email = $1", sweeps},
		{"UPDATE accounts SET account_id = $2 WHERE account_id = $1", moves},
		{"UPDATE accounts SET balance = l.rest FROM lots l WHERE l.account_id = $1 AND accounts.email = l.source", joins},
		{"UPDATE accounts SET created_at = COALESCE(NULLIF($2, 0), random()) WHERE account_id = $1", impure},
		{"UPDATE accounts SET created_at = CASE WHEN balance > 0 THEN CURRENT_TIMESTAMP END WHERE account_id = $1", impure},
		{"DELETE FROM lots WHERE lot_id = $1", sweeps},
		{"DELETE FROM lots WHERE account_id = $1 AND lot_id = $2", ""},
		{"INSERT INTO emails (email, account_id) VALUES ($1, $2)", ""},
		{"INSERT INTO emails (account_id) VALUES ($1)", keyless},
		{"INSERT INTO emails (email, account_id) VALUES (DEFAULT, $1)", keyless},
		{"INSERT INTO emails SELECT $1, $2", keyless},
		{"INSERT INTO waiting (account_id, position) SELECT CAST($1 AS text), MAX(position) FROM waiting WHERE account_id = $1", ""},
		{"INSERT INTO waiting (account_id, position) SELECT CAST($1 AS text), MAX(position) FROM waiting", spans},
		{"INSERT INTO emails (email, account_id) SELECT email, account_id FROM accounts WHERE account_id = $1", keyless},
		{"INSERT INTO tries (scope, count) VALUES ($1, 1) ON CONFLICT (scope) DO UPDATE SET count = excluded.count", ""},
		{"INSERT INTO tries (scope, count) VALUES ($1, 1) ON CONFLICT (scope) DO UPDATE SET opened_at = now()", impure},
		{"INSERT INTO tries (scope, count) VALUES ($1, 1) ON CONFLICT (scope) DO UPDATE SET scope = $2", moves},

		{`CREATE TABLE lots (account_id text COLLATE "C" NOT NULL, lot_id text, PRIMARY KEY (account_id, lot_id))`, ""},
		{`CREATE TABLE lots (account_id text COLLATE "C" NOT NULL, lot_id text PRIMARY KEY)`, key},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, lot_id text UNIQUE)`, key},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, lot_id text, UNIQUE (lot_id))`, key},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, EXCLUDE USING gist (lot_id WITH =))`, key},
		{`CREATE TABLE lots (lot_id text)`, untyped},
		{`CREATE TABLE lots (account_id uuid PRIMARY KEY)`, untyped},
		{`CREATE TABLE lots (account_id text PRIMARY KEY)`, untyped},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, number bigserial)`, sequence},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY)`, sequence},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, number bigint DEFAULT nextval('numbers'))`, impure},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, at timestamptz DEFAULT now())`, impure},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY REFERENCES accounts (account_id))`, ""},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, version bigint REFERENCES catalogs (version))`, ""},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, digest text REFERENCES cards (digest))`, foreign},
		{`CREATE TABLE lots (account_id text COLLATE "C" PRIMARY KEY, other text REFERENCES accounts (account_id))`, foreign},
		{`CREATE TABLE charge_lines (account_id text COLLATE "C" PRIMARY KEY, c text, FOREIGN KEY (account_id, c) REFERENCES charges (account_id, charge_id))`, ""},
		{`CREATE TABLE charge_lines (account_id text COLLATE "C" PRIMARY KEY, c text, FOREIGN KEY (c) REFERENCES charges (charge_id))`, foreign},
		{`CREATE TABLE catalogs (version bigint PRIMARY KEY, digest text REFERENCES cards (digest))`, foreign},
		{"CREATE TABLE elsewhere (id text PRIMARY KEY)", unmapped},
		{"CREATE UNIQUE INDEX i ON lots (lot_id)", key},
		{"CREATE UNIQUE INDEX i ON lots (lot_id, account_id)", ""},
		{"CREATE UNIQUE INDEX i ON catalogs (digest)", ""},
		{"CREATE INDEX i ON lots (lot_id)", ""},
		{"ALTER TABLE lots ADD COLUMN number bigint NOT NULL DEFAULT 0", ""},
		{"ALTER TABLE lots ADD COLUMN number bigint UNIQUE", key},
		{"ALTER TABLE lots ADD COLUMN number serial", sequence},
		{"ALTER TABLE lots ADD CONSTRAINT u UNIQUE (lot_id)", key},
		{"ALTER TABLE lots DROP CONSTRAINT u", ""},
		{"ALTER TABLE lots DROP CONSTRAINT u, ADD UNIQUE (account_id, lot_id)", crowded},
		{"ALTER TABLE lots ADD FOREIGN KEY (source) REFERENCES card_serials (serial)", foreign},
		{"ALTER TABLE lots ALTER COLUMN account_id TYPE bigint", moves},
		{"ALTER TABLE lots DROP COLUMN account_id", moves},
		{"CREATE SEQUENCE numbers", sequence},
		{"CREATE TRIGGER t BEFORE INSERT ON lots EXECUTE FUNCTION f()", trigger},
		{"CREATE RULE r AS ON INSERT TO lots DO INSTEAD NOTHING", unfamiliar},
	}
	for _, test := range tests {
		found := judge(t, test.statement)
		if test.finding == "" && len(found) > 0 || test.finding != "" && !slices.Contains(found, test.finding) {
			t.Errorf("%s\njudged %q, want %q", test.statement, found, test.finding)
		}
	}
}

// node is a piece of a parsed statement.
type node = map[string]any

// parse gives statements, each under its kind.
func parse(t *testing.T, text string) (all []node) {
	t.Helper()
	parsed, err := parser.ParseToJSON(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var tree struct {
		Stmts []struct {
			Stmt node `json:"stmt"`
		} `json:"stmts"`
	}
	must(t, json.Unmarshal([]byte(parsed), &tree))
	for _, statement := range tree.Stmts {
		all = append(all, statement.Stmt)
	}
	return all
}

// verdict is what was found in a statement.
type verdict struct{ found []string }

// judge finds what Citus would not take of statements.
func judge(t *testing.T, text string) []string {
	t.Helper()
	v := &verdict{}
	for _, statement := range parse(t, text) {
		for kind, body := range statement {
			v.statement(kind, body.(node))
		}
		each(statement, func(kind string, body node) {
			switch {
			case kind == "FuncCall" && !slices.Contains([]string{"count", "sum", "max", "min", "length"}, last(body["funcname"])), kind == "SQLValueFunction":
				v.find(impure)
			case kind == "Constraint" && body["contype"] == "CONSTR_IDENTITY":
				v.find(sequence)
			case kind == "WithClause" || body["withClause"] != nil || body["op"] != nil && kind == "SelectStmt" && body["op"] != "SETOP_NONE":
				v.find(unfamiliar)
			}
		})
	}
	slices.Sort(v.found)
	return slices.Compact(v.found)
}

func (v *verdict) find(finding string) { v.found = append(v.found, finding) }

func (v *verdict) statement(kind string, body node) {
	table, known := spreadBy(name(body["relation"]))
	if body["relation"] != nil && !known {
		v.find(unmapped)
		return
	}
	switch kind {
	case "SelectStmt":
		v.reads(body)
	case "InsertStmt":
		v.inserts(table, body)
	case "UpdateStmt", "DeleteStmt":
		v.changes(table, body)
	case "CreateStmt":
		v.creates(table, list(body["tableElts"]))
	case "IndexStmt":
		if body["unique"] == true {
			v.unique(table, fields(body["indexParams"], "name"))
		}
	case "AlterTableStmt":
		v.alters(table, list(body["cmds"]))
	case "CreateSeqStmt", "AlterSeqStmt":
		v.find(sequence)
	case "CreateTrigStmt":
		v.find(trigger)
	case "DropStmt":
	default:
		v.find(unfamiliar)
	}
}

// spreadBy is how a table is spread.
func spreadBy(name string) (spreadTable, bool) {
	at := slices.IndexFunc(spreadTables, func(t spreadTable) bool { return t.name == name })
	if at < 0 {
		return spreadTable{}, false
	}
	return spreadTables[at], true
}

// group is the table beside which a table is.
func group(t spreadTable) string {
	if t.beside == byItself {
		return t.name
	}
	return t.beside
}

// level is one FROM with its WHERE: its spread tables by the names that they have there, and what must be equal.
type level struct {
	tables map[string]spreadTable
	names  int // of whatever kind
	below  int // spread tables in selects that stand in FROM
	equal  [][2]string
}

// reads judges a SELECT, and gives its level.
func (v *verdict) reads(body node) *level {
	l := &level{tables: map[string]spreadTable{}}
	v.from(l, body["fromClause"])
	l.where(body["whereClause"])
	if l.settle(v) > 0 {
		v.find(spans)
		if body["lockingClause"] != nil {
			v.find(locks)
		}
	}
	v.nested(body, "fromClause")
	return l
}

// nested judges the selects in a statement's expressions.
func (v *verdict) nested(body node, but string) {
	for field, value := range body {
		if field != but {
			eachSelect(value, func(inner node) { v.reads(inner) })
		}
	}
}

func (v *verdict) changes(table spreadTable, body node) {
	l := &level{tables: map[string]spreadTable{}}
	v.from(l, []any{node{"RangeVar": body["relation"]}})
	v.from(l, body["fromClause"])
	v.from(l, body["usingClause"])
	l.where(body["whereClause"])
	if l.settle(v) > 0 {
		v.find(sweeps)
	}
	v.sets(table, body["targetList"])
	v.nested(body, "fromClause")
}

func (v *verdict) sets(table spreadTable, targets any) {
	if table.by != "" && slices.Contains(fields(targets, "name"), table.by) {
		v.find(moves)
	}
}

func (v *verdict) inserts(table spreadTable, body node) {
	if conflict, is := body["onConflictClause"].(node); is {
		v.sets(table, conflict["targetList"])
	}
	from, _ := dig(body, "selectStmt", "SelectStmt").(node)
	v.reads(from)
	v.nested(body, "selectStmt")
	if table.by == "" {
		return
	}
	at := slices.Index(fields(body["cols"], "name"), table.by)
	rows := [][]any{}
	for _, row := range list(from["valuesLists"]) {
		rows = append(rows, list(dig(row, "List", "items")))
	}
	if targets := list(from["targetList"]); len(targets) > 0 {
		rows = append(rows, targets)
	}
	for _, row := range rows {
		if at < 0 || at >= len(row) || constant(row[at]) == "" {
			v.find(keyless)
		}
	}
}

// from takes in what stands in a FROM.
func (v *verdict) from(l *level, items any) {
	for _, item := range list(items) {
		for kind, value := range item.(node) {
			body := value.(node)
			switch kind {
			case "RangeVar":
				v.names(l, body)
			case "JoinExpr":
				v.from(l, []any{body["larg"], body["rarg"]})
				if body["jointype"] == "JOIN_INNER" {
					l.where(body["quals"])
				} else {
					l.joined(body["quals"])
				}
			case "RangeSubselect":
				l.names++
				if inner, is := dig(body, "subquery", "SelectStmt").(node); is {
					in := v.reads(inner)
					l.below += len(in.tables) + in.below
				}
			default:
				v.find(unfamiliar)
			}
		}
	}
}

func (v *verdict) names(l *level, body node) {
	table, known := spreadBy(name(body))
	l.names++
	if !known {
		v.find(unmapped)
	}
	if table.by == "" {
		return
	}
	as := table.name
	if alias, is := dig(body, "alias", "aliasname").(string); is {
		as = alias
	}
	l.tables[as] = table
}

// where takes in what a condition says is equal, where all of it must hold.
func (l *level) where(condition any) {
	if all, is := dig(condition, "BoolExpr").(node); is && all["boolop"] == "AND_EXPR" {
		for _, one := range list(all["args"]) {
			l.where(one)
		}
	}
	e, is := dig(condition, "A_Expr").(node)
	if !is || e["kind"] != "AEXPR_OP" || last(e["name"]) != "=" {
		return
	}
	if left, right := l.side(e["lexpr"]), l.side(e["rexpr"]); left != "" && right != "" {
		l.equal = append(l.equal, [2]string{left, right})
	}
}

// joined is where for an outer join, which keeps rows for which its condition does not hold: it fixes none.
func (l *level) joined(condition any) {
	inner := &level{tables: l.tables, names: l.names}
	inner.where(condition)
	for _, pair := range inner.equal {
		if !strings.HasPrefix(pair[0], "$") && !strings.HasPrefix(pair[1], "$") {
			l.equal = append(l.equal, pair)
		}
	}
}

// side is a side of an equation: a table's column, a constant, or "".
func (l *level) side(e any) string {
	if column, is := dig(e, "ColumnRef", "fields").([]any); is {
		parts := []string{}
		for _, field := range column {
			parts = append(parts, last([]any{field}))
		}
		if len(parts) == 1 && l.names == 1 {
			for as := range l.tables {
				return as + "." + parts[0]
			}
		}
		return strings.Join(parts, ".")
	}
	return constant(e)
}

// constant is a parameter or a constant, or "".
func constant(e any) string {
	if inner := dig(e, "TypeCast", "arg"); inner != nil {
		return constant(inner)
	}
	if inner := dig(e, "ResTarget", "val"); inner != nil {
		return constant(inner)
	}
	for _, kind := range []string{"ParamRef", "A_Const"} {
		if value, is := dig(e, kind).(node); is {
			value = maps.Clone(value)
			delete(value, "location")
			text, err := json.Marshal(value)
			if err != nil {
				return ""
			}
			return "$" + string(text)
		}
	}
	return ""
}

// settle finds joins over nodes, and gives the number of tables whose node is not known.
func (l *level) settle(v *verdict) (open int) {
	same := map[string]string{} // to the first of those that are equal to it
	root := func(of string) string {
		for same[of] != "" {
			of = same[of]
		}
		return of
	}
	fixed := map[string]bool{}
	for _, pair := range l.equal {
		if a, b := root(pair[0]), root(pair[1]); a != b {
			same[b] = a
		}
	}
	for _, pair := range l.equal {
		for _, side := range pair {
			if strings.HasPrefix(side, "$") {
				fixed[root(side)] = true
			}
		}
	}
	places := map[[2]string]bool{}
	for as, table := range l.tables {
		place := root(as + "." + table.by)
		places[[2]string{place, group(table)}] = true
		if !fixed[place] {
			open++
		}
	}
	if len(places) > 1 || open > 0 && l.below > 0 {
		v.find(joins)
	}
	return open
}

func (v *verdict) creates(table spreadTable, elements []any) {
	typed := table.by == ""
	for _, element := range elements {
		v.defines(table, element)
		if column, is := dig(element, "ColumnDef").(node); is && column["colname"] == table.by {
			typed = last(dig(column, "typeName", "names")) == "text" && last(dig(column, "collClause", "collname")) == "C"
		}
	}
	if !typed {
		v.find(untyped)
	}
}

// defines judges a column or a constraint.
func (v *verdict) defines(table spreadTable, element any) {
	if column, is := dig(element, "ColumnDef").(node); is {
		if strings.HasSuffix(last(dig(column, "typeName", "names")), "serial") {
			v.find(sequence)
		}
		for _, constraint := range list(column["constraints"]) {
			v.constrains(table, constraint, []string{column["colname"].(string)})
		}
	}
	v.constrains(table, element, nil)
}

func (v *verdict) constrains(table spreadTable, element any, columns []string) {
	c, is := dig(element, "Constraint").(node)
	if !is {
		return
	}
	switch c["contype"] {
	case "CONSTR_PRIMARY", "CONSTR_UNIQUE":
		v.unique(table, slices.Concat(columns, identifiers(c["keys"])))
	case "CONSTR_EXCLUSION":
		v.find(key)
	case "CONSTR_FOREIGN":
		v.leads(table, c, slices.Concat(columns, identifiers(c["fk_attrs"])))
	}
}

func (v *verdict) unique(table spreadTable, columns []string) {
	if table.by != "" && !slices.Contains(columns, table.by) {
		v.find(key)
	}
}

func (v *verdict) leads(table spreadTable, c node, columns []string) {
	to, known := spreadBy(name(c["pktable"]))
	if known && to.by == "" {
		return
	}
	at, there := slices.Index(columns, table.by), slices.Index(identifiers(c["pk_attrs"]), to.by)
	if !known || table.by == "" || group(to) != group(table) || at < 0 || at != there {
		v.find(foreign)
	}
}

func (v *verdict) alters(table spreadTable, commands []any) {
	if slices.Contains(fields(commands, "subtype"), "AT_AddConstraint") && len(commands) > 1 {
		v.find(crowded)
	}
	for _, command := range commands {
		body, _ := dig(command, "AlterTableCmd").(node)
		switch body["subtype"] {
		case "AT_AddColumn", "AT_AddConstraint":
			v.defines(table, body["def"])
		case "AT_AlterColumnType", "AT_DropColumn":
			if body["name"] == table.by {
				v.find(moves)
			}
		case "AT_ColumnDefault", "AT_DropNotNull", "AT_SetNotNull", "AT_DropConstraint", "AT_SetRelOptions":
		default:
			v.find(unfamiliar)
		}
	}
}

// dig goes down by names, and is nil where it does not go on.
func dig(from any, names ...string) any {
	for _, name := range names {
		body, is := from.(node)
		if !is {
			return nil
		}
		from = body[name]
	}
	return from
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

func name(relation any) string {
	text, _ := dig(relation, "relname").(string)
	return text
}

// identifiers are the texts of a list of names.
func identifiers(value any) (all []string) {
	for _, item := range list(value) {
		if text, is := dig(item, "String", "sval").(string); is {
			all = append(all, text)
		}
	}
	return all
}

func last(names any) string {
	all := identifiers(names)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// fields are a field's texts of a list of whatever kind.
func fields(value any, field string) (all []string) {
	for _, item := range list(value) {
		for _, body := range item.(node) {
			text, _ := dig(body, field).(string)
			all = append(all, text)
		}
	}
	return all
}

// each visits every piece of a statement that has a kind.
func each(value any, visit func(kind string, body node)) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			each(item, visit)
		}
	case node:
		for kind, item := range value {
			if body, is := item.(node); is {
				visit(kind, body)
			}
			each(item, visit)
		}
	}
}

// eachSelect visits the selects in an expression, but for those within them.
func eachSelect(value any, visit func(node)) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			eachSelect(item, visit)
		}
	case node:
		for kind, item := range value {
			if body, is := item.(node); is && kind == "SelectStmt" {
				visit(body)
				continue
			}
			eachSelect(item, visit)
		}
	}
}
