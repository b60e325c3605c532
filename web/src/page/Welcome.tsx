import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useBlocker, useNavigate } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'
import { call } from '../api/client'
import { me } from '../api/query'
import type { KeyPair, Task } from '../api/types'
import { useAddresses, configBlocks } from '../lib/config'
import { Page } from '../shell/Shell'
import { Icon } from '../ui/Icon'
import { Code, Failed } from '../ui/Parts'
import './welcome.css'

export const firstLines = {
  Python: `from clearml import Task

task = Task.init("Demo", "first task")
task.upload_artifact("answer", {"value": 42})`,
}

function Step({ number, title, done, side, children }: { number: number; title: string; done?: boolean; side?: ReactNode; children?: ReactNode }) {
  return (
    <li className="step">
      <span className={done ? 'disc done' : 'disc'}>{done ? <Icon name="check" /> : number}</span>
      <div className="grow">
        <div className="row">
          <h2 className="grow">{title}</h2>
          <span className="third">{side}</span>
        </div>
        {children}
      </div>
    </li>
  )
}

/** From a fresh server to the first artifact. */
export function Welcome() {
  const navigate = useNavigate()
  const client = useQueryClient()
  const account = useQuery(me)
  const addresses = useAddresses()
  const [copied, setCopied] = useState(false)
  const make = useMutation({
    mutationFn: async () =>
      (await call<{ credentials: KeyPair }>('auth.create_credentials', { label: 'first machine' })).credentials,
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  })
  useBlocker({
    shouldBlockFn: () => !confirm('The secret of the new key pair is shown only now. Leave all the same?'),
    enableBeforeUnload: () => !!make.data && !copied,
    disabled: !make.data || copied,
  })
  const first = useQuery({
    queryKey: ['first task'],
    queryFn: async ({ signal }) =>
      (await call<{ tasks: Task[] }>('tasks.get_all', { only_fields: ['id'], order_by: ['created'], page: 0, page_size: 1 }, signal)).tasks[0] ?? null,
    refetchInterval: 2000,
  })
  const [before] = useState(() => Date.now())
  const found = first.data?.id
  const waited = first.dataUpdatedAt > before && !found
  useEffect(() => {
    if (found && make.data) void navigate({ to: '/tasks/$tid/$tab', params: { tid: found, tab: 'artifacts' }, ignoreBlocker: true })
  }, [found, make.data, navigate])

  return (
    <Page title="Welcome" crumbs={[{ name: 'Welcome' }]}>
      <div className="welcome">
        <h1>Log your first artifact</h1>
        <p className="second">Scripts written for the ClearML Python SDK work here unchanged.</p>
        <ol>
          <Step number={1} title="Give your machine a key" done={copied} side={make.data?.label && `Key “${make.data.label}”`}>
            <p className="second">
              Run <code>pip install clearml</code>, then <code>clearml-init</code>, and paste this when asked. The secret is shown only once.
            </p>
            {make.error && <Failed error={make.error} what="The key pair" />}
            {make.data && addresses ? (
              <div onClick={(e) => (e.target as Element).closest('button') && setCopied(true)} onCopy={() => setCopied(true)}>
                <Code tabs={configBlocks(addresses, make.data)} label="Configuration" />
              </div>
            ) : (
              <Button variant="filled" onClick={() => make.mutate()} loading={make.isPending} disabled={account.data?.role === 'guest'}>
                Make a key pair
              </Button>
            )}
          </Step>
          <Step number={2} title="Run three lines">
            <Code tabs={firstLines} label="First lines" />
          </Step>
          <Step number={3} title={found ? 'The first task is here' : 'Waiting for the first task'} done={!!found} side={<Link to="/">Skip to home</Link>}>
            <p className="second" aria-live="polite">
              {found ? 'It opens once you made a key pair, or from home.' : waited ? 'This page opens the task as soon as it reports.' : ''}
            </p>
          </Step>
        </ol>
      </div>
    </Page>
  )
}
