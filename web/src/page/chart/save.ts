/** Has the browser save a text as a file. */
export function saveText(name: string, text: string, type = 'text/csv') {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.replaceAll(/[/\\:]/g, '_')
  link.click()
  URL.revokeObjectURL(url)
}

/** Rows as CSV: texts are quoted, numbers are not. */
export const csv = (rows: unknown[][]) =>
  rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : `"${String(cell ?? '').replaceAll('"', '""')}"`)).join(',') + '\r\n').join('')
