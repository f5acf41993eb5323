// A person's year: a card, a membership, a second card, a month that two cards pay, another plan, leaving,
// coming back, being reminded, on hold, and off it again.

import { Visitor } from '../visitor.mjs'
import { countryName, later, told, until } from '../world.mjs'
import { check, offer, redeem, start } from './redeem.mjs'

const day = 24 * 60 * 60 * 1000

const worlds = {
  en: { country: 'US', zone: 'America/Chicago', small: 2500, large: 5000, plans: { basic: 'Basic', standard: 'Standard', premium: 'Premium' }, address: 'ada@example.com' },
  fr: { country: 'FR', zone: null, small: 2500, large: 5000, plans: { basic: 'Essentiel', standard: 'Standard', premium: 'Premium' }, address: 'aimee@example.com' },
}

export async function membership(tale) {
  const v = await Visitor.enter(tale, '3-membership')
  const { mailbox } = tale
  mailbox.tab.begin(v.chapter)
  const world = worlds[tale.language]
  const take = (value) => tale.cards.take(countryName(tale.language, world.country), value)
  const cards = { first: take(world.small), second: take(world.large), third: take(world.small), fourth: take(world.large) }

  await redeemsTheFirst(v, mailbox, world, cards.first)
  await startsWatching(v, world)
  await redeemsAnother(v, mailbox, world, cards)
  await paysAMonthByTwoCards(v, cards)
  await changesToADearerPlan(v, world)
  await takesBackACheaperPlan(v, world)
  await leavesAndStays(v, world)
  await runsOut(v, mailbox, world)
  await startsAgain(v, mailbox, world, cards)
  await isReminded(v, mailbox, world)
  await goesOnHold(v, mailbox, world)
  await comesOffHold(v, mailbox, world, cards.fourth)
  await v.leave()
}

// S7, S8: code, what it holds, address, digits, country, confirmation, done.
async function redeemsTheFirst(v, mailbox, world, card) {
  await check(v, card)
  await v.heads('redeem.card.h1')
  await v.holds(card.serial)
  await v.says('redeem.card.unused')
  await v.see('01-card')
  await v.fill('sign_in.email.label', 'nobody at home')
  await v.press('action.continue')
  await v.says('sign_in.wrong.email')
  await v.see('02-address-wrong', { status: 422 })
  await v.fill('sign_in.email.label', world.address)
  await mailbox.mark(world.address)
  await v.press('action.continue')
  await v.heads('sign_in.digits.h1')
  await v.holds(world.address)
  await v.see('03-digits')
  const digits = await mailbox.digits(world.address)
  await mailbox.tab.see('04-mail-digits')
  await v.fill('sign_in.digits.label', digits === '000000' ? '000001' : '000000')
  await v.press('action.continue')
  await v.says('sign_in.wrong.digits')
  await v.see('05-digits-wrong', { status: 422 })
  await v.fill('sign_in.digits.label', `${digits.slice(0, 3)} ${digits.slice(3)}`)
  await v.press('action.continue')
  await opensTheAccount(v, world)
  await v.heads('redeem.confirm.h1')
  await v.holds(world.address)
  await v.says('redeem.confirm.final')
  await v.see('07-confirm')
  await v.press('redeem.confirm.button')
  await v.heads('redeem.done.h1')
  await v.says('redeem.done.never')
  await v.see('08-done')
}

async function opensTheAccount(v, world) {
  await v.heads('open.h1')
  v.same(await v.field('open.country.label').inputValue(), world.country, 'the country proposed')
  if (world.zone) await v.select('open.zone.label', world.zone)
  else await v.says('open.zone.only')
  await v.see('06-new-account')
  await v.press('open.button')
}

async function startsWatching(v, world) {
  await v.follow('redeem.done.start')
  await v.heads('start.h1')
  await v.says('start.cancel_any_time')
  await v.says('account.lasts')
  await v.see('09-plans')
  const until = v.words.find('account.lasts', await offer(v, world.plans.standard).innerText())?.Until
  await start(v, world.plans.standard)
  v.at('/account')
  await v.says('account.flash.started')
  await v.says('account.status.active')
  v.must(until, 'the plan does not say until when the balance lasts')
  await v.says('account.lasts', { Until: until })
  await v.see('10-account')
}

async function redeemsAnother(v, mailbox, world, cards) {
  await v.follow('action.redeem')
  await redeem(v, cards.second)
  await v.see('11-done-member')
  await mailbox.read(world.address, 'mail.card_applied.subject')
  await mailbox.tab.see('12-mail-applied')
  await checksItsOwn(v, cards.first)
}

// A card of one's own that was used says when.
async function checksItsOwn(v, card) {
  await check(v, card)
  await v.heads('problem.already_redeemed.title')
  await v.says('redeem.refused.yours')
  await v.see('13-used-by-you', { status: 409 })
}

// S11: the month shows two partial charges, one a card.
async function paysAMonthByTwoCards(v, cards) {
  await v.open('/account/billing')
  await v.see('14-billing')
  await later(v, 'month')
  const charges = v.page.getByRole('region', { name: v.words.whole('billing.charges.h') })
  const newest = charges.getByRole('listitem').first()
  const lines = (await newest.getByRole('listitem').allInnerTexts()).map((each) => each.replace(/\s+/gu, ' '))
  v.same(String(lines.length), '2', 'the number of lines of the month')
  for (const [at, card] of [cards.first, cards.second].entries()) {
    v.must(v.words.pattern('source.card', { Serial: card.serial }).test(lines[at]), `line ${at + 1} of the month is ${lines[at]}, not of card ${card.serial}`)
  }
  await v.main().locator('summary').first().click()
  await v.page.getByText(v.words.whole('billing.coming.table')).click()
  await v.page.getByRole('table').waitFor()
  await v.says('billing.why.tax')
  await v.see('15-billing-two-cards')
}

// S17: what the preview says is what happens.
async function changesToADearerPlan(v, world) {
  await later(v, 'day')
  await v.open('/account')
  const before = await v.fact('account.next_date')
  await v.follow('account.change_plan')
  await v.heads('plan.h1')
  await v.see('16-plan')
  await v.press('plan.choose', { Plan: world.plans.premium })
  await v.heads('plan.confirm.h1', { Plan: world.plans.premium })
  await v.says('plan.confirm.at_once')
  const paid = await v.fact('plan.confirm.paid_after')
  const lasts = await v.fact('plan.confirm.lasts_after')
  v.same(await v.fact('plan.confirm.paid_before'), before, 'the date until which it was paid')
  await v.see('17-plan-dearer')
  await v.press('plan.confirm.button', { Plan: world.plans.premium })
  v.at('/account')
  await v.says('account.flash.plan')
  v.same(await v.fact('account.next_date'), paid, 'the next billing date')
  await v.says('account.lasts', { Until: lasts })
  await v.see('18-account-dearer')
}

async function takesBackACheaperPlan(v, world) {
  await v.open('/account/plan')
  await v.press('plan.choose', { Plan: world.plans.basic })
  const effective = await v.told('plan.confirm.scheduled', 'On')
  await v.see('19-plan-cheaper')
  await v.press('plan.confirm.button', { Plan: world.plans.basic })
  await v.says('account.pending_plan.on', { Plan: world.plans.basic, On: effective })
  v.same(await v.fact('account.next_date'), effective, 'the next billing date')
  await v.see('20-account-scheduled')
  await v.open('/account/plan')
  await v.says('plan.pending', { On: effective })
  await v.see('21-plan-scheduled')
  await v.press('plan.stay', { Plan: world.plans.premium })
  await v.heads('plan.confirm.stay', { Plan: world.plans.premium })
  await v.says('plan.confirm.withdrawn', { Plan: world.plans.premium })
  await v.see('22-plan-withdrawn')
  await v.press('plan.stay', { Plan: world.plans.premium })
  v.at('/account')
  await v.saysNot('account.pending_plan.label')
}

// S18: cancelled, one can watch until the balance has run out; restarted, it goes on.
async function leavesAndStays(v) {
  for (const round of [1, 2]) {
    await v.open('/account')
    await v.follow('account.cancel')
    await v.heads('cancel.h1')
    const ends = await v.told('cancel.until', 'On')
    if (round === 1) await v.see('23-cancel')
    await v.press('cancel.button')
    await v.says('account.flash.cancelled')
    await v.says('account.status.cancelled')
    v.same(await v.fact('account.ends.label'), ends, 'the day until which one can watch')
    if (round === 2) return
    await v.see('24-account-cancelled')
    await v.press('account.restart')
    await v.says('account.flash.restarted')
    await v.saysNot('account.ends.label')
    await v.see('25-account-restarted')
  }
}

async function runsOut(v, mailbox, world) {
  const ended = async () => v.words.pattern('account.closed.p').test(await v.text())
  await until(v, 'month', ended, 'the membership closes')
  await v.says('account.status.closed')
  await v.see('26-account-closed')
  await mailbox.read(world.address, 'mail.membership_ended.subject')
  await mailbox.tab.see('27-mail-ended')
  await v.follow('redeem.done.start')
  await v.see('28-plans-empty')
}

async function startsAgain(v, mailbox, world, cards) {
  await redeem(v, cards.third)
  await v.follow('redeem.done.start')
  await start(v, world.plans.standard)
  await v.says('account.flash.started')
}

// S14: a mail seven days before, with the date of the account page.
async function isReminded(v, mailbox, world) {
  const before = await mailbox.count(world.address, 'mail.reminder.subject')
  await until(v, 'next', () => mailbox.more(world.address, 'mail.reminder.subject', before), 'the reminder')
  const mail = await mailbox.read(world.address, 'mail.reminder.subject')
  await mailbox.tab.see('29-mail-reminder')
  const date = v.words.find('mail.reminder.subject', await mailbox.tab.heading())?.RunsOut
  v.must(date && mail.includes(date), 'the mail does not say its date')
  await v.open('/account')
  await v.says('account.lasts', { Until: date })
  await v.says('account.next_charge.nobody')
  await v.see('30-account-last-days')
}

async function goesOnHold(v, mailbox, world) {
  await until(v, 'next', async () => v.words.pattern('account.held.h').test(await v.text()), 'the hold')
  const [reminder, held] = [(await told(v, 'reminder')).at(-1), (await told(v, 'held')).at(-1)]
  v.same(held.on, reminder.runs_out, 'the day of the hold')
  v.same(String((Date.parse(held.on) - Date.parse(reminder.on)) / day), '7', 'the days between the reminder and the hold')
  await v.says('account.status.held')
  await v.says('account.held.closes')
  await v.see('31-account-held')
  await v.open('/account/billing')
  await v.see('32-billing-held')
  await mailbox.read(world.address, 'mail.on_hold.subject')
  await mailbox.tab.see('33-mail-on-hold')
  await v.open('/account/cancel')
  await v.says('cancel.at_once')
  await v.see('34-cancel-held')
}

// S19: a redeemed card removes the hold.
async function comesOffHold(v, mailbox, world, card) {
  await v.open('/account')
  await v.follow('action.redeem')
  await redeem(v, card)
  await v.says('redeem.done.released')
  await v.see('35-done-released')
  await mailbox.read(world.address, 'mail.hold_removed.subject')
  await mailbox.tab.see('36-mail-hold-removed')
  await v.open('/account')
  await v.says('account.status.active')
  await v.see('37-account-again')
}
