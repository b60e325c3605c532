import { Button, Modal, SegmentedControl, TextInput, useMantineColorScheme } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { call } from '../api/client'
import { keys, me } from '../api/query'
import type { Account, KeyPair } from '../api/types'
import { configBlocks, useAddresses } from '../lib/config'
import { Page } from '../shell/Shell'
import { Heads } from '../ui/Heads'
import { Icon } from '../ui/Icon'
import { Code, Empty, Facts, Failed, Time, Waiting } from '../ui/Parts'
import { Tabs } from '../ui/Tabs'
import { Rename } from './Rename'
import { Audit } from './settings/Audit'
import { Password } from './settings/Password'
import { Preferences } from './settings/Preferences'
import { Users } from './settings/Users'
import './task/artifacts.css'

const parts: [string, string][] = [
  ['profile', 'Profile'],
  ['keys', 'Keys'],
  ['preferences', 'Preferences'],
  ['users', 'Users'],
  ['audit', 'Audit'],
  ['about', 'About'],
]

/** Parts that only administrators see. */
const forAdmins = new Set(['users', 'audit'])

export function Settings() {
  const { part } = useParams({ from: '/inside/settings/$part' })
  const account = useQuery(me)
  const seen = parts.filter(([p]) => account.data?.role === 'admin' || !forAdmins.has(p))
  const label = seen.find(([p]) => p === part)?.[1] ?? 'Profile'
  return (
    <Page title={`${label}, Settings`} crumbs={[{ name: 'Settings' }, { name: label }]}>
      <div className="head">
        <h1>Settings</h1>
      </div>
      <div className="under">
        <Tabs
          label="Parts of the settings"
          items={seen.map(([p, name]) => ({ label: name, active: name === label, link: { to: '/settings/$part', params: { part: p } } }))}
        />
      </div>
      {label === 'Audit' ? (
        <Audit />
      ) : (
        <div className="pad">{label === 'Keys' ? <Keys /> : label === 'Preferences' ? <Preferences /> : label === 'About' ? <About /> : label === 'Users' ? <Users /> : <Profile />}</div>
      )}
    </Page>
  )
}

function Profile() {
  const account = useQuery(me)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  if (account.error) return <Failed error={account.error} what="Your account" />
  if (!account.data) return <Waiting rows={4} />
  const a = account.data
  return (
    <>
    <Facts
      rows={[
        ['Name', <OwnName account={a} />],
        ['Full name', [a.given_name, a.family_name].filter(Boolean).join(' ')],
        ['Role', a.role],
        ['Since', <Time at={a.created} />],
        [
          'Colours',
          <SegmentedControl
            size="xs"
            aria-label="Colours"
            value={colorScheme}
            onChange={(v) => setColorScheme(v as 'auto' | 'light' | 'dark')}
            data={[
              { value: 'auto', label: 'System' },
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
            ]}
          />,
        ],
      ]}
    />
    <Password />
    </>
  )
}

/** One's own name, which one may change. */
function OwnName({ account }: { account: Account }) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  return (
    <span className="row">
      {account.name}
      <Button size="compact-xs" onClick={() => setAsking(true)}>
        Change
      </Button>
      {asking && (
        <Rename
          what="account"
          name={account.name}
          close={() => setAsking(false)}
          done={() => void client.invalidateQueries({ queryKey: ['me'] })}
          run={(name) => call('users.update', { user: account.id, name })}
        />
      )}
    </span>
  )
}

function Keys() {
  const client = useQueryClient()
  const list = useQuery(keys)
  const addresses = useAddresses()
  const [label, setLabel] = useState('')
  const [revoking, setRevoking] = useState<KeyPair>()
  const [labelling, setLabelling] = useState<KeyPair>()
  const changed = () => client.invalidateQueries({ queryKey: ['keys'] })
  const make = useMutation({
    mutationFn: async (name: string) => (await call<{ credentials: KeyPair }>('auth.create_credentials', { label: name })).credentials,
    onSuccess: () => {
      setLabel('')
      void changed()
    },
  })
  const revoke = useMutation({
    mutationFn: (pair: KeyPair) => call('auth.revoke_credentials', { access_key: pair.access_key }),
    onSuccess: () => {
      setRevoking(undefined)
      void changed()
    },
  })
  function submit(e: FormEvent) {
    e.preventDefault()
    make.mutate(label)
  }
  return (
    <div style={{ display: 'grid', gap: 16, maxWidth: 900 }}>
      <form className="row" onSubmit={submit} style={{ alignItems: 'end' }}>
        <TextInput label="Label of a new key pair" placeholder="my laptop" value={label} onChange={(e) => setLabel(e.currentTarget.value)} w={260} />
        <Button type="submit" variant="filled" loading={make.isPending}>
          Make a key pair
        </Button>
      </form>
      {make.error && <Failed error={make.error} what="The key pair" />}
      {make.data && addresses && (
        <section aria-label="The new key pair">
          <p className="second">Copy this now: the secret is shown only once. Paste it into clearml-init when it asks.</p>
          <Code tabs={configBlocks(addresses, make.data)} label="Configuration" />
        </section>
      )}
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="Key pairs" />}
      {list.isPending && <Waiting rows={4} />}
      {list.data?.length === 0 && <Empty title="No key pair yet." />}
      {!!list.data?.length && (
        <table className="plain">
          <Heads of={['Label', 'Access key', 'Last used', 'From']} unseen="Actions" />
          <tbody>
            {list.data.map((k) => (
              <tr key={k.access_key}>
                <td>{k.label || <span className="third">none</span>}</td>
                <td className="mono">{k.access_key}</td>
                <td>{k.last_used ? <Time at={k.last_used} /> : <span className="third">never</span>}</td>
                <td>{k.last_used_from}</td>
                <td>
                  <Button size="compact-xs" mr={8} onClick={() => setLabelling(k)}>
                    Edit the label
                  </Button>
                  <Button size="compact-xs" onClick={() => setRevoking(k)} leftSection={<Icon name="cross" size={12} />}>
                    Revoke
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {labelling && (
        <Rename
          what="key pair"
          name={labelling.label ?? ''}
          close={() => setLabelling(undefined)}
          done={() => void changed()}
          run={(name) => call('auth.edit_credentials', { access_key: labelling.access_key, label: name })}
        />
      )}
      <Modal opened={!!revoking} onClose={() => setRevoking(undefined)} title={`Revoke “${revoking?.label || revoking?.access_key}”`}>
        <p>Scripts that use this pair are refused within seconds. This cannot be undone.</p>
        {revoke.error && <Failed error={revoke.error} what="The key pair" />}
        <div className="row" style={{ justifyContent: 'flex-end', marginTop: 16 }}>
          <Button data-autofocus onClick={() => setRevoking(undefined)}>
            Cancel
          </Button>
          <Button variant="filled" color="red" style={{ background: 'var(--danger)' }} loading={revoke.isPending} onClick={() => revoking && revoke.mutate(revoking)}>
            Revoke the key pair
          </Button>
        </div>
      </Modal>
    </div>
  )
}

function About() {
  const info = useQuery({
    queryKey: ['server info'],
    queryFn: ({ signal }) => call<{ version: string; build: string; commit: string; api_version: string }>('server.info', {}, signal),
  })
  const addresses = useAddresses()
  if (info.error) return <Failed error={info.error} retry={() => info.refetch()} what="The server's version" />
  if (!info.data) return <Waiting rows={4} />
  return (
    <Facts
      rows={[
        ['Web app', import.meta.env.VITE_VERSION || 'dev'],
        ['Server', info.data.build],
        ['Commit', info.data.commit && <span className="mono">{info.data.commit}</span>],
        ['Protocol', info.data.api_version],
        ['API', addresses && <span className="mono">{addresses.api}</span>],
        ['Files', addresses && <span className="mono">{addresses.files}</span>],
      ]}
    />
  )
}
