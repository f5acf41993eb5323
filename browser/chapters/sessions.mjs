// A person in two browsers signs out everywhere, and in again by a code.

import { Visitor } from '../visitor.mjs'
import { signIn } from './redeem.mjs'

const address = 'maxime@example.com'

export async function sessions(tale) {
  const here = await Visitor.enter(tale, '5-sessions')
  const there = await Visitor.enter(tale, '5-sessions')
  for (const v of [here, there]) {
    await signIn(v, tale.mailbox, address)
    v.at('/account')
  }
  await here.see('01-account')
  await here.press('account.sign_out_everywhere')
  here.at('/')
  await here.see('02-signed-out')
  await there.open('/account/billing')
  there.at('/sign-in')
  await there.see('03-signed-out-there')
  await signIn(there, tale.mailbox, address)
  there.at('/account/billing')
  await there.see('04-signed-in-again')
  await there.open('/account')
  await there.press('account.sign_out')
  there.at('/')
  await there.open('/account')
  there.at('/sign-in')
  await here.leave()
  await there.leave()
}
