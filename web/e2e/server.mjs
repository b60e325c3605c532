/** The real binary on free ports, with a data directory of its own. */

import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const binary = process.env.COFFER_BIN ?? join(top, 'bin', 'coffer')
const python = join(top, '.venv', 'compat-newest', 'bin', 'python')

// Long enough for a loaded machine; a start takes well under a second.
const START_LIMIT = 60_000

/** Starts a server; gives its addresses, the first password, and stop. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-browser-'))
  const data = join(folder, 'data')
  const at = ['--listen', '--api-listen', '--files-listen'].flatMap((flag) => [flag, '127.0.0.1:0'])
  const server = spawn(binary, ['serve', '--data', data, ...at], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  const ended = new Promise((resolve) => server.once('exit', resolve))
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server was not ready:\n${out}`)), START_LIMIT)
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${out}`)))
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (piece) => {
        out += piece
        if (/password\s+\S+/.test(out)) {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })
  const file = join(data, 'addresses.json') // written once the ports are open, whole
  for (const end = Date.now() + START_LIMIT; !existsSync(file) && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const addresses = JSON.parse(readFileSync(file, 'utf8'))
  return {
    web: addresses.web,
    files: addresses.files,
    password: /password\s+(\S+)/.exec(out)[1],
    /** Runs a program of the SDK and gives what it printed after the word "made". */
    async fill(program) {
      const made = spawnSync(binary, ['keys', 'create', '--data', data, '--format', 'json'], { encoding: 'utf8' })
      const keys = JSON.parse(made.stdout)
      // Apart from this repository, of which the SDK would else read the changes for each task.
      const script = join(folder, program)
      for (const file of [program, 'filling.py']) copyFileSync(join(top, 'web', 'e2e', file), join(folder, file))
      // The SDK's reporter as a thread: as a process of its own it takes seconds to start and to end for every task.
      writeFileSync(join(folder, 'clearml.conf'), 'sdk.development.report_use_subprocess: false\n')
      const run = spawn(python, [script], {
        cwd: folder,
        env: {
          ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CLEARML|TRAINS)_/.test(name))),
          CI: '1', // keeps the SDK from asking its maker for updates
          HOME: folder,
          TMPDIR: folder,
          CLEARML_API_HOST: keys.api_server,
          CLEARML_WEB_HOST: keys.web_server,
          CLEARML_FILES_HOST: keys.files_server,
          CLEARML_API_ACCESS_KEY: keys.access_key,
          CLEARML_API_SECRET_KEY: keys.secret_key,
          CLEARML_CONFIG_FILE: join(folder, 'clearml.conf'),
        },
      })
      let printed = ''
      for (const stream of [run.stdout, run.stderr]) stream.on('data', (piece) => (printed += piece))
      const code = await new Promise((resolve) => run.once('close', resolve))
      const line = /^made (.*)$/m.exec(printed)
      if (code !== 0 || !line) throw new Error(`${program}:\n${printed}`)
      return JSON.parse(line[1])
    },
    async stop() {
      server.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}
