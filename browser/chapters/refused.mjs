// A visitor's codes do not work, and each page says why.

import { Visitor } from '../visitor.mjs'

export async function refused(tale) {
  const v = await Visitor.enter(tale, '2-refused')
  await v.open('/redeem')
  await v.heads('redeem.h1')
  await v.says('redeem.where.foil')
  await v.see('01-redeem')
  await mistyped(v)
  await unknown(v)
  for (const [step, state, reason] of [['07', 'issued', 'not_activated'], ['08', 'frozen', 'frozen'], ['09', 'voided', 'voided'], ['10', 'redeemed', 'already_redeemed']]) {
    await odd(v, step, tale.cards.odd(state), reason)
  }
  await v.leave()
}

async function mistyped(v) {
  const good = v.tale.unknown
  const swapped = good.slice(0, 4) + (good[4] === '7' ? '8' : '7') + good.slice(5)
  for (const [step, code, reason] of [
    ['02-empty', '', 'redeem.wrong.empty'],
    ['03-short', 'TBTHKT-0KT93A', 'redeem.wrong.length'],
    ['04-character', 'UBTHKT-0KT93A-JZ631B', 'redeem.wrong.character'],
    ['05-check', swapped, 'redeem.wrong.check'],
  ]) {
    await v.fill('redeem.code.label', code)
    await v.press('redeem.code.button')
    await v.says(reason)
    v.same(await v.field('redeem.code.label').inputValue(), '', 'the field')
    await v.see(step, { status: 422 })
  }
}

async function unknown(v) {
  await v.fill('redeem.code.label', v.tale.unknown.toLowerCase().replaceAll('-', ' '))
  await v.press('redeem.code.button')
  await v.says('redeem.wrong.not_found')
  v.same(await v.field('redeem.code.label').inputValue(), '', 'the field')
  await v.see('06-unknown', { status: 404 })
}

async function odd(v, step, card, reason) {
  await v.open('/redeem')
  await v.fill('redeem.code.label', card.code)
  await v.press('redeem.code.button')
  v.at('/redeem/card')
  await v.heads(`problem.${reason}.title`)
  await v.says(`problem.${reason}.why`)
  await v.says(`problem.${reason}.do`)
  await v.holds(card.serial)
  await v.see(`${step}-${reason}`, { status: 409 })
}
