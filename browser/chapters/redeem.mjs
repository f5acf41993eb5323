// The steps of redeeming and of signing in, as the chapters take them.

// check enters a code on a page and reaches the card's page.
export async function check(v, card) {
  await v.open('/redeem')
  await v.fill('redeem.code.label', card.code)
  await v.press('redeem.code.button')
  v.at('/redeem/card')
}

// redeem adds another card to the account that is signed in, and shows its confirmation.
export async function redeem(v, card) {
  await check(v, card)
  await v.holds(card.serial)
  await v.follow('action.continue')
  await v.press('redeem.confirm.button')
  v.at('/redeem/done')
}

// signIn proves an address with the digits of the mail.
export async function signIn(v, mailbox, address) {
  await v.open('/sign-in')
  await v.fill('sign_in.email.label', address)
  await mailbox.mark(address)
  await v.press('sign_in.button')
  await v.fill('sign_in.digits.label', await mailbox.digits(address))
  await v.press('action.continue')
}

// start chooses a plan on the page of plans.
export async function start(v, plan) {
  await offer(v, plan).locator('label').click()
  await v.press('redeem.done.start')
}

// offer is a plan on the page of plans.
export function offer(v, plan) {
  const radio = v.page.getByRole('radio', { name: new RegExp(`^${plan}`) })
  return v.main().getByRole('group', { name: v.words.whole('start.legend') }).locator('> div').filter({ has: radio })
}
