// Somebody without a card pays otherwise: an account of its own, test cards of the payment gateway, and
// billers with whom a gift card cannot be used.

import { Visitor } from '../visitor.mjs'
import { countryName, later } from '../world.mjs'
import { check, redeem, signIn, start } from './redeem.mjs'

const plans = { en: 'Basic', fr: 'Essentiel' }

export async function paying(tale) {
  const v = await Visitor.enter(tale, '4-paying')
  const { mailbox } = tale
  mailbox.tab.begin(v.chapter)
  await opensWithoutACard(v, mailbox)
  await isDeclined(v)
  await hearsNothing(v)
  await waitsForTheBank(v)
  await isBilledBySomebodyElse(v)
  await hasAnotherCurrency(v)
  await paysTheRestByMethod(v)
  await v.leave()
}

async function opensWithoutACard(v, mailbox) {
  await v.open('/account')
  v.at('/sign-in')
  await v.see('01-sign-in')
  await signIn(v, mailbox, 'maxime@example.com')
  await v.heads('open.h1')
  await v.select('open.country.label', 'JP')
  await v.press('open.country.button')
  await v.holds('JPY')
  await v.see('02-new-account')
  await v.press('open.button')
  v.at('/account')
  await v.says('account.none.p')
  await v.see('03-account-empty')
  await v.open('/account/billing')
  await v.says('billing.cards.none')
  await v.says('billing.charges.none')
  await v.see('04-billing-empty')
  await v.open('/account/start')
  await v.says('start.lead_empty')
  await v.says('start.needs_payment')
  await v.see('05-plans-nothing-pays')
}

async function setMethod(v, method) {
  await v.open('/account/payment')
  await v.choose(`payment.method.${method}`)
  await v.press('payment.button')
}

async function isDeclined(v) {
  await v.open('/account/payment')
  await v.says('payment.none')
  await v.see('06-payment')
  await setMethod(v, 'declines')
  await v.says('account.declined.h')
  await v.see('07-account-declines')
  await v.open('/account/start')
  await start(v, plans[v.tale.language])
  await v.heads('problem.payment_required.title')
  await v.see('08-declined', { status: 402 })
}

// A bank that never answers is waited for, and nothing has changed. It takes the ten seconds that the
// engine gives it, so one tale is enough.
async function hearsNothing(v) {
  if (v.tale.language !== 'en' || v.tale.width !== 'desk') return
  await setMethod(v, 'never')
  await v.heads('problem.gateway_silent.title')
  await v.see('08-silent', { status: 503 })
}

// A bank that takes its time: the page says so, and looks again.
async function waitsForTheBank(v) {
  await setMethod(v, 'late')
  await v.says('account.flash.method')
  await v.see('09-account-method')
  await v.open('/account/start')
  await v.says('start.asks')
  await v.see('10-plans-asks')
  await start(v, plans[v.tale.language])
  v.at('/account/pending')
  await v.heads('pending.h1')
  await v.see('11-pending')
  await v.open('/account')
  await v.says('account.asking.start')
  await v.see('12-account-asking')
  await later(v, 'day')
  await v.open('/account/pending')
  v.at('/account')
  await v.says('account.flash.started')
  await v.see('13-account-paid')
  await setMethod(v, 'ok')
  await v.says('account.flash.method')
}

// S20: the refusal says exactly what to do, and the card is unharmed.
async function isBilledBySomebodyElse(v) {
  const card = v.tale.cards.take(countryName(v.tale.language, 'JP'), 3000)
  for (const [step, payer, reason] of [['14', 'apple', 'billed_by_apple'], ['15', 'package', 'included_in_package']]) {
    await setPayer(v, payer)
    await v.see(`${step}-account-${payer}`)
    await check(v, card)
    await v.heads(`problem.${reason}.title`)
    await v.says(`problem.${reason}.do`)
    await v.says('redeem.refused.unharmed')
    await v.see(`${step}-refused-${payer}`, { status: 409 })
  }
  await setPayer(v, 'self')
  await redeem(v, card)
  await v.see('16-done')
}

async function setPayer(v, payer) {
  await v.open('/account')
  await v.select('demo.payer.label', payer)
  await v.press('demo.payer.button')
  v.at('/account')
}

async function hasAnotherCurrency(v) {
  await check(v, v.tale.cards.take(countryName(v.tale.language, 'BR'), 7000))
  await v.heads('problem.currency_mismatch.title')
  await v.says('redeem.refused.unharmed')
  await v.see('17-refused-currency', { status: 409 })
}

// Where the balance ends, the method goes on; the months ahead show both.
async function paysTheRestByMethod(v) {
  await v.open('/account/billing')
  await v.says('billing.legend.method')
  await v.see('18-billing-both')
  await v.open('/account/payment')
  await v.says('payment.present')
  await v.see('19-payment-set')
  await v.choose('payment.remove')
  await v.press('payment.button')
  await v.says('account.flash.no_method')
  await v.see('20-account-no-method')
}
