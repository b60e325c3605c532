/** Calls of the API: the protocol's endpoints and our own, from the origin that the page came from. */

/** A call that failed: what the server said, or that it could not be reached. */
export class Failure extends Error {
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number
  /** Of the protocol, as 400/101, or the kind that our own endpoints tell. */
  readonly code: string
  /** The id under which the server logged it. */
  readonly request: string

  constructor(message: string, status: number, code = '', request = '') {
    super(message)
    this.status = status
    this.code = code
    this.request = request
  }
}

async function answer(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: 'same-origin', ...options })
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new Failure('The server cannot be reached.', 0)
  }
}

/** A session that is over leads to the sign-in, and from there back. */
function signedOut(status: number) {
  if (status === 401 && location.pathname !== '/login') {
    location.assign('/login?' + new URLSearchParams({ next: location.pathname + location.search }))
  }
}

interface Envelope {
  meta: { id: string; result_code: number; result_subcode: number; result_msg: string }
  data: unknown
}

/** Calls an endpoint of the protocol and gives its data. */
export async function call<T>(endpoint: string, body: object = {}, signal?: AbortSignal): Promise<T> {
  const got = await answer(`/api/${endpoint}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' },
    body: JSON.stringify(body),
    signal,
  })
  const envelope = (await got.json().catch(() => null)) as Envelope | null
  if (!envelope?.meta) throw new Failure(`The server answered with ${got.status} and no explanation.`, got.status)
  const { meta, data } = envelope
  if (meta.result_code !== 200) {
    signedOut(got.status)
    throw new Failure(meta.result_msg, got.status, `${meta.result_code}/${meta.result_subcode}`, meta.id)
  }
  return data as T
}

interface Problem {
  error: { kind: string; message: string; request_id: string }
}

/** Calls one of our own endpoints. Query arguments that are undefined or '' are left out. */
export async function own<T>(
  path: string,
  query: Record<string, string | number | undefined> = {},
  options: RequestInit = {},
): Promise<T> {
  const given = Object.entries(query).filter(([, v]) => v !== undefined && v !== '')
  const search = new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString()
  const got = await answer(`/api/${path}${search && '?' + search}`, { ...options, headers: { 'X-Coffer': '1', ...options.headers } })
  const body = await got.json().catch(() => null)
  if (!got.ok) {
    signedOut(got.status)
    const error = (body as Problem | null)?.error
    throw new Failure(error?.message ?? `The server answered with ${got.status}.`, got.status, error?.kind, error?.request_id)
  }
  return body as T
}

/** Signs in with a name and a password; the session is a cookie that scripts cannot read. */
export async function login(name: string, password: string): Promise<void> {
  const pair = btoa(String.fromCharCode(...new TextEncoder().encode(`${name}:${password}`)))
  const got = await answer('/api/auth.login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Coffer': '1', Authorization: `Basic ${pair}` },
    body: '{}',
  })
  const envelope = (await got.json().catch(() => null)) as Envelope | null
  if (!got.ok) throw new Failure(envelope?.meta?.result_msg ?? `The server answered with ${got.status}.`, got.status)
}
