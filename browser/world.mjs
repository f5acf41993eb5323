// The demo's world as a visitor reaches it: printed cards, the mailbox and the clock.

import { setTimeout as sleep } from 'node:timers/promises'
import { flat, Visitor } from './visitor.mjs'

export const codeShape = /[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}/

// most bounds how often the clock is put forward to reach something.
const most = 70

// sendTimeout bounds how long a mail may take, sendPause is how long one waits before looking again.
const sendTimeout = 15_000
const sendPause = 300

// Cards are the printed cards, each handed out once.
export class Cards {
  static async read(visitor) {
    await visitor.open('/demo/cards')
    const cards = []
    for (const item of await visitor.main().getByRole('listitem').all()) {
      cards.push(card(visitor.words, flat(await item.innerText())))
    }
    return new Cards(cards)
  }

  constructor(cards) {
    this.cards = cards
  }

  codes() {
    return this.cards.map((each) => each.code)
  }

  // take hands out a card that is ready, by its currency and value in minor units: take('USD', 2500).
  take(country, value) {
    return this.#out((each) => each.state === 'active' && each.country === country && each.digits === String(value), `${country} ${value}`)
  }

  // any is a card that stays where it is.
  any() {
    return this.cards[0]
  }

  // odd hands out a card that does not work: issued, frozen, voided or redeemed.
  odd(state) {
    return this.#out((each) => each.state === state, state)
  }

  #out(fits, named) {
    const at = this.cards.findIndex(fits)
    if (at < 0) throw new Error(`no card is left: ${named}`)
    return this.cards.splice(at, 1)[0]
  }
}

function card(words, text) {
  const states = ['active', 'issued', 'redeemed', 'frozen', 'voided', 'replaced']
  return {
    code: codeShape.exec(text)[0],
    serial: /\d[\d\s-]{6,}\d/.exec(text.slice(text.search(codeShape) + 20))[0].trim(),
    country: text.match(words.pattern('redeem.card.sold', {}))?.groups.Country,
    digits: text.slice(0, text.search(codeShape)).replace(/\D/g, ''),
    state: states.find((each) => words.pattern(`demo.card.${each}`).test(text)),
  }
}

export function countryName(language, code) {
  return new Intl.DisplayNames([language], { type: 'region' }).of(code)
}

// Mailbox is where everybody's mail arrives: the demo shows it to all.
export class Mailbox {
  static async open(tale) {
    return new Mailbox(await Visitor.enter(tale, '0-mailbox'))
  }

  constructor(tab) {
    this.tab = tab
  }

  // read opens the newest mail of a subject, a message's key. A mail takes a moment to be sent.
  async read(address, subject, values) {
    const mail = await this.#arrives(address, subject, values, 1)
    await this.tab.leads(mail.getByRole('link'))
    return flat(await this.tab.text())
  }

  // mark remembers how many mails with digits there are, so that digits waits for the next.
  async mark(address) {
    this.marked = await this.count(address, 'mail.sign_in_code.subject')
  }

  // digits are those of the mail that was asked for since mark.
  async digits(address) {
    const mail = await this.#arrives(address, 'mail.sign_in_code.subject', {}, this.marked + 1)
    await this.tab.leads(mail.getByRole('link'))
    const digits = /(?<!\d)\d{3} ?\d{3}(?!\d)/.exec(flat(await this.tab.text()))
    this.tab.must(digits, 'the mail has no six digits')
    return digits[0].replace(' ', '')
  }

  async count(address, subject) {
    await this.tab.open('/demo/mail')
    return this.#mails(address, subject).count()
  }

  // more tells whether there are more mails than before, if only in a moment.
  async more(address, subject, before) {
    if (await this.count(address, subject) > before) return true
    await sleep(sendPause)
    return await this.count(address, subject) > before
  }

  async #arrives(address, subject, values, wanted) {
    for (const deadline = Date.now() + sendTimeout; Date.now() < deadline;) {
      await sleep(sendPause)
      await this.tab.open('/demo/mail')
      const mails = this.#mails(address, subject, values)
      if (await mails.count() >= wanted) return mails.first()
    }
    return this.tab.must(false, `no mail to ${address} has arrived: ${this.tab.words.forms(subject)}`)
  }

  #mails(address, subject, values) {
    const link = this.tab.page.getByRole('link', { name: this.tab.words.whole(subject, values) })
    return this.tab.main().getByRole('listitem').filter({ hasText: address }).filter({ has: link })
  }

}

// later puts the clock forward, by day, next or month, and stays on the page.
export async function later(visitor, step) {
  await visitor.leads(visitor.page.getByRole('complementary').getByRole('button', { name: visitor.words.whole(`demo.${step}`) }))
}

// until puts the clock forward step by step, until something is so.
export async function until(visitor, step, so, named) {
  for (let times = 0; times < most; times++) {
    if (await so()) return times
    await later(visitor, step)
  }
  throw new Error(`${named}: not after ${most} times ${step}`)
}

// told are the events of one kind on the account's timeline, in their order.
export async function told(visitor, kind) {
  const response = await visitor.page.context().request.get(`${visitor.tale.site}/demo/timeline`)
  const { timeline } = await response.json()
  return timeline.filter((each) => each.event === kind)
}
