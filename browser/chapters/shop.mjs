// A visitor looks around: the first page, the shops of a country, the help, and a page that does not exist.

import { Visitor } from '../visitor.mjs'

export async function shop(tale) {
  const v = await Visitor.enter(tale, '1-shop')
  await v.open('/')
  await v.heads('landing.h1', { Brand: 'Lumenary' })
  await v.see('01-landing')
  await skipsWithTheKeyboard(v)
  await v.follow('landing.gift_cards')
  await v.heads('cards.h1', { Brand: 'Lumenary' })
  await v.select('cards.shops.country', 'CA')
  await v.press('cards.shops.show')
  await v.holds('Maplegate Grocers')
  await v.see('02-shops-canada')
  await v.select('cards.shops.country', 'FR')
  await v.press('cards.shops.show')
  await v.holds('Bureau des Cadeaux')
  await v.says('cards.shops.online')
  await v.says('cards.rules.expire')
  await v.see('03-shops-france')
  await v.open('/help/redeem')
  await v.heads('help.h1')
  await v.says('help.damaged.h')
  await v.see('04-help')
  await v.open('/nowhere')
  await v.heads('problem.no_page.title')
  await v.see('05-nowhere', { status: 404 })
  await v.follow('action.home')
  await speaksTheOther(v)
  await v.leave()
}

// skipsWithTheKeyboard: the first stop of the tabulator key leads past the navigation.
async function skipsWithTheKeyboard(v) {
  await v.page.keyboard.press('Tab')
  const skip = v.page.getByRole('link', { name: v.words.whole('page.skip') })
  v.must(await skip.evaluate((each) => each === document.activeElement), 'the first stop of Tab is not the way to the content')
  v.must(await skip.evaluate((each) => each.getBoundingClientRect().top >= 0), 'the way to the content is not seen when focused')
  await v.page.keyboard.press('Enter')
  v.same(new URL(v.page.url()).hash, '#main', 'the place on the page')
}

async function speaksTheOther(v) {
  const [other, own] = v.tale.language === 'fr' ? ['en', 'fr'] : ['fr', 'en']
  for (const tag of [other, own]) {
    await v.leads(v.page.getByRole('contentinfo').getByRole('button', { name: tag === 'fr' ? 'Français' : 'English' }))
    v.same(await v.page.locator('html').getAttribute('lang'), tag, 'the language')
  }
}
