package store

import (
	"slices"
	"strings"
	"testing"

	"scrip/store/storetest"
)

// TestTheSchemaRepeatsTheRules: what the rules would never write, the database refuses. Each statement
// begins from a row that is right.
func TestTheSchemaRepeatsTheRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		open(t, address)
		beside := storetest.SQL(t, address)
		for statement := range strings.SplitSeq(rightRows, ";\n") {
			if _, err := beside.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		wrong := wrongChanges
		if !IsPostgres(address) {
			wrong = slices.Concat(wrong, wrongInSQLite)
		}
		for _, wrong := range wrong {
			if _, err := beside.Exec(wrong); err == nil {
				t.Errorf("the database takes %s", wrong)
			}
		}
	})
}

var wrongChanges = []string{
	"UPDATE accounts SET balance = -1",
	"UPDATE accounts SET balance = 'many'",
	"UPDATE accounts SET status = 'frozen'",
	"UPDATE accounts SET cancelled = 2",
	"UPDATE accounts SET email = NULL",
	"UPDATE lots SET rest = -1",
	"UPDATE lots SET rest = value + 1",
	"UPDATE lots SET value = rest - 1",
	"INSERT INTO lots VALUES ('a', 'l2', 2, 's1', 'bought', 5, 5, 0)",
	"INSERT INTO cards SELECT * FROM cards",
	"UPDATE cards SET value = 0",
	"UPDATE cards SET value = -5",
	"UPDATE cards SET state = 'used'",
	"UPDATE cards SET state = 'redeemed'",
	"UPDATE cards SET redeemed_by = 'a'",
	"INSERT INTO card_serials VALUES ('s1', 'd')",
	"INSERT INTO card_transfers VALUES ('d', 't2', 'x', 'y', 0, 'USD', 0)",
	"INSERT INTO card_transfers VALUES ('d', 't2', 'x', 'x', 1, 'USD', 0)",
	"INSERT INTO transfers VALUES ('a', 't2', 'x', 'y', 0, 'USD', '', 0)",
	"INSERT INTO transfers VALUES ('a', 't2', 'x', 'y', -1, 'USD', '', 0)",
	"INSERT INTO transfers VALUES ('a', 't2', 'x', 'x', 1, 'USD', '', 0)",
	"INSERT INTO transfers VALUES ('a', 't1', 'x', 'y', 1, 'USD', '', 0)",
	"INSERT INTO settlements SELECT * FROM settlements",
	"UPDATE settlements SET state = 'open'",
	"UPDATE settlements SET revision = 0",
	"UPDATE settlement_breaks SET kind = 'odd'",
	"UPDATE settlement_breaks SET kind = 'amount'",
	"UPDATE settlement_breaks SET state = 'open'",
	"UPDATE settlement_breaks SET state = 'resolved'",
	"UPDATE settlement_breaks SET state = 'resolved', confirmer = proposer",
	"UPDATE settlement_breaks SET state = 'arrived'",
	"UPDATE settlement_breaks SET resolution = ''",
	"UPDATE settlement_breaks SET resolution = 'forgotten'",
	"INSERT INTO settlement_transfers VALUES ('r', 't2', 'x', 'x', 5, 'USD', '', 0)",
	"INSERT INTO settlement_transfers VALUES ('r', 't2', 'x', 'y', 0, 'USD', '', 0)",
	"INSERT INTO retailer_payments VALUES ('r', 'p', 6, 'USD', 0)",
	"INSERT INTO retailer_payments VALUES ('r', 'q', 0, 'USD', 0)",
	"UPDATE charges SET total = 0",
	"UPDATE charges SET tax = -1",
	"UPDATE charges SET tax = total + 1",
	"UPDATE charges SET period_end = period_start",
	"INSERT INTO charges VALUES ('a', 'c2', 'basic', '2026-01-01', '2026-03-01', '2026-03-01', 5, 0, FALSE, 'balance', 0, 31, 5)",
	"INSERT INTO charge_lines VALUES ('a', 'c1', 1, 'l1', 's1', 0)",
	"INSERT INTO charge_lines VALUES ('a', 'c1', 0, 'l1', 's1', 1)",
	"UPDATE accounts SET authorized = -1",
	"UPDATE authorizations SET amount = 0",
	"UPDATE authorizations SET amount = asked + 1",
	"UPDATE authorizations SET captured = -1",
	"UPDATE authorizations SET captured = 1",
	"UPDATE authorizations SET captured = amount + 1, fate = 'captured', ended_on = '2026-01-02'",
	"UPDATE authorizations SET fate = 'captured', ended_on = '2026-01-02'",
	"UPDATE authorizations SET fate = 'released'",
	"UPDATE authorizations SET fate = 'lost', ended_on = '2026-01-02'",
	"UPDATE authorizations SET ended_on = '2026-01-02'",
	"INSERT INTO authorizations SELECT * FROM authorizations",
	"INSERT INTO authorization_lines VALUES ('a', 'z1', 0, 'l1', 1, 's1', 'bought', 1)",
	"INSERT INTO authorization_lines VALUES ('a', 'z1', 1, 'l1', 1, 's1', 'bought', 0)",
	"INSERT INTO emails VALUES ('a@example.com', 'a')",
	"INSERT INTO events VALUES ('a', 1, '2026-01-01', 'held', '{}', 0, 0)",
	"INSERT INTO notices VALUES ('a', 'k', 'reminder', '{}', 'queued', 0, 0, 0, NULL)",
	"UPDATE notices SET state = 'read'",
	"INSERT INTO parcels VALUES ('p', 5, '[]', NULL, 0)",
	"UPDATE parcels SET due_at = NULL",
	"UPDATE parcels SET sent_at = 5",
	"INSERT INTO answers VALUES ('a', 'redeem', 'key', 'other', '{}', 0)",
	"INSERT INTO questions VALUES ('a', 'q2', 'renewal', '2026-01-01', 5, 'USD', 'ok', '', 'asked', 0, 0, 0, NULL)",
	"INSERT INTO catalogs VALUES (1, 'other', '{}', 0)",
	"INSERT INTO external_ids VALUES ('user-1', 'a')",
	"INSERT INTO api_keys VALUES ('kd', 'k2', 'other', 'admin', 0, NULL, NULL, '')",
	"INSERT INTO audit_entries VALUES ('a', 'e1', 'staff', '', 'freeze', 'done', '', '', 0, '')",
	"UPDATE audit_entries SET role = ''",
	"UPDATE audit_entries SET operation = ''",
	"INSERT INTO sealed_codes VALUES ('d', 'k', 'other', 0)",
	"INSERT INTO order_transfers VALUES ('o', 't2', 'customer_deposits', 'customer_deposits', 1, 'USD', 0)",
	"INSERT INTO order_transfers VALUES ('o', 't2', 'customer_deposits', 'in_transit', 0, 'USD', 0)",
	"INSERT INTO order_letters VALUES ('o', 'receipt', 'order_receipt', '', 'queued', 0, 0, 0)",
	"UPDATE order_letters SET state = 'sent'",
	"UPDATE orders SET state = 'stolen'",
	"UPDATE orders SET state = 'delivered'",
	"UPDATE orders SET value = 0",
	"UPDATE orders SET serial = 's1'",
	"INSERT INTO batches VALUES ('b', 'us-5', 1, 0, 'made', '', '', 0, '')",
	"UPDATE batches SET state = 'sold'",
	"INSERT INTO batch_parts VALUES ('b', 1, 1, 'other', 0)",
	"INSERT INTO batch_parts VALUES ('b', 0, 1, 's', 0)",
	"INSERT INTO batch_parts VALUES ('b', 2, 0, 's', 0)",
	"UPDATE batches SET state = 'shipped'",
	"UPDATE batches SET state = 'frozen'",
	"UPDATE cards SET least = 6",
	"UPDATE cards SET least = -1",
	"INSERT INTO till_transactions SELECT * FROM till_transactions",
	"UPDATE till_transactions SET operation = 'reverse'",
	"UPDATE till_transactions SET value = 0",
	"UPDATE till_transactions SET asked = -1",
	"UPDATE till_transactions SET state = 'refused'",
	"UPDATE till_transactions SET state = 'refused', value = 0",
	"UPDATE till_transactions SET state = 'never', value = 0",
	"UPDATE till_transactions SET refusal = 'not_found'",
	"UPDATE till_transactions SET reversal = 'lost', reversed_at = 1",
	"UPDATE till_transactions SET reversal = 'undone'",
	"UPDATE till_transactions SET reversed_at = 1",
	"UPDATE till_transactions SET operation = 'void', reversal = 'undone', reversed_at = 1",
	"UPDATE till_transactions SET state = 'refused', refusal = 'x', value = 0, reversal = 'undone', reversed_at = 1",
	"INSERT INTO endpoints VALUES ('e', 'https://example.com', '', 's', '', 0, 'enabled', '', 0, 0, 0)",
	"UPDATE endpoints SET state = 'tired'",
	"INSERT INTO deliveries VALUES ('a', 'e', 1, 'x', 'queued', 0, 5, 0, '', 0, NULL)",
	"UPDATE deliveries SET state = 'lost'",
	"UPDATE deliveries SET state = 'delivered'",
	"INSERT INTO feed VALUES (1, 5)",
	"INSERT INTO sandbox VALUES (1, 5)",
	"INSERT INTO test_clocks VALUES ('t', '', 0, 0, 0, 0, NULL)",
	"UPDATE test_clocks SET target = at - 1",
	"INSERT INTO staff VALUES ('ada', 'agent', 'h2', '', 0, 1, 0, NULL)",
	"UPDATE staff SET duty = 'operating'",
	"INSERT INTO passkeys VALUES ('p', 'ada', '{}', 0, NULL)",
}

// wrongInSQLite is what PostgreSQL takes: it rounds a fraction, and has no foreign keys.
var wrongInSQLite = []string{
	"INSERT INTO lots VALUES ('nobody', 'l2', 2, 's2', 'bought', 5, 5, 0)",
	"INSERT INTO card_serials VALUES ('s2', 'none')",
	"INSERT INTO card_transfers VALUES ('none', 't2', 'x', 'y', 1, 'USD', 0)",
	"INSERT INTO transfers VALUES ('nobody', 't2', 'x', 'y', 1, 'USD', '', 0)",
	"INSERT INTO charge_lines VALUES ('a', 'none', 1, 'l1', 's1', 1)",
	"INSERT INTO authorizations VALUES ('nobody', 'z2', 'order', 5, 4, 0, 'open', '2026-01-01', '2026-01-08', '', 0, NULL)",
	"INSERT INTO authorization_lines VALUES ('a', 'none', 0, 'l1', 1, 's1', 'bought', 4)",
	"INSERT INTO emails VALUES ('b@example.com', 'nobody')",
	"INSERT INTO external_ids VALUES ('user-2', 'nobody')",
	"INSERT INTO sealed_codes VALUES ('none', 'k', 'text', 0)",
	"INSERT INTO deliveries VALUES ('a', 'none', 1, 'x', 'queued', 0, 5, 0, '', 0, NULL)",
	"INSERT INTO passkeys VALUES ('p2', 'nobody', '{}', 0, NULL)",
	"INSERT INTO card_waits VALUES ('none', 'b@example.com', 'en', 0, 0, 0)",
	"DELETE FROM accounts",
	"DELETE FROM cards",
	"UPDATE accounts SET balance = 1.5",
}

const rightRows = `INSERT INTO accounts VALUES ('a', 'a@example.com', 0, 'en', 'US', 'USD', 'UTC', 1, 'none', '', 5, 'active', 'basic', '', 'self',
  FALSE, 1, '2026-01-01', '2026-02-01', 'balance', 5, '2026-01-01', 'c1', '', '', '', '', '', 1, '[]', NULL, 0, '', 1, 1, '', 0, 0, '');
INSERT INTO emails VALUES ('a@example.com', 'a');
INSERT INTO cards VALUES ('d', 'k', 's1', 'us-5', 'US', 5, 'USD', 'active', '', 'b', 0, 0, NULL, 0, 0, '');
INSERT INTO card_serials VALUES ('s1', 'd');
INSERT INTO card_waits VALUES ('d', 'a@example.com', 'en', 0, 0, 0);
INSERT INTO card_transfers VALUES ('d', 't1', 'x', 'y', 5, 'USD', 0);
INSERT INTO lots VALUES ('a', 'l1', 1, 's1', 'bought', 10, 5, 0);
INSERT INTO charges VALUES ('a', 'c1', 'basic', '2026-01-01', '2026-02-01', '2026-02-01', 5, 0, FALSE, 'balance', 0, 31, 5);
INSERT INTO charge_lines VALUES ('a', 'c1', 0, 'l1', 's1', 5);
INSERT INTO authorizations VALUES ('a', 'z1', 'order', 5, 4, 0, 'open', '2026-01-01', '2026-01-08', '', 0, NULL);
INSERT INTO authorization_lines VALUES ('a', 'z1', 0, 'l1', 1, 's1', 'bought', 4);
INSERT INTO transfers VALUES ('a', 't1', 'x', 'y', 5, 'USD', 'charge:c1', 0);
INSERT INTO events VALUES ('a', 1, '2026-01-01', 'started', '{}', 0, 0);
INSERT INTO notices VALUES ('a', 'k', 'reminder', '{}', 'queued', 0, 0, 0, NULL);
INSERT INTO parcels VALUES ('p', 5, '[]', NULL, 0);
INSERT INTO answers VALUES ('a', 'redeem', 'key', 'print', '{}', 0);
INSERT INTO questions VALUES ('a', 'q1', 'renewal', '2026-01-01', 5, 'USD', 'ok', '', 'open', 0, 0, 0, NULL);
INSERT INTO catalogs VALUES (1, 'digest', '{}', 0);
INSERT INTO external_ids VALUES ('user-1', 'a');
INSERT INTO api_keys VALUES ('kd', 'k1', 'player', 'read', 0, NULL, NULL, '');
INSERT INTO audit_entries VALUES ('a', 'e1', 'key', 'k1', 'redeem', 'done', '', '', 0, '');
INSERT INTO sealed_codes VALUES ('d', 'k', 'text', 0);
INSERT INTO orders VALUES ('o', 'paid', 'us-5', 'US', 5, 'USD', 'ribbon', 'Ada', 'Grace', '', 'en', 'a@example.com', 'en', 'g@example.com', 'UTC', '', '', '', 0, FALSE, 0, 0, 0, 0, 0);
INSERT INTO order_transfers VALUES ('o', 't1', 'payment_method_clearing', 'customer_deposits', 5, 'USD', 0);
INSERT INTO order_letters VALUES ('o', 'receipt', 'order_receipt', '', 'queued', 0, 0, 0);
INSERT INTO batches VALUES ('b', 'us-5', 1, 0, 'made', '', '', 0, '');
INSERT INTO batch_parts VALUES ('b', 1, 1, 's', 0);
INSERT INTO till_transactions VALUES ('r/s/t/2026-01-01/x/activate', 'r', 's', 't', '2026-01-01', 'x', 'activate', 's1', 0, 5, 'USD', 'done', '', 0, 0, '', 0);
INSERT INTO settlements VALUES ('r', '2026-01-01', 1, 'sum', 1, 0, 'USD', 5, 0, 0, '0.06', 0, 0, 'current', 0);
INSERT INTO settlement_breaks VALUES ('r', '2026-01-01', 1, 1, 'not_in_file', 'k', '2026-01-01', 's1', 0, 'stands', 'USD', 5, 0, 'proposed', '', 'ours', '', 'ada', 1, '', 0);
INSERT INTO settlement_transfers VALUES ('r', 't1', 'x', 'y', 5, 'USD', 'payment:p', 0);
INSERT INTO retailer_payments VALUES ('r', 'p', 5, 'USD', 0);
INSERT INTO endpoints VALUES ('e', 'https://example.com', '', 's', '', 0, 'enabled', '', 0, 0, 0);
INSERT INTO deliveries VALUES ('a', 'e', 1, 'x', 'queued', 0, 5, 0, '', 0, NULL);
INSERT INTO sandbox VALUES (1, 0);
INSERT INTO test_clocks VALUES ('t', '', 5, 9, 0, 0, NULL);
INSERT INTO staff VALUES ('ada', 'agent', 'h', '', 0, 1, 0, NULL);
INSERT INTO passkeys VALUES ('p', 'ada', '{}', 0, NULL)`
