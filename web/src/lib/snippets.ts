/** The lines that use an artifact, with its real ids, quoted for each language. */

import type { Artifact } from '../api/types'

/** A text between double quotes, as Python, Go and JSON read it alike. */
const quoted = (text: string) => JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))

/** A text between single quotes for a shell. */
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

const gives: [RegExp, string][] = [
  [/pandas|dataframe/i, 'a pandas.DataFrame'],
  [/numpy/i, 'a numpy.ndarray'],
  [/image/i, 'a PIL.Image'],
  [/dict|json/i, 'a dict'],
  [/string/i, 'a str'],
  [/archive/i, 'the path of the unpacked folder'],
  [/pickle/i, 'the object'],
]

export function snippets(a: Artifact, taskName: string): Record<string, string> {
  const what = gives.find(([type]) => type.test(a.type))?.[1] ?? 'the path of a local copy'
  const python = `from clearml import Task

task = Task.get_task(task_id="${a.task}")  # ${taskName.replaceAll(/[\r\n]/g, ' ')}
artifact = task.${a.mode === 'input' ? 'data.execution' : 'artifacts'}[${quoted(a.key)}]
value = artifact.get()              # ${what}
path = artifact.get_local_copy()    # a cached file`
  const url = `${location.origin}/api/tasks/${a.task}/artifact?${new URLSearchParams({ key: a.key, mode: a.mode })}`
  return {
    Python: a.mode === 'input' ? python.replace('task.data.execution', 'task.artifacts') : python,
    curl: `# facts
curl -u "$ACCESS_KEY:$SECRET_KEY" ${shell(url)}

# bytes
curl -u "$ACCESS_KEY:$SECRET_KEY" -O ${shell(a.uri)}${a.sha256 ? `\n\n# ${a.sha256}  is their SHA-256` : ''}`,
  }
}
