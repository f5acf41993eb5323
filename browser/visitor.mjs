// A visitor is a person at a browser: they read pages, press what is named so, and after each step the
// page before them is checked for everything that must hold of every page.

import axe from 'axe-core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

export class Visitor {
  // enter opens a browser of somebody's own. The chapter names the part of the story.
  static async enter(tale, chapter) {
    const context = await tale.context()
    const visitor = new Visitor(tale, await context.newPage(), chapter)
    visitor.listen()
    return visitor
  }

  begin(chapter) {
    this.chapter = chapter
    return this
  }

  async leave() {
    await this.page.context().close()
  }

  constructor(tale, page, chapter) {
    Object.assign(this, { tale, page, chapter, words: tale.words, status: 0, noise: [], requested: [] })
  }

  listen() {
    const { page } = this
    page.on('console', (message) => {
      if (message.type() === 'error') this.noise.push({ says: `console: ${message.text()}`, url: message.location().url })
    })
    page.on('pageerror', (error) => this.noise.push({ says: `page error: ${error.message}` }))
    page.on('request', (request) => this.requested.push(request.url()))
    page.on('requestfailed', (request) => {
      if (!request.url().includes('/favicon')) this.noise.push({ says: `request failed: ${request.url()} ${request.failure()?.errorText}` })
    })
    page.on('response', (response) => {
      const page = response.request().isNavigationRequest() && response.frame() === this.page.mainFrame()
      if (!page && response.status() >= 400) this.noise.push({ says: `${response.status()} ${response.url()}` })
    })
  }

  // Ways to go on. Each waits until the page that it leads to has loaded.

  async open(path) {
    this.tale.present = this
    const response = await this.page.goto(this.tale.site + path)
    this.status = response.status()
  }

  async follow(key, values) {
    await this.leads(this.link(key, values))
  }

  async press(key, values) {
    await this.leads(this.button(key, values))
  }

  // leads follows a link or a button to the page that it leads to.
  async leads(way) {
    this.tale.present = this
    const arrival = this.page.waitForNavigation({ waitUntil: 'load' })
    arrival.catch(() => {})
    await way.click({ noWaitAfter: true })
    this.status = (await arrival)?.status() ?? 0
  }

  // What is on the page, by the name under which everybody finds it.

  main() {
    return this.page.getByRole('main')
  }

  link(key, values) {
    return this.only(this.main().getByRole('link', { name: this.words.whole(key, values) }))
  }

  button(key, values) {
    return this.only(this.main().getByRole('button', { name: this.words.whole(key, values) }))
  }

  // only is the first of links that lead to the same place.
  only(locator) {
    return locator.first()
  }

  field(key) {
    return this.main().getByLabel(this.words.whole(key))
  }

  async fill(key, text) {
    await this.field(key).fill(text)
  }

  async select(key, value) {
    await this.field(key).selectOption(value)
  }

  async choose(key) {
    await this.main().getByRole('radio', { name: this.words.whole(key) }).check()
  }

  async text() {
    return this.main().innerText()
  }

  async heading() {
    return (await this.page.getByRole('heading', { level: 1 }).innerText()).trim()
  }

  // What must be so.

  async heads(key, values) {
    const heading = await this.heading()
    this.must(this.words.whole(key, values).test(heading), `the heading is ${quote(heading)}, not ${key}: ${this.words.forms(key)}`)
  }

  async says(key, values) {
    const text = await this.text()
    this.must(this.words.pattern(key, values).test(text), `the page does not say ${key}: ${this.words.forms(key)} ${given(values)}`)
  }

  async saysNot(key) {
    this.must(!this.words.pattern(key).test(await this.text()), `the page says ${key}: ${this.words.forms(key)}`)
  }

  async holds(text) {
    this.must(flat(await this.text()).includes(flat(text)), `the page does not hold ${quote(text)}`)
  }

  // fact is the value beside a label.
  async fact(key) {
    const term = this.main().getByRole('term').filter({ hasText: this.words.whole(key) })
    const found = await term.count()
    this.must(found === 1, `the page has ${found} facts named ${key}: ${this.words.forms(key)}`)
    return flat(await term.locator('xpath=following-sibling::dd').innerText())
  }

  // told reads a value out of a message of the page.
  async told(key, name) {
    const values = this.words.find(key, await this.text())
    this.must(values, `the page does not say ${key}: ${this.words.forms(key)}`)
    return values[name]
  }

  at(path) {
    const { pathname } = new URL(this.page.url())
    this.must(pathname === path, `the address is ${pathname}, not ${path}`)
  }

  same(got, want, what) {
    this.must(flat(got) === flat(want), `${what} is ${quote(got)}, not ${quote(want)}`)
  }

  must(holds, says) {
    if (holds) return
    this.tale.present = this
    throw new Error(says)
  }

  // see checks the page that this step led to, and keeps a picture of it. Its faults are collected, so
  // that one run tells of all. Without scripts the pages are the same, and are not looked at again.
  async see(step, { status = 200, shows = false } = {}) {
    this.step = step
    this.tale.pages++
    const { script } = this.tale
    const faults = [...this.transport(status), ...(await this.document(shows)), ...(script ? await this.access() : [])]
    const picture = script || faults.length > 0 ? await this.picture(step) : ''
    for (const says of faults) this.tale.fault(this, says, picture)
  }

  // transport is what went wrong on the way here. That a refusal's page has a refusal's status is known.
  transport(status) {
    const noise = this.noise.splice(0).filter((each) => !(status >= 400 && each.url === this.page.url() && each.says.includes(` ${status} `)))
    const faults = noise.map((each) => each.says)
    if (this.status !== status) faults.push(`the status is ${this.status}, not ${status}`)
    for (const url of this.requested.splice(0)) {
      if (this.tale.codes.some((code) => holdsCode(url, code))) faults.push(`a gift code is in the address ${url}`)
    }
    return faults
  }

  async document(shows) {
    const found = await this.page.evaluate(() => ({
      language: document.documentElement.lang,
      title: document.title,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      beyond: [...document.querySelectorAll('body *')]
        .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !each.closest('.scroll, .tabs, [aria-hidden=true], svg'))
        .slice(0, 3).map((each) => each.outerHTML.slice(0, 120)),
      text: document.body.innerText,
      source: document.documentElement.outerHTML,
    }))
    const faults = []
    if (found.language !== this.tale.language) faults.push(`html lang is ${quote(found.language)}, not ${quote(this.tale.language)}`)
    if (found.title.length < 5) faults.push(`the title is ${quote(found.title)}`)
    if (found.wide > 0) faults.push(`the page is ${found.wide} pixels too wide: ${found.beyond.join(' ')}`)
    const missing = /.{0,20}«\S.{0,40}/u.exec(found.text)
    if (missing) faults.push(`a message is missing: ${missing[0]}`)
    const leak = /%!\w|\{\{|<nil>|undefined|\bNaN\b/.exec(found.text)
    if (leak) faults.push(`the page shows ${quote(leak[0])}`)
    if (!shows && this.tale.codes.some((code) => holdsCode(found.source, code))) faults.push('the page holds a gift code')
    return faults
  }

  // access is what axe finds. It is put into the page by the debugger: the pages themselves allow no script.
  async access() {
    await this.page.evaluate(axe.source)
    const options = { resultTypes: ['violations'], iframes: false, runOnly: { type: 'tag', values: rules } }
    const violations = await this.page.evaluate(async (options) => (await globalThis.axe.run(options)).violations, options)
    return violations.map(({ id, help, nodes }) => `axe ${id}: ${help}: ${nodes.slice(0, 3).map(place).join(' | ')}`)
  }

  async picture(step) {
    const { screenshots, width, language } = this.tale
    mkdirSync(screenshots, { recursive: true })
    const path = join(screenshots, `${this.chapter}-${step}-${width}-${language}${this.tale.script ? '' : '-noscript'}.png`)
    await this.page.screenshot({ path, fullPage: true })
    return path
  }
}

// place is where axe found something, and what.
function place({ html, any, all, none }) {
  return `${html.slice(0, 160)} [${[...any, ...all, ...none][0]?.message ?? ''}]`
}

export function flat(text) {
  return text.replace(/\s+/gu, ' ').trim()
}

export function quote(text) {
  return JSON.stringify(text)
}

function given(values) {
  return values ? JSON.stringify(values) : ''
}

// holdsCode finds a code in any of the ways in which it can be written.
function holdsCode(text, code) {
  const bare = (each) => each.toUpperCase().replace(/[^0-9A-Z]/g, '')
  return text.toUpperCase().includes(code) || bare(text).includes(bare(code))
}
