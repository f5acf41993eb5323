// Writes what CLDR knows of a language (en.json, fr.json, …) and the table of countries
// (countries.json) into the folder of this script. It is run at development time; what it writes is
// committed and embedded. To add a language, or to move to another CLDR:
//
//	node locale/cldr/generate.mjs en fr de     one file a language
//	node locale/cldr/generate.mjs countries    the table of countries, from CLDR and the system's zone.tab
//	node locale/cldr/generate.mjs --into DIR de
//
// The script fetches the npm packages itself, into a folder beneath the system's temporary one.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const cldrVersion = "48.2.0";
const packages = ["cldr-core", "cldr-numbers-full", "cldr-dates-full", "cldr-localenames-full", "cldr-misc-full"];
const store = join(tmpdir(), `scrip-cldr-${cldrVersion}`);

function fetchPackages() {
  if (packages.every((name) => existsSync(join(store, "node_modules", name)))) return;
  execFileSync("npm", ["install", "--no-save", "--prefix", store, ...packages.map((name) => `${name}@${cldrVersion}`)], { stdio: "inherit" });
}

const read = (path) => JSON.parse(readFileSync(join(store, "node_modules", path), "utf8"));
const main = (name, tag, file) => read(`cldr-${name}-full/main/${tag}/${file}.json`).main[tag];

// isoCodes are the countries of ISO 3166-1, as the tz database lists them.
const isoCodes = () => rows("/usr/share/zoneinfo/iso3166.tab").map(([code]) => code);

const rows = (path) => readFileSync(path, "utf8").split("\n").filter((line) => line && !line.startsWith("#")).map((line) => line.split("\t"));

function language(tag) {
  const numbers = main("numbers", tag, "numbers").numbers;
  const system = numbers.defaultNumberingSystem;
  const symbols = numbers[`symbols-numberSystem-${system}`];
  const gregorian = main("dates", tag, "ca-gregorian").dates.calendars.gregorian;
  const formats = gregorian.dateTimeFormats.availableFormats;
  const list = main("misc", tag, "listPatterns").listPatterns["listPattern-type-standard"];
  return {
    cldr: cldrVersion,
    tag,
    numbers: {
      digits: read("cldr-core/supplemental/numberingSystems.json").supplemental.numberingSystems[system]._digits,
      decimal: symbols.decimal,
      group: symbols.group,
      minus: symbols.minusSign,
      percent: symbols.percentSign,
      minimumGrouping: Number(numbers.minimumGroupingDigits),
      money: numbers[`currencyFormats-numberSystem-${system}`].standard,
      plain: numbers[`decimalFormats-numberSystem-${system}`].standard,
      percentage: numbers[`percentFormats-numberSystem-${system}`].standard,
      symbols: currencySymbols(tag),
    },
    dates: {
      date: gregorian.dateFormats.long,
      shortDate: gregorian.dateFormats.medium,
      monthDay: formats.MMMMd,
      month: formats.yMMMM,
      time: gregorian.timeFormats.short,
      dateTime: gregorian["dateTimeFormats-atTime"].standard.medium,
      months: twelve(gregorian.months.format.wide),
      shortMonths: twelve(gregorian.months.format.abbreviated),
      aloneMonths: twelve(gregorian.months["stand-alone"].wide),
      aloneShortMonths: twelve(gregorian.months["stand-alone"].abbreviated),
      am: gregorian.dayPeriods.format.abbreviated.am,
      pm: gregorian.dayPeriods.format.abbreviated.pm,
    },
    list: { two: list["2"], start: list.start, middle: list.middle, end: list.end },
    countries: countryNames(tag),
  };
}

const twelve = (names) => Array.from({ length: 12 }, (_, at) => names[String(at + 1)]);

// currencySymbols leaves out the currencies that are written with their code.
function currencySymbols(tag) {
  const currencies = main("numbers", tag, "currencies").numbers.currencies;
  const named = Object.entries(currencies).filter(([code, c]) => code !== "XXX" && c.symbol && c.symbol !== code);
  return Object.fromEntries(named.map(([code, c]) => [code, c.symbol]));
}

// countryNames are in the order in which a reader of the language looks for them.
function countryNames(tag) {
  const names = main("localenames", tag, "territories").localeDisplayNames.territories;
  const compare = new Intl.Collator(tag).compare;
  return isoCodes().map((code) => ({ code, name: names[code] })).sort((a, b) => compare(a.name, b.name));
}

// populous corrects zone.tab's first zone, which in these countries is not where most people live.
const populous = { AU: "Australia/Sydney", BR: "America/Sao_Paulo", CA: "America/Toronto", FM: "Pacific/Pohnpei", RU: "Europe/Moscow", UA: "Europe/Kyiv" };

// own corrects CLDR's preferred currency, where it is a neighbour's.
const own = { LS: "LSL" };

// countries leaves out those that have no zone or no money: Antarctica and two empty islands.
function countries() {
  const primary = read("cldr-core/supplemental/primaryZones.json").supplemental.primaryZones;
  const regions = read("cldr-core/supplemental/currencyData.json").supplemental.currencyData.region;
  const zones = {};
  for (const [code, , zone] of rows("/usr/share/zoneinfo/zone.tab")) (zones[code] ??= []).push(zone);
  return isoCodes()
    .filter((code) => zones[code] && currency(regions[code]))
    .sort()
    .map((code) => {
      const zone = [populous[code], primary[code], ...zones[code]].find((zone) => zones[code].includes(zone));
      return { code, currency: own[code] ?? currency(regions[code]), zone, zones: zones[code] };
    });
}

// currency is the first legal tender that has not ended: CLDR puts the preferred one first.
function currency(entries) {
  const current = (entries ?? []).flatMap((entry) => Object.entries(entry)).find(([code, of]) => !of._to && of._tender !== "false" && code !== "XXX");
  return current?.[0];
}

const lines = (entries) => "[\n" + entries.map((entry) => "  " + JSON.stringify(entry)).join(",\n") + "\n]";

// print puts one country on a line, and one subject of a language.
function print(value) {
  if (Array.isArray(value)) return lines(value) + "\n";
  const parts = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${Array.isArray(part) ? lines(part) : JSON.stringify(part)}`);
  return "{\n" + parts.join(",\n") + "\n}\n";
}

const args = process.argv.slice(2);
const into = args[0] === "--into" ? args.splice(0, 2)[1] : dirname(fileURLToPath(import.meta.url));
fetchPackages();
for (const name of args) {
  writeFileSync(join(into, `${name}.json`), print(name === "countries" ? countries() : language(name)));
}
