/** What the API answers with, as far as pages use it. */

/** What lists are of. */
export type Kind = 'task' | 'model'

export interface Ref {
  id: string
  name?: string
}

export interface Task {
  id: string
  name: string
  type: string
  status: string
  comment?: string
  tags?: string[]
  system_tags?: string[]
  user?: Ref
  project?: Ref
  parent?: Ref
  created?: string
  started?: string
  completed?: string
  last_update?: string
  status_changed?: string
  status_reason?: string
  status_message?: string
  active_duration?: number
  last_iteration?: number
  last_worker?: string
  output?: { destination?: string; error?: string }
  script?: {
    repository?: string
    branch?: string
    tag?: string
    version_num?: string
    entry_point?: string
    working_dir?: string
    binary?: string
    diff?: string
    requirements?: Record<string, unknown>
  }
  container?: Record<string, string>
  runtime?: Record<string, unknown>
  hyperparams?: Record<string, Record<string, Parameter>>
  configuration?: Record<string, Configuration>
  models?: { input?: ModelLink[]; output?: ModelLink[] }
  last_metrics?: Record<string, Record<string, Metric>>
  artifact_stats?: { count: number; bytes: number; missing: number; mismatched: number; pending: number }
}

export interface Parameter {
  section: string
  name: string
  value: string
  type?: string
  description?: string
}

export interface Configuration {
  name: string
  value: string
  type?: string
  description?: string
}

export interface ModelLink {
  name: string
  model: Ref | string
}

export interface Metric {
  metric: string
  variant: string
  value: number
  min_value: number
  max_value: number
}

export interface Project {
  id: string
  name: string
  basename?: string
  description?: string
  last_update?: string
  default_output_destination?: string
  system_tags?: string[]
  sub_projects?: Ref[]
  stats?: { active?: ProjectStats; archived?: ProjectStats }
}

export interface ProjectStats {
  completed_tasks_24h?: number
  total_tasks?: number
  total_runtime?: number
  status_count?: Record<string, number>
}

export interface Model {
  id: string
  name: string
  uri?: string
  framework?: string
  ready?: boolean
  comment?: string
  created?: string
  last_update?: string
  tags?: string[]
  system_tags?: string[]
  user?: Ref
  project?: Ref
  task?: Ref
  parent?: Ref
  labels?: Record<string, number>
  design?: Record<string, unknown>
  metadata?: Record<string, Metadata>
  last_iteration?: number
  last_metrics?: Record<string, Record<string, Metric>>
}

export interface Metadata {
  key: string
  type?: string
  value?: string
}

/** One content that came to an address which the model named. */
export interface Snapshot {
  version: number
  iteration?: number
  state: Artifact['state']
  sha256: string
  size: number | null
  uri: string
  url: string
  created: string
  user: string
}

export interface LineageNode {
  kind: 'model' | 'task' | 'artifact' | 'file' | 'bytes'
  id: string
  name: string
  status?: string
  task?: string
  key?: string
  mode?: 'output' | 'input'
  more?: boolean
}

export interface Lineage {
  nodes: LineageNode[]
  edges: { from: number; to: number; how: 'made' | 'used' | 'derived' | 'held'; version?: number }[]
  limit: number
  cut: boolean
}

/** What a change of many came to: each one by itself. */
export interface Many {
  succeeded: { id: string }[]
  failed: { id: string; error: { codes: number[]; msg: string } }[]
}

/** A metric of a project; its hashes stand in the names of fields. */
export interface MetricName {
  metric: string
  variant: string
  metric_hash: string
  variant_hash: string
}

export interface AccountRow {
  id: string
  name: string
  given_name: string
  family_name: string
  email: string
  role: string
  created: string
  fixed: boolean
  password: boolean
  invited?: string
}

export interface AuditEntry {
  at: string
  user: string
  user_name: string
  as?: string
  as_name?: string
  access_key?: string
  action: string
  kind?: string
  object?: string
  part?: string
  address?: string
  worker?: string
  request?: string
}

export interface Curve {
  metric: string
  variant: string
  points: number
  x: number[]
  count: number[]
  mean: number[]
  min: number[]
  max: number[]
}

export interface Plot {
  metric: string
  variant: string
  iter: number
  plot_str: string
}

export interface Sample {
  metric: string
  variant: string
  iter: number
  url: string
  timestamp: number
}

export interface Artifact {
  task: string
  key: string
  mode: 'output' | 'input'
  type: string
  state: 'stored' | 'pending' | 'mismatched' | 'external' | 'missing'
  version: number
  versions?: number
  uri: string
  file_version?: number
  size: number | null
  sha256: string
  content_type: string
  data_hash?: string
  timestamp: number
  metadata: Record<string, string>
  registered: string
  user: string
  preview?: string
}

export interface FoundArtifact extends Artifact {
  task_name: string
  project: string
  project_name: string
}

export interface LogLine {
  timestamp: number
  msg: string
  worker?: string
  level?: string
}

/** A line of a console log that a search found. */
export interface LogMatch {
  line: number
  timestamp: number
  text: string
}

export interface KeyPair {
  access_key: string
  secret_key?: string
  label?: string
  last_used?: string
  last_used_from?: string
}

export interface Account {
  id: string
  name: string
  given_name?: string
  family_name?: string
  role: string
  company: Ref
  created?: string
}
