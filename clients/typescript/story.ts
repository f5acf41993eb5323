// What the tests run against a server: a member's story over a network that loses requests and answers.
import { Problem, Scrip } from "./client.js";

declare const process: { env: Record<string, string | undefined>; exitCode?: number };

const { SCRIP: url = "", SCRIP_KEY: key = "", SCRIP_CODE: code = "" } = process.env;

function want(what: string, got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) === JSON.stringify(wanted)) return;
  console.error(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(wanted)}`);
  process.exitCode = 1;
}

const keys = new Map<string, Set<string>>();
let count = 0;
const lossy: typeof fetch = async (input, init) => {
  const sent = new Headers(init?.headers).get("Idempotency-Key");
  if (sent) keys.set(String(input), (keys.get(String(input)) ?? new Set()).add(sent));
  if (++count % 3 === 0) throw new TypeError("the request was lost");
  const response = await fetch(input, init);
  if (count % 3 === 1) throw new TypeError("the answer was lost");
  return response;
};

const scrip = new Scrip({ url, key, fetch: lossy, attempts: 12 });

const clock = await scrip.post("/v1/test-clocks", { body: { at: "2031-01-31T08:00:00Z" } });
const opened = await scrip.post("/v1/accounts", {
  body: { external_id: "user-42", country: "US", currency: "USD", time_zone: "UTC", test_clock: clock.id },
});
const path = { account: "ext:user-42" };
const sight = await scrip.post("/v1/cards/check", { body: { code } });
want("the card's value", sight.value, { amount: 2500, currency: "USD" });
const redeemed = await scrip.post("/v1/accounts/{account}/redeem", { path, body: { code } });
want("the card that was redeemed", redeemed.card, sight.serial);
await scrip.post("/v1/accounts/{account}/membership/start", { path, body: { plan: "basic" } }, { key: "start-1" });
await scrip.post("/v1/accounts/{account}/membership/start", { path, body: { plan: "basic" } }, { key: "start-1" });

const refused = await scrip.post("/v1/accounts/{account}/redeem", { path, body: { code } }).catch((failed: unknown) => failed);
want("the refusal", refused instanceof Problem && [refused.status, refused.reason], [409, "already_redeemed"]);

const may = await scrip.get("/v1/accounts/{account}/entitlement", { path });
want("the entitlement", [may.may_watch, may.paid_until, may.account], [true, "2031-02-28", opened.id]);
const moved = await scrip.post("/v1/test-clocks/{clock}/advance", { path: { clock: clock.id }, body: { to: "2031-03-30T08:00:00Z" } });
want("the clock", moved.status, "ready");

const starts: string[] = [];
for await (const charge of scrip.list("/v1/accounts/{account}/charges", { path })) starts.push(charge.start);
want("the charges", starts, ["2031-02-28", "2031-01-31"]);
const types = new Set<string>();
for await (const event of scrip.list("/v1/accounts/{account}/events", { path })) types.add(event.type);
want("the events have a charge", types.has("charge.created"), true);
for (const [address, sent] of keys) if (!address.endsWith("/redeem")) want(`the keys of ${address}`, sent.size, 1);
want("the keys of redeem", keys.get(`${url}/v1/accounts/ext%3Auser-42/redeem`)?.size, 2);
