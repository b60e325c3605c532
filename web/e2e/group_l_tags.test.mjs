/** Tags: their colours, and how they come and go. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fits, phone, stage, violations } from './browser.mjs'

const kinds = ['task', 'model']
const ids = {}

let on, page, go, api, choose
before(async () => {
  on = await stage(null) // with nothing in it
  ;({ page, go, api, choose } = await on.open())
  const project = (await api('projects.create', { name: 'tagged', tags: ['nightly'] })).id
  for (const kind of kinds) {
    for (const [name, tags] of [['one', ['nightly', 'v1.5 $x']], ['two', ['nightly']], ['three', []]]) {
      ids[`${kind} ${name}`] = (await api(`${kind}s.create`, { name, project, tags, ...(kind === 'task' ? { type: 'training' } : { uri: 's3://bucket/net.pt' }) })).id
    }
  }
})
after(() => on?.end())

const dialog = () => page.getByRole('dialog')
const head = () => page.locator('.head')
const bar = () => page.getByRole('group', { name: 'Actions on what is chosen' })
const at = (kind, name) => (kind === 'task' ? `/tasks/${ids[`task ${name}`]}/info` : `/models/${ids[`model ${name}`]}/general`)
const tagsOf = async (kind, name) => (await api(`${kind}s.get_all_ex`, { id: [ids[`${kind} ${name}`]], only_fields: ['tags'] }))[`${kind}s`][0].tags.sort()
const edit = () => head().getByRole('button', { name: 'Tag', exact: true }).click()
const set = () => dialog().getByRole('list', { name: 'Tags that are set' })

/** What the dot of a tag is painted with, once it is there. */
const painted = (within, tag) =>
  within.locator('.tag').filter({ hasText: tag }).first().locator('i').evaluate((i) => getComputedStyle(i).backgroundColor)
/** A colour of the palette, as the browser tells colours. */
const token = (name, of = page) =>
  of.evaluate((n) => {
    const probe = document.body.appendChild(document.createElement('i'))
    probe.style.background = `var(--${n})`
    const colour = getComputedStyle(probe).backgroundColor
    probe.remove()
    return colour
  }, name)

async function colour(tag, name) {
  await edit()
  await dialog().getByRole('button', { name: `Colour of the tag ${tag}` }).click()
  const kept = page.waitForResponse('**/api/users.set_preferences')
  await dialog().getByRole('radio', { name, exact: true }).check({ force: true })
  assert.equal((await kept).status(), 200)
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
}

for (const kind of kinds) {
  test(`L-16 tags of a ${kind} are created, reused, and removed, which can be undone`, async () => {
    await go(at(kind, 'three'))
    await edit()
    await dialog().getByLabel('New tag').fill(`  fresh ${kind} `)
    await page.keyboard.press('Enter')
    await head().locator('.tag').getByText(`fresh ${kind}`).waitFor()
    // Those in use are offered, narrowed by what is typed.
    const offered = dialog().getByRole('button', { name: /^Add the tag/ })
    await offered.nth(1).waitFor()
    assert.deepEqual((await offered.allTextContents()).sort(), ['nightly', 'v1.5 $x'])
    await dialog().getByLabel('New tag').fill('NIGHT')
    await dialog().getByRole('button', { name: 'Add the tag v1.5 $x' }).waitFor({ state: 'detached' })
    await dialog().getByRole('button', { name: 'Add the tag nightly' }).click()
    await set().getByText('nightly', { exact: true }).waitFor()
    assert.deepEqual(await tagsOf(kind, 'three'), [`fresh ${kind}`, 'nightly'])
    await dialog().getByRole('button', { name: `Remove the tag fresh ${kind}` }).click()
    await head().locator('.tag').getByText(`fresh ${kind}`).waitFor({ state: 'detached' })
    assert.deepEqual(await tagsOf(kind, 'three'), ['nightly'])
    await set().getByText(`fresh ${kind} is removed`).waitFor()
    assert.deepEqual(await violations(page), [])
    await dialog().getByRole('button', { name: `Undo the removal of fresh ${kind}` }).click()
    await head().locator('.tag').getByText(`fresh ${kind}`).waitFor()
    assert.deepEqual(await tagsOf(kind, 'three'), [`fresh ${kind}`, 'nightly'])
    // The next time somebody looks, it is in use.
    await page.keyboard.press('Escape')
    await go(at(kind, 'two'))
    await edit()
    await dialog().getByRole('button', { name: `Add the tag fresh ${kind}` }).waitFor()
    await page.keyboard.press('Escape')
    await go(at(kind, 'three'))
    await edit()
    for (const tag of [`fresh ${kind}`, 'nightly']) {
      await dialog().getByRole('button', { name: `Remove the tag ${tag}` }).click()
      await set().getByText(`${tag} is removed`).waitFor()
    }
    assert.deepEqual(await tagsOf(kind, 'three'), [])
    await page.keyboard.press('Escape')
  })

  test(`L-16 before a tag is removed from many ${kind}s they are counted`, async () => {
    await go(`/${kind}s?sort=name`)
    await choose('one', 'three', 'two')
    await bar().getByRole('button', { name: 'Tag', exact: true }).click()
    await dialog().getByLabel('Add', { exact: true }).fill('many')
    await dialog().getByRole('button', { name: 'Add the tag nightly' }).click() // in use
    assert.equal(await dialog().getByLabel('Add', { exact: true }).inputValue(), 'many, nightly')
    await dialog().getByRole('button', { name: 'Set tags' }).click()
    await dialog().waitFor({ state: 'detached' })
    assert.deepEqual(await tagsOf(kind, 'three'), ['many', 'nightly'])
    await api(`${kind}s.update_tags`, { ids: [ids[`${kind} three`]], remove_tags: ['nightly'] })
    await go(`/${kind}s?sort=name`)
    await choose('one', 'three', 'two')
    await bar().getByRole('button', { name: 'Tag', exact: true }).click()
    await dialog().getByRole('group', { name: 'Remove' }).getByRole('checkbox', { name: /^nightly on 2 of 3$/ }).check()
    await dialog().getByText(`“nightly” is removed from 2 ${kind}s.`).waitFor()
    await dialog().getByRole('checkbox', { name: /^v1\.5 \$x on 1 of 3$/ }).check()
    await dialog().getByText(`“v1.5 $x” is removed from 1 ${kind}.`).waitFor()
    assert.deepEqual(await violations(page), [])
    // Nothing happened yet, and nothing does.
    await dialog().getByRole('button', { name: 'Cancel' }).click()
    await dialog().waitFor({ state: 'detached' })
    assert.deepEqual(await tagsOf(kind, 'one'), ['many', 'nightly', 'v1.5 $x'])
    await bar().getByRole('button', { name: 'Tag', exact: true }).click()
    await dialog().getByRole('checkbox', { name: /^many on 3 of 3$/ }).check()
    await dialog().getByText(`“many” is removed from 3 ${kind}s.`).waitFor()
    await dialog().getByRole('button', { name: 'Remove the tag' }).click()
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /three/ }).locator('.tag').waitFor({ state: 'detached' })
    assert.deepEqual(await tagsOf(kind, 'one'), ['nightly', 'v1.5 $x'])
    assert.deepEqual(await tagsOf(kind, 'three'), [])
  })
}

test('L-16 a colour that was chosen for a tag shows wherever the tag does, in each browser of the account', async () => {
  const places = [
    ...kinds.flatMap((kind) => [
      [at(kind, 'one'), (p) => p.locator('.head')],
      [`/${kind}s?q=one`, (p) => p.getByRole('row', { name: /one/ })],
      [`/${kind}s?tags=nightly`, (p) => p.locator('.filterchip')],
      [`/${kind}s?q=two`, async (p) => (await p.getByRole('button', { name: 'Filter by tags' }).click(), p.getByRole('group', { name: 'Tags' }))],
    ]),
    ['/projects?tags=nightly', (p) => p.locator('.filterchip')],
    [`/models/compare?ids=${ids['model one']},${ids['model two']}`, (p) => p.getByRole('cell', { name: 'nightly' })],
  ]
  const everywhere = async (window, want) => {
    for (const [path, find] of places) {
      await window.go(path)
      assert.equal(await painted(await find(window.page), 'nightly'), want, path)
    }
  }
  await go('/tasks')
  const [byName, violet, red] = [await painted(page.getByRole('row', { name: /one/ }), 'nightly'), await token('sealed'), await token('bad')]
  await everywhere({ page, go }, byName)
  await go(at('task', 'one'))
  await colour('nightly', 'Violet')
  assert.equal(await painted(head(), 'nightly'), violet)
  await everywhere({ page, go }, violet)
  const other = await on.open()
  await everywhere(other, violet)
  await other.close()
  // Somebody else has colours of their own.
  const { token: invitation } = await page.evaluate(async () =>
    (await fetch('/api/users', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify({ name: 'bo' }) })).json(),
  )
  const member = await on.open(undefined, false)
  await member.go(`/login?invitation=${invitation}`)
  await member.page.locator('input[type=password]').fill('eight or more')
  await member.page.getByRole('button', { name: 'Go on' }).click()
  await member.page.waitForURL(on.server.web + '/')
  await everywhere(member, byName)
  await member.close()
  // Changed on the page of a model; a name may hold what is special in keys.
  await go(at('model', 'one'))
  await colour('nightly', 'Red')
  await colour('v1.5 $x', 'Amber')
  await go('/models?q=one')
  assert.equal(await painted(page.getByRole('row', { name: /one/ }), 'v1.5 $x'), await token('warn'))
  assert.equal(await painted(page.getByRole('row', { name: /one/ }), 'nightly'), red)
  await go(at('task', 'one'))
  await colour('nightly', 'Automatic')
  await everywhere({ page, go }, byName)
})

test('L-16 each colour stands out from each ground, in both schemes; keys choose it, and phones have room for it', async () => {
  const small = await on.open(phone)
  for (const [window, scheme] of [[small, 'light'], [small, 'dark']]) {
    const p = window.page
    await p.evaluate((s) => localStorage.setItem('mantine-color-scheme-value', s), scheme)
    await window.go(at('model', 'one'))
    await p.locator('.head').getByRole('button', { name: 'Tag', exact: true }).click()
    await p.getByRole('button', { name: 'Colour of the tag nightly' }).click()
    const choice = p.getByRole('radiogroup', { name: 'Colours of the tag nightly' })
    await choice.getByRole('radio', { name: 'Automatic' }).focus()
    await p.keyboard.press('ArrowRight')
    await p.waitForFunction(() => document.querySelector('.swatches input:checked')?.closest('label').title === 'Green')
    await p.keyboard.press('ArrowLeft')
    await p.waitForFunction(() => document.querySelector('.swatches input:checked')?.closest('label').title === 'By its name')
    await fits(p)
    const dots = await choice.locator('label:not(:first-child) i').evaluateAll((all) => all.map((i) => getComputedStyle(i).backgroundColor))
    assert.equal(new Set(dots).size, 6)
    const light = (rgb) => {
      const [r, g, b] = rgb.match(/\d+/g).map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const grounds = await Promise.all(['canvas', 'subtle', 'muted', 'selected'].map((g) => token(g, p)))
    for (const ground of [...grounds, await p.getByRole('dialog').evaluate((d) => getComputedStyle(d).backgroundColor)]) {
      const under = light(ground)
      for (const dot of dots) {
        const [high, low] = [light(dot), under].sort((a, b) => b - a)
        const ratio = (high + 0.05) / (low + 0.05)
        assert.ok(ratio >= 3, `${dot} on ${ground}, ${scheme}: ${ratio.toFixed(2)}`)
      }
    }
  }
  await small.close()
})
