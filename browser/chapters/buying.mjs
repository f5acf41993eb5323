// Somebody buys a gift card: the buyer pays at the test gateway and has a receipt, the recipient has the mail with the
// code and redeems it, and the buyer sees that it was redeemed.

import { codeShape } from '../world.mjs'
import { Visitor } from '../visitor.mjs'
import { signIn } from './redeem.mjs'

const messages = { en: 'Happy birthday!\nLet’s watch something together.', fr: 'Joyeux anniversaire !\nRegardons quelque chose ensemble.' }

export async function buying(tale) {
  const { mailbox } = tale
  const name = `${tale.width}-${tale.language}-${tale.scheme}${tale.script ? '' : '-plain'}`
  const [buyer, recipient, right] = ['ada', 'grace', 'right'].map((each) => `${each}-${name}@example.com`)
  const v = await Visitor.enter(tale, '8-buying')
  await order(v, buyer, recipient)
  const page = v.page.url()
  await pay(v)
  const receipt = await mailbox.read(buyer, 'mail.order_receipt.subject', { Brand: 'Lumenary' })
  v.must(!codeShape.test(receipt), 'the receipt holds a code')
  await mailbox.tab.begin('8-buying').see('07-receipt', { shows: true })
  const dead = await code(mailbox, recipient)
  await mailbox.tab.see('08-gift-mail', { shows: true })
  await corrects(v, page, right)
  const good = await code(mailbox, right)
  v.must(good !== dead, 'the code of the corrected address is the one before')
  await redeems(tale, mailbox, right, dead, good)
  await v.open(new URL(page).pathname)
  await v.heads('order.redeemed.h')
  await v.see('13-redeemed')
  await astray(v, buyer)
  await v.leave()
}

// order fills in the form, first with something wrong in it.
async function order(v, buyer, recipient) {
  await v.open('/gift-cards')
  await v.follow('cards.buy')
  await v.see('01-form')
  await v.press('buy.button')
  await v.see('02-what-is-missing', { status: 422 })
  await v.choose('buy.design.birthday')
  await v.choose('buy.value.free')
  await v.fill('buy.amount.label', '31.50')
  await v.fill('buy.to.label', 'Grace')
  await v.fill('buy.recipient.label', recipient)
  await v.fill('buy.from.label', 'Ada')
  await v.fill('buy.message.label', messages[v.tale.language])
  await v.fill('buy.buyer.label', buyer)
  await v.press('buy.button')
  await v.heads('order.placed.h')
  await v.see('03-order')
}

// pay pays at the second try.
async function pay(v) {
  await v.leads(v.main().getByRole('link', { name: v.words.pattern('order.pay', {}) }))
  await v.see('04-gateway')
  await v.press('pay.act.decline')
  await v.see('05-declined')
  await v.press('pay.act.approve')
  await v.see('06-paid')
}

async function code(mailbox, address) {
  const mail = await mailbox.read(address, 'mail.gift.subject', { From: 'Ada', Brand: 'Lumenary' })
  const [found] = codeShape.exec(mail) ?? []
  mailbox.tab.must(found, 'the mail has no code')
  mailbox.tab.tale.codes.push(found)
  return found
}

// corrects sends the gift to another address.
async function corrects(v, page, right) {
  await v.open(new URL(page).pathname)
  await v.heads('order.sent.h')
  await v.see('09-sent')
  await v.fill('buy.recipient.label', right)
  await v.press('order.resend.button')
  await v.says('order.flash.resent')
  await v.see('10-corrected')
}

// redeems enters the dead code, which is refused, and then the good one.
async function redeems(tale, mailbox, address, dead, good) {
  const v = await Visitor.enter(tale, '8-buying')
  await signIn(v, mailbox, address)
  await v.press('open.button')
  await v.open('/redeem')
  await v.fill('redeem.code.label', dead)
  await v.press('redeem.code.button')
  await v.heads('problem.replaced.title')
  await v.see('11-dead-code', { status: 409 })
  await v.open('/redeem')
  await v.fill('redeem.code.label', good)
  await v.press('redeem.code.button')
  await v.follow('action.continue')
  await v.press('redeem.confirm.button')
  v.at('/redeem/done')
  await v.see('12-done')
  await v.leave()
}

// astray: a link that is none of ours tells nothing.
async function astray(v, buyer) {
  await v.open('/gift-cards/orders/none')
  await v.heads('problem.no_order.title')
  await v.see('14-no-order', { status: 404 })
  v.must(!(await v.text()).includes(buyer), 'the page of no order tells of a buyer')
}
