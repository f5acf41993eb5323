// A tale told in a real browser, at one width and in one language: node story.mjs --site URL …
// It runs all chapters, and fails with every fault that it saw.

import { chromium } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buying } from './chapters/buying.mjs'
import { guessing } from './chapters/guessing.mjs'
import { membership } from './chapters/membership.mjs'
import { paying } from './chapters/paying.mjs'
import { refused } from './chapters/refused.mjs'
import { sessions } from './chapters/sessions.mjs'
import { shop } from './chapters/shop.mjs'
import { staff, trial } from './chapters/staff.mjs'
import { Visitor } from './visitor.mjs'
import { Words } from './words.mjs'
import { Cards, Mailbox } from './world.mjs'

const chapters = { printed, shop, refused, membership, paying, buying, sessions, guessing, trial, staff }
const widths = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } }
const locales = { en: 'en-US', fr: 'fr-FR' }
const stepTimeout = 15_000

const flags = [
  '--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--no-first-run',
  '--disable-gpu', '--disable-sync',
]

const { values: asked } = parseArgs({
  options: {
    site: { type: 'string' },
    width: { type: 'string', default: 'desk' },
    language: { type: 'string', default: 'en' },
    scheme: { type: 'string', default: 'light' },
    script: { type: 'string', default: 'on' },
    unknown: { type: 'string' },
    screenshots: { type: 'string', default: 'screenshots' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    chapters: { type: 'string' },
    cards: { type: 'string' }, // a file of sold cards, a key to the API, and staff's links, for the chapter of staff
    key: { type: 'string' },
    manager: { type: 'string' },
    agent: { type: 'string' },
    auditor: { type: 'string' },
  },
})

class Tale {
  constructor(asked) {
    Object.assign(this, {
      ...asked, words: new Words(asked.language), script: asked.script === 'on', codes: [], faults: [], pages: 0, present: null,
    })
  }

  fault(visitor, says, picture) {
    this.faults.push(`${visitor.chapter} ${visitor.step}\n  at ${visitor.page.url()}\n  ${says}\n  picture: ${picture}`)
  }

  // context is a browser of somebody's own.
  async context() {
    const phone = this.width === 'phone'
    const context = await this.browser.newContext({
      viewport: widths[this.width], isMobile: phone, hasTouch: phone, colorScheme: this.scheme, reducedMotion: 'reduce',
      locale: locales[this.language], javaScriptEnabled: this.script,
    })
    context.setDefaultTimeout(stepTimeout)
    return context
  }
}

const tale = new Tale(asked)
tale.browser = await chromium.launch({ executablePath: tale.chromium, args: flags })
try {
  for (const name of tale.chapters.split(',')) await tell(name, chapters[name])
} finally {
  await tale.browser.close()
}
if (tale.faults.length > 0) {
  console.log(`\n${tale.faults.length} faults on ${tale.pages} pages:\n\n${tale.faults.join('\n\n')}`)
  process.exitCode = 1
}

// printed reads the demo's printed cards, and opens the mailbox.
async function printed(tale) {
  tale.mailbox = await Mailbox.open(tale)
  const v = tale.mailbox.tab.begin('0-cards')
  tale.cards = await Cards.read(v)
  tale.codes = [...tale.cards.codes(), tale.unknown]
  await v.see('01-printed', { shows: true })
}

// tell runs a chapter. What stops it is a fault, with a picture of where it stopped.
async function tell(name, chapter) {
  const began = performance.now()
  try {
    await chapter(tale)
  } catch (stopped) {
    const visitor = tale.present
    const picture = visitor && !visitor.page.isClosed() ? await visitor.picture('stopped').catch((error) => error.message) : 'none'
    const where = stopped.stack.split('\n').filter((line) => line.includes('/chapters/')).map((line) => line.trim()).join('\n  ')
    tale.fault(visitor ?? { chapter: name, step: 'start', page: { url: () => '' } }, `after step ${visitor?.step}: ${stopped.message}\n  ${where}`, picture)
  }
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s, ${tale.pages} pages so far`)
}
