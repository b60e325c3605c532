/** The lines that point an SDK at this server. */

import { useQuery } from '@tanstack/react-query'
import { call } from '../api/client'
import type { KeyPair } from '../api/types'

export interface Addresses {
  web: string
  api: string
  files: string
}

interface ServerConfig {
  config?: { web_server?: string; api_server?: string; files_server?: string }
}

/** The addresses as the server tells them, else through the one port that this page came from. */
export function useAddresses(): Addresses | undefined {
  const asked = useQuery({
    queryKey: ['server config'],
    queryFn: ({ signal }) => call<ServerConfig>('server.config', {}, signal),
    retry: false,
    staleTime: Infinity,
  })
  if (asked.isPending) return undefined
  const at = location.origin
  const told = asked.data?.config
  return { web: told?.web_server || at, api: told?.api_server || `${at}/api`, files: told?.files_server || `${at}/files` }
}

/** clearml.conf, environment and notebook, with the pair filled in. */
export function configBlocks(at: Addresses, pair: KeyPair): Record<string, string> {
  const secret = pair.secret_key ?? '<the secret of this pair>'
  return {
    'clearml.conf': `api {
  web_server: "${at.web}"
  api_server: "${at.api}"
  files_server: "${at.files}"
  credentials {
    "access_key" = "${pair.access_key}"
    "secret_key" = "${secret}"
  }
}`,
    Environment: `export CLEARML_WEB_HOST="${at.web}"
export CLEARML_API_HOST="${at.api}"
export CLEARML_FILES_HOST="${at.files}"
export CLEARML_API_ACCESS_KEY="${pair.access_key}"
export CLEARML_API_SECRET_KEY="${secret}"`,
    Notebook: `%env CLEARML_WEB_HOST=${at.web}
%env CLEARML_API_HOST=${at.api}
%env CLEARML_FILES_HOST=${at.files}
%env CLEARML_API_ACCESS_KEY=${pair.access_key}
%env CLEARML_API_SECRET_KEY=${secret}`,
  }
}
