/** A browser before a server that a program of the SDK filled: what each file of tests of pages begins with. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { start } from './server.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Where pictures are left. */
export const shots = join(import.meta.dirname, 'shots')
mkdirSync(shots, { recursive: true })

export const desk = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

// Long enough for a loaded machine.
const PATIENCE = 60_000

/** Starts a server, fills it and opens a browser: the server, the ids of what was made, windows, and an end. */
export async function stage(program = 'fill.py') {
  const server = await start()
  const made = program ? await server.fill(program).catch(async (e) => {
    await server.stop() // else the run would wait for it
    throw e
  }) : {}
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  return {
    server,
    made,
    /** A window of the first account, or of somebody who is not signed in. */
    open: async (look = desk, signIn = true) => {
      const window = await open(browser, server, look)
      if (signIn) await window.signIn()
      return window
    },
    async end() {
      await browser.close()
      await server.stop()
    },
  }
}

/** A window of somebody who is not signed in; what goes wrong in it is collected. */
async function open(browser, server, look) {
  const context = await browser.newContext({ viewport: look, colorScheme: 'light', bypassCSP: false, reducedMotion: 'reduce', acceptDownloads: true })
  context.setDefaultTimeout(PATIENCE)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.web })
  const page = await context.newPage()
  const wrong = []
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(`${m.type()}: ${m.text()}`))
  page.on('pageerror', (e) => wrong.push(`exception: ${e.message}`))
  page.on('dialog', (d) => {
    wrong.push(`dialog: ${d.message()}`)
    void d.dismiss()
  })
  page.on('request', (r) => {
    const url = new URL(r.url())
    if (url.origin !== server.web && !['blob:', 'data:'].includes(url.protocol)) wrong.push(`request to ${r.url()}`)
  })
  return {
    page,
    wrong,
    close: () => context.close(),
    go: (path) => page.goto(server.web + path),
    async signIn(name = 'admin', password = server.password) {
      await page.goto(server.web + '/login')
      await page.getByLabel('Name').fill(name)
      await page.locator('input[type=password]').fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL((url) => url.pathname !== '/login')
    },
    /** Calls the API as this window's account, and gives the data of an endpoint of the protocol, or a reply of our own. */
    api: (endpoint, body = {}) =>
      page.evaluate(
        async ([e, b]) => {
          const own = !e.includes('.')
          const got = await fetch(`/api/${e}`, {
            method: own ? 'GET' : 'POST',
            headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' },
            body: own ? undefined : JSON.stringify(b),
          })
          const reply = await got.json()
          if (!got.ok) throw new Error(`${e}: ${JSON.stringify(reply)}`)
          return own ? reply : reply.data
        },
        [endpoint, body],
      ),
    /** Ticks rows of a table by their names. */
    choose: async (...names) => {
      for (const name of names) await page.getByRole('checkbox', { name: `Choose ${name}`, exact: true }).check()
    },
  }
}

/** Violations of WCAG 2 A and AA. Run through the debugging protocol, so that the page's policy stays as it is. */
export async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }))
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ') + ' ' + n.failureSummary).join('; ')}`)
}

/** The page is as wide as the window: on a phone nothing is scrolled sideways to. */
export async function fits(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `the page scrolls sideways by ${wide} px`)
}
