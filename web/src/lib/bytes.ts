/** Where the bytes of an artifact are. */

import type { Artifact } from '../api/types'

export const fileName = (uri: string) => decodeURIComponent(uri.split(/[?#]/)[0]?.split('/').at(-1) ?? '')

/** The path of bytes on this server, from the origin of the page: one cookie opens it. */
export function pathOf(a: Artifact): string | undefined {
  if (a.state === 'external' || !/^https?:/.test(a.uri)) return undefined
  return `/files${new URL(a.uri).pathname.replace(/^\/files(?=\/)/, '')}`
}

/** The address of just this content, so that no browser shows one that it kept from before. */
export function bytesAt(a: Artifact): string | undefined {
  const path = pathOf(a)
  return path && `${path}${a.file_version ? `?version=${a.file_version}` : ''}`
}

/** What a browser can open. */
export const opens = (uri: string) => /^https?:\/\//.test(uri)
