// Somebody guesses codes: after a few the pages ask them to wait, and say until when. It is told last,
// because guesses are counted by address.

import { Visitor } from '../visitor.mjs'

// tries is how many guesses are too many in any case.
const tries = 12

export async function guessing(tale) {
  const v = await Visitor.enter(tale, '6-guessing')
  for (let at = 0; at < tries; at++) {
    await v.open('/redeem')
    await v.fill('redeem.code.label', tale.unknown)
    await v.press('redeem.code.button')
    if (v.status === 429) break
  }
  v.noise.splice(0)
  await v.heads('problem.too_many_tries.title')
  await v.says('problem.wait')
  await v.see('01-too-many', { status: 429 })
  await v.follow('action.help')
  await v.heads('help.h1')
  await v.leave()
}
