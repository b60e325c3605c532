import { Button, Menu, Select, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call, own } from '../../api/client'
import { me } from '../../api/query'
import type { AccountRow } from '../../api/types'
import { Ask } from '../../ui/Dialog'
import { Heads } from '../../ui/Heads'
import { Icon } from '../../ui/Icon'
import { Code, Failed, Person, Time, Waiting } from '../../ui/Parts'
import '../task/artifacts.css'

const json = (method: string, body?: object): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json' },
  body: body && JSON.stringify(body),
})

interface Invitation {
  user: AccountRow
  token?: string
  expires?: string
}

const roles = [
  { value: 'admin', label: 'Administrator: everything, accounts too' },
  { value: 'member', label: 'Member: reads, writes, deletes' },
  { value: 'guest', label: 'Guest: reads' },
]

/** Accounts, for administrators. */
export function Users() {
  const client = useQueryClient()
  const account = useQuery(me)
  const list = useQuery({ queryKey: ['accounts'], queryFn: async ({ signal }) => (await own<{ users: AccountRow[] }>('users', {}, { signal })).users })
  const [asking, setAsking] = useState<{ what: string; user?: AccountRow }>()
  const [invited, setInvited] = useState<Invitation>()
  const done = () => void client.invalidateQueries({ queryKey: ['accounts'] })
  const close = () => setAsking(undefined)
  if (list.error) return <Failed error={list.error} retry={() => list.refetch()} what="The accounts" />
  if (!list.data) return <Waiting rows={4} />
  const u = asking?.user
  return (
    <div style={{ display: 'grid', gap: 16, maxWidth: 1000 }}>
      <div className="row">
        <Button variant="filled" leftSection={<Icon name="plus" size={14} />} onClick={() => setAsking({ what: 'invite' })}>
          Invite somebody
        </Button>
      </div>
      {invited?.token && (
        <section aria-label="The invitation">
          <p className="second">
            Hand this to {invited.user.name}. It is shown only now, works once, and until <Time at={invited.expires} />.
          </p>
          <Code tabs={{ Invitation: `${location.origin}/login?invitation=${invited.token}` }} label="Invitation" />
        </section>
      )}
      <div className="scrolls" tabIndex={0} role="group" aria-label="Accounts">
        <table className="plain">
          <Heads of={['Name', 'Role', 'Signs in by', 'Since']} unseen="Actions" />
          <tbody>
            {list.data.map((a) => (
              <tr key={a.id}>
                <td>
                  <Person name={a.name} />
                  <small className="third">{[a.given_name, a.family_name, a.email].filter(Boolean).join(' ')}</small>
                </td>
                <td>{a.role}</td>
                <td className="second">
                  {a.fixed ? 'the server’s file of accounts' : a.invited ? (
                    <>
                      invited until <Time at={a.invited} />
                    </>
                  ) : a.password ? (
                    'password'
                  ) : (
                    'key pairs only'
                  )}
                </td>
                <td>
                  <Time at={a.created} />
                </td>
                <td>
                  <Menu position="bottom-end">
                    <Menu.Target>
                      <Button size="compact-xs" aria-label={`Actions on ${a.name}`}>
                        <Icon name="more" size={13} />
                      </Button>
                    </Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item disabled={a.fixed || a.id === account.data?.id} onClick={() => setAsking({ what: 'role', user: a })}>
                        Change the role…
                      </Menu.Item>
                      <Menu.Item disabled={a.fixed} onClick={() => setAsking({ what: 'reset', user: a })}>
                        Reset the password…
                      </Menu.Item>
                      <Menu.Item disabled={a.id === account.data?.id} onClick={() => setAsking({ what: 'act', user: a })}>
                        Act as…
                      </Menu.Item>
                      <Menu.Item disabled={a.fixed || a.id === account.data?.id} onClick={() => setAsking({ what: 'end', user: a })}>
                        End the account…
                      </Menu.Item>
                    </Menu.Dropdown>
                  </Menu>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {asking?.what === 'invite' && <Invite close={close} made={(i) => (setInvited(i), done())} />}
      {asking?.what === 'role' && u && <Role user={u} close={close} done={done} />}
      {asking?.what === 'reset' && u && (
        <Ask
          title={`Reset the password of ${u.name}`}
          action="Reset the password"
          danger
          close={close}
          done={done}
          run={async () => setInvited(await own<Invitation>(`users/${u.id}/reset`, {}, json('POST')))}
        >
          <p>The password is taken away and all sessions end. You get an invitation to hand to its owner. Key pairs live on.</p>
        </Ask>
      )}
      {asking?.what === 'end' && u && (
        <Ask
          title={`End the account of ${u.name}`}
          action="End the account"
          danger
          close={close}
          done={done}
          run={async () => {
            await own(`users/${u.id}`, {}, json('DELETE'))
          }}
        >
          <p>Its key pairs and sessions stop working within seconds. What it made stays.</p>
        </Ask>
      )}
      {asking?.what === 'act' && u && <ActAs user={u} close={close} />}
    </div>
  )
}

function Invite({ close, made }: { close: () => void; made: (i: Invitation) => void }) {
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<string | null>('member')
  return (
    <Ask
      title="Invite somebody"
      action="Invite"
      disabled={!name.trim()}
      close={close}
      run={async () => made(await own<Invitation>('users', {}, json('POST', { name: name.trim(), email: email.trim() || undefined, role })))}
    >
      <TextInput data-autofocus label="Name" description="Used to sign in" value={name} onChange={(e) => setName(e.currentTarget.value)} />
      <TextInput mt={8} label="Email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
      <Select mt={8} size="xs" label="Role" allowDeselect={false} value={role} onChange={setRole} data={roles} />
    </Ask>
  )
}

function Role({ user, close, done }: { user: AccountRow; close: () => void; done: () => void }) {
  const [role, setRole] = useState<string | null>(user.role)
  return (
    <Ask
      title={`Role of ${user.name}`}
      action="Change the role"
      disabled={role === user.role}
      close={close}
      done={done}
      run={async () => {
        await own(`users/${user.id}`, {}, json('PATCH', { role }))
      }}
    >
      <Select data-autofocus size="xs" label="Role" allowDeselect={false} value={role} onChange={setRole} data={roles} />
    </Ask>
  )
}

/** A token in somebody's name, for programs; it is noted in the audit. */
function ActAs({ user, close }: { user: AccountRow; close: () => void }) {
  const [token, setToken] = useState('')
  const made = useRef(false)
  if (token) {
    return (
      <Ask title={`Token in the name of ${user.name}`} action="Done" close={close} run={async () => undefined}>
        <p className="second">It works for an hour. What is done with it stands in the audit under your name.</p>
        <Code tabs={{ Token: token }} label="Token" />
      </Ask>
    )
  }
  return (
    <Ask
      title={`Act as ${user.name}`}
      action="Make a token"
      close={() => made.current || close()}
      run={async () => {
        setToken((await call<{ token: string }>('auth.get_token_for_user', { user: user.id, expiration_sec: 3600 })).token)
        made.current = true
      }}
    >
      <p>You get a token that works for an hour in the name of {user.name}. The audit notes who acted.</p>
    </Ask>
  )
}
