/** What the API answers with, as far as pages use it. */

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
  sub_projects?: Ref[]
  stats?: { active?: ProjectStats; archived?: ProjectStats }
}

export interface ProjectStats {
  total_tasks?: number
  total_runtime?: number
  status_count?: Record<string, number>
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
