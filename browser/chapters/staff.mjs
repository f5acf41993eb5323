// Staff make their passkeys, sign in with them, and help a member: each by what they are there for.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { flat, Visitor } from '../visitor.mjs'

const address = 'ines.moreau@example.com'
const reason = 'Found on the bus, brought to the counter'
const reasonBox = 'staff.reason.label'

// device is what a laptop does with a finger put on it.
const device = {
  protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
  automaticPresenceSimulation: true,
}

export async function staff(tale) {
  const sold = readFileSync(tale.cards, 'utf8').trim().split('\n').slice(1).map((line) => line.split(','))
  const serials = sold.map(([serial]) => serial)
  tale.codes = sold.map(([, code]) => code)
  await member(tale, tale.codes[0])

  const manager = await Person.enter(tale, 'manager')
  await manager.enrols()
  await manager.signsIn()
  await manager.finds(serials[0])
  await manager.stops(serials[1])
  await manager.voids(serials[2])
  await manager.replaces(serials[3])
  await manager.looksAround(serials[1])
  await manager.signsOut()

  const agent = await Person.enter(tale, 'agent')
  await agent.arrives('20-agent')
  await agent.mayNot(serials[4], ['freeze', 'replace'], 'void')
  await agent.signsOut()

  const auditor = await Person.enter(tale, 'auditor')
  await auditor.arrives('30-auditor')
  await auditor.mayNot(serials[1], [], 'freeze')
  await auditor.reads(serials[1])
  await auditor.signsOut()
}

// trial is how whoever tries the demo sees the pages of staff: by one click on any page.
export async function trial(tale) {
  const v = await Visitor.enter(tale, '7-trial')
  const { serial } = tale.cards.any()
  await v.open('/')
  await v.leads(v.page.getByRole('complementary').getByRole('button', { name: v.words.whole('demo.staff.label') }))
  v.at('/staff')
  await v.see('01-staff')
  await v.fill('staff.find.label', serial)
  await v.press('staff.find.button')
  v.at(`/staff/cards/${serial}`)
  await v.see('02-card')
  await v.leads(v.page.getByRole('button', { name: v.words.whole('account.sign_out') }))
  v.at('/staff/sign-in')
  await v.see('03-signed-out')
  await v.press('staff.duty.auditor')
  v.at('/staff')
  await v.leave()
}

// member is an account with a card and a membership, as a shop's own program opens it.
async function member(tale, code) {
  const ask = async (path, body) => {
    const headers = { authorization: `Bearer ${tale.key}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() }
    const answer = await fetch(`${tale.site}/v1/accounts${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`POST /v1/accounts${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const { id } = await ask('', { email: address, external_id: 'user-42', country: 'US', currency: 'USD', time_zone: 'America/New_York' })
  await ask(`/${id}/redeem`, { code })
  await ask(`/${id}/membership/start`, { plan: 'standard' })
}

class Person {
  static async enter(tale, duty) {
    const visitor = await Visitor.enter(tale, '6-staff')
    const debug = await visitor.page.context().newCDPSession(visitor.page)
    await debug.send('WebAuthn.enable')
    const { authenticatorId } = await debug.send('WebAuthn.addVirtualAuthenticator', { options: device })
    return new Person(tale, duty, visitor, debug, authenticatorId)
  }

  constructor(tale, duty, visitor, debug, authenticatorId) {
    Object.assign(this, { tale, duty, v: visitor, debug, authenticatorId })
  }

  // verified says whether the device knows its owner's finger.
  async verified(isUserVerified) {
    await this.debug.send('WebAuthn.setUserVerified', { authenticatorId: this.authenticatorId, isUserVerified })
  }

  async enrols() {
    const { v } = this
    await v.open('/staff')
    v.at('/staff/sign-in')
    await v.heads('staff.sign_in.title')
    await v.saysNot('staff.wrong.passkey')
    await v.see('01-sign-in')
    await v.open(new URL(this.tale[this.duty]).pathname)
    await v.heads('staff.enrol.title')
    await v.says('staff.enrol.lead', { Name: this.duty })
    await v.see('02-enrol')
    await this.verified(false)
    await v.button('staff.enrol.title').click()
    await v.main().getByRole('alert').waitFor()
    await v.says('staff.wrong.passkey')
    await v.see('03-device-says-no')
    await this.verified(true)
    await v.press('staff.enrol.title')
    v.at('/staff/sign-in')
    await v.says('staff.flash.enrolled')
    await v.see('04-enrolled')
    await v.open(new URL(this.tale[this.duty]).pathname)
    await v.heads('problem.staff_enrolment.title')
    await v.see('05-link-used', { status: 410 })
  }

  async signsIn() {
    const { v } = this
    await v.open('/staff/sign-in')
    await this.verified(false)
    await v.button('staff.sign_in.passkey').click()
    await v.main().getByRole('alert').waitFor()
    await v.see('06-sign-in-refused')
    await this.verified(true)
    await v.press('staff.sign_in.passkey')
    v.at('/staff')
    await v.says('staff.who', { Person: this.duty, Role: v.words.forms(`staff.duty.${this.duty}`)[0] })
    await v.see('07-find')
  }

  // arrives makes a passkey and signs in with it, as all do.
  async arrives(step) {
    const { v } = this
    await v.open(new URL(this.tale[this.duty]).pathname)
    await v.press('staff.enrol.title')
    await v.press('staff.sign_in.passkey')
    v.at('/staff')
    await v.see(step)
  }

  async seek(sought) {
    await this.v.open('/staff')
    await this.v.fill('staff.find.label', sought)
    await this.v.press('staff.find.button')
  }

  async finds(serial) {
    const { v } = this
    await this.seek('nobody@example.com')
    await v.says('staff.find.none')
    await v.see('08-found-nothing', { status: 404 })
    await this.seek(this.tale.codes[1])
    await v.says('staff.find.none')
    await v.see('09-code-finds-nothing', { status: 404 })
    await this.seek(address)
    await v.heads('staff.account.title')
    await v.holds(address)
    await v.see('10-account')
    await v.follow('source.card', { Serial: serial })
    v.at(`/staff/cards/${serial}`)
    await v.says('staff.state.redeemed')
    await v.see('11-card-redeemed')
  }

  // does carries something out on a card, with a reason.
  async does(serial, deed, step) {
    const { v } = this
    await this.seek(serial)
    await v.follow(`staff.deed.${deed}`)
    await v.heads(`staff.deed.${deed}`)
    await v.see(step)
    await v.fill(reasonBox, reason)
    await v.press(`staff.deed.${deed}`)
  }

  async stops(serial) {
    const { v } = this
    await this.seek(serial)
    v.at(`/staff/cards/${serial}`)
    await v.see('12-card-active')
    await v.follow('staff.deed.freeze')
    await v.press('staff.deed.freeze')
    await v.says('staff.wrong.reason')
    await v.see('13-no-reason', { status: 422 })
    await this.does(serial, 'freeze', '14-freeze')
    await v.says('staff.flash.done')
    await v.says('staff.state.frozen')
    await v.holds(reason)
    await v.see('15-frozen')
    await this.does(serial, 'unfreeze', '16-unfreeze')
    await v.says('staff.state.active')
  }

  async voids(serial) {
    const { v } = this
    await this.does(serial, 'void', '17-void')
    await v.says('staff.state.voided')
    v.must(await v.link('staff.deed.freeze').count() === 0, 'a void card can be frozen')
    await v.see('18-voided')
  }

  // replaces sees the new code on the one page that follows, and on no other.
  async replaces(serial) {
    const { v } = this
    await this.does(serial, 'replace', '19-replace')
    await v.heads('staff.replaced.title')
    const code = flat(await v.page.locator('.foil').innerText())
    this.tale.codes.push(code)
    await v.see('19a-replaced', { shows: true })
    await v.page.reload()
    v.same(await v.page.locator('.foil').innerText(), code, 'the code of the same answer')
    await v.main().getByRole('link').last().click()
    await v.says('staff.state.active')
    await v.see('19b-new-card')
    await v.page.goBack().catch(() => {}) // to an answer that the browser has not kept
    v.must(!(await v.page.locator('body').innerText()).includes(code), 'going back shows the code again')
    v.noise.splice(0)
    await v.open(`/staff/cards/${serial}/replace`)
    v.at(`/staff/cards/${serial}`)
    await v.says('staff.state.replaced')
    await v.see('19c-old-card')
  }

  // looksAround goes through who did what, and what is sold.
  async looksAround(serial) {
    const { v } = this
    await v.leads(v.page.getByRole('link', { name: v.words.whole('staff.journal.nav') }))
    await v.heads('staff.audit.h')
    await v.holds(reason)
    await v.see('19d-journal')
    await v.fill('staff.journal.subject', serial.replaceAll('-', ' '))
    await v.press('staff.find.button')
    await v.says('staff.did.card.unfreeze')
    await v.saysNot('staff.did.card.void')
    await v.see('19e-journal-of-a-card')
    await v.leads(v.page.getByRole('link', { name: v.words.whole('staff.catalog.nav') }))
    await v.heads('staff.catalog.title')
    await v.see('19f-catalogue')
  }

  // mayNot looks at a card, is offered what the duty allows, and is refused what it does not.
  async mayNot(serial, offered, refused) {
    const { v } = this
    await this.seek(serial)
    for (const deed of ['freeze', 'replace', 'void']) {
      const found = await v.link(`staff.deed.${deed}`).count()
      v.must(found === (offered.includes(deed) ? 1 : 0), `${deed} is offered ${found} times to the ${this.duty}`)
    }
    await v.see(`${this.duty}-card`)
    await v.open(`/staff/cards/${serial}/${refused}`)
    await v.heads('problem.staff_denied.title')
    await v.see(`${this.duty}-may-not`, { status: 403 })
  }

  async reads(serial) {
    const { v } = this
    await this.seek(serial)
    await v.holds('manager')
    await v.holds(reason)
  }

  async signsOut() {
    const { v } = this
    await v.leads(v.page.getByRole('button', { name: v.words.whole('account.sign_out') }))
    v.at('/staff/sign-in')
    await v.open('/staff')
    v.at('/staff/sign-in')
    await v.leave()
  }
}
