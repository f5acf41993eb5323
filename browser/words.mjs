// The words of the pages, read from the program's own messages: a test names a message, never its text,
// and so is the same in every language.

import { readFileSync } from 'node:fs'

const folder = new URL('../locale/messages/', import.meta.url)
const placeholder = /\{\{\.(\w+)\}\}/

export class Words {
  constructor(language) {
    this.language = language
    this.messages = read(readFileSync(new URL(`${language}.toml`, folder), 'utf8'))
  }

  // forms are the texts of a message: one, or one for each plural form.
  forms(key) {
    const forms = this.messages.get(key)
    if (!forms) throw new Error(`${this.language}.toml has no message ${key}`)
    return forms
  }

  // pattern matches a message as it is shown. What is not given in values is captured by its name, where
  // the message has one form.
  pattern(key, values = {}) {
    const forms = this.forms(key)
    return new RegExp(forms.map((text) => source(text, values, forms.length === 1)).join('|'), 'u')
  }

  // whole is a pattern that matches nothing around the message.
  whole(key, values = {}) {
    return new RegExp(`^\\s*(?:${this.pattern(key, values).source})\\s*$`, 'u')
  }

  // find reads the values of a message out of a text, a line of which it is: find('account.lasts', text).Until.
  find(key, text) {
    const found = new RegExp(`^\\s*(?:${this.pattern(key).source})\\s*$`, 'mu').exec(text)
    return found && Object.fromEntries(Object.entries(found.groups).map(([name, value]) => [name, value.replace(/\s+/gu, ' ')]))
  }
}

// read reads what our message files use of TOML: sections, strings and tables of plural forms.
function read(text) {
  const messages = new Map()
  let section = ''
  for (const line of text.split('\n')) {
    const head = /^\[(.+)\]$/.exec(line.trim())
    if (head) section = head[1]
    const entry = /^([\w.]+) = (.+)$/.exec(line.trim())
    if (!entry) continue
    const strings = [...entry[2].matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([quoted]) => JSON.parse(quoted))
    messages.set(`${section}.${entry[1]}`, strings)
  }
  return messages
}

function source(text, values, captured) {
  const pieces = text.split(placeholder)
  return pieces.map((piece, at) => (at % 2 === 0 ? literal(piece) : value(piece, values, captured))).join('')
}

function value(name, values, captured) {
  if (name in values) return literal(String(values[name]))
  return captured ? `(?<${name}>.+?)` : '.+?'
}

// literal matches a text, whichever spaces stand in it.
function literal(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/gu, '\\s+')
}
