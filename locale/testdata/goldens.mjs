// Writes what Node's Intl says into testdata/golden, a file a language, for golden_test.go:
//
//	node testdata/goldens.mjs en fr de es hi ja nl pl
//
// A line is a method, its arguments, = and the answer, in which unusual spaces are escaped.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const digits = { JPY: 0, KRW: 0, CLP: 0, ISK: 0, VND: 0, XAF: 0, XOF: 0, XPF: 0, KWD: 3, TND: 3, BHD: 3 };
const currencies = "USD EUR GBP CAD AUD NZD JPY KRW CHF BRL MXN INR CNY HKD TWD SEK PLN CZK TRY ZAR ILS SGD ARS COP CLP ISK VND XAF XOF XPF XCD XCG KWD TND UAH".split(" ");
const amounts = ["0", "1", "5", "99", "100", "999", "1000", "1677", "9999", "10000", "99999", "100000", "123450", "1234567", "12345678", "123456789", "1234567890", "9223372036854775807", "-1", "-100", "-1677", "-123450", "-1234567", "-9223372036854775808"];
const counts = ["0", "7", "999", "1000", "9999", "10000", "1234567", "-5", "-12345", "9223372036854775807"];
const rates = ["0", "0.08", "0.0825", "0.1", "0.2", "0.055", "0.19", "0.10", "0.08875", "0.00001", "1", "1.5", "9.999999999", "0.000000001"];
const days = ["1900-01-01", "1999-12-31", "2024-02-29", "2026-01-01", "2026-01-31", "2026-02-02", "2026-03-01", "2026-04-15", "2026-05-09", "2026-06-30", "2026-07-14", "2026-08-01", "2026-09-23", "2026-10-10", "2026-11-11", "2026-12-25", "2999-12-31"];
const instants = [["2026-01-31T17:04:00Z", "America/New_York"], ["2026-01-01T05:00:00Z", "America/New_York"], ["2026-07-01T00:30:00Z", "Asia/Kolkata"], ["2026-03-29T00:59:59Z", "Europe/Paris"], ["2026-03-29T01:00:00Z", "Europe/Paris"], ["2026-12-31T23:59:00Z", "Pacific/Auckland"], ["2026-06-15T12:00:00Z", "UTC"], ["2026-06-15T00:05:00Z", "UTC"], ["2026-08-08T03:09:00Z", "Asia/Tokyo"]];
const lists = [["A"], ["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"]];
const places = "AF BE BR CA CD CI DE ES FR GB HK IN JP KR MX NL PS TR UA US VA ZA".split(" ");

// major is an exact decimal text of minor units; Intl reads it without a float.
function major(minor, fraction) {
  const bare = minor.replace("-", "").padStart(fraction + 1, "0");
  const point = bare.length - fraction;
  return (minor.startsWith("-") ? "-" : "") + bare.slice(0, point) + (fraction ? "." + bare.slice(point) : "");
}

function* moneys(tag) {
  for (const currency of currencies) {
    const fraction = digits[currency] ?? 2;
    const format = new Intl.NumberFormat(tag, { style: "currency", currency, minimumFractionDigits: fraction, maximumFractionDigits: fraction });
    for (const minor of ["USD", "EUR", "JPY"].includes(currency) ? amounts : ["1677", "-123456789"]) {
      yield [`Money ${minor} ${currency}`, format.format(major(minor, fraction))];
    }
  }
}

function* numbers(tag) {
  for (const count of counts) yield [`Number ${count}`, new Intl.NumberFormat(tag).format(BigInt(count))];
  const percent = new Intl.NumberFormat(tag, { style: "percent", useGrouping: true, maximumFractionDigits: 7 });
  for (const rate of rates) yield [`Percent ${rate}`, percent.format(rate)];
}

const dateStyles = {
  Date: { dateStyle: "long" },
  ShortDate: { dateStyle: "medium" },
  MonthDay: { month: "long", day: "numeric" },
  Month: { month: "long", year: "numeric" },
  MonthShort: { month: "short" },
};

function* dates(tag) {
  for (const [method, style] of Object.entries(dateStyles)) {
    const format = new Intl.DateTimeFormat(tag, { ...style, timeZone: "UTC" });
    for (const day of days) yield [`${method} ${day}`, format.format(new Date(`${day}T00:00:00Z`))];
  }
  for (const [instant, timeZone] of instants) {
    const format = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short", timeZone });
    yield [`DateTime ${instant} ${timeZone}`, format.format(new Date(instant))];
  }
}

function* texts(tag) {
  for (const list of lists) yield [`List ${list.join(" ")}`, new Intl.ListFormat(tag).format(list)];
  const names = new Intl.DisplayNames(tag, { type: "region" });
  for (const code of places) yield [`Country ${code}`, names.of(code)];
  const rules = new Intl.PluralRules(tag);
  for (const count of [0, 1, 2, 3, 4, 5, 11, 12, 21, 22, 25, 100, 101, 102, 1000, 1000000]) yield [`Plural ${count}`, rules.select(count)];
}

const escaped = (text) => JSON.stringify(text).replace(/[\u00a0\u00ad\u061c\u2000-\u200f\u2028-\u202f\u2060-\u206f]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

const folder = join(dirname(fileURLToPath(import.meta.url)), "golden");
mkdirSync(folder, { recursive: true });
const { node, icu, cldr, tz } = process.versions;
for (const tag of process.argv.slice(2)) {
  const cases = [...moneys(tag), ...numbers(tag), ...dates(tag), ...texts(tag)];
  const lines = cases.map(([call, answer]) => `${call} = ${escaped(answer)}`);
  writeFileSync(join(folder, `${tag}.txt`), [`# Intl of Node ${node}: ICU ${icu}, CLDR ${cldr}, tz ${tz}`, ...lines].join("\n") + "\n");
}
