package api

// QueueID names a queue.
type QueueID struct {
	Queue string `json:"queue" need:"12"`
}

// QueuesDeleteRequest removes a queue; by force also one where tasks wait.
type QueuesDeleteRequest struct {
	QueueID
	Force bool `json:"force"`
}

// NumResponse tells how many there are.
type NumResponse struct {
	Num int `json:"num"`
}

// QueueResponse is one queue document.
type QueueResponse struct {
	Queue Fields `json:"queue"`
}

// QueuesResponse is a page of queue documents.
type QueuesResponse struct {
	Queues   []Fields `json:"queues"`
	ScrollID string   `json:"scroll_id,omitempty"` // if the caller scrolls
}

// QueuesCreateRequest makes a queue.
type QueuesCreateRequest struct {
	Name        string   `json:"name" need:"12"`
	DisplayName string   `json:"display_name"`
	Tags        []string `json:"tags"`
	SystemTags  []string `json:"system_tags"`
}

// QueuesUpdateRequest changes a queue; what is not given stays.
type QueuesUpdateRequest struct {
	QueueID
	Name        *string   `json:"name"`
	DisplayName *string   `json:"display_name"`
	Tags        *[]string `json:"tags"`
	SystemTags  *[]string `json:"system_tags"`
}

// QueueTaskRequest names a task and a queue.
type QueueTaskRequest struct {
	QueueID
	Task string `json:"task" need:"12"`
}

// QueuesAddTaskRequest puts a task in a queue.
type QueuesAddTaskRequest struct {
	QueueTaskRequest
	UpdateExecutionQueue *bool `json:"update_execution_queue"`
}

// AddedResponse tells how many were added.
type AddedResponse struct {
	Added int `json:"added"`
}

// QueuesRemoveTaskRequest takes a task out of a queue.
type QueuesRemoveTaskRequest struct {
	QueueTaskRequest
	UpdateTaskStatus bool `json:"update_task_status"`
}

// RemovedResponse tells how many were removed.
type RemovedResponse struct {
	Removed int `json:"removed"`
}

// QueuesNextTaskRequest takes the first task out of a queue, or with Task that
// one if it is the first.
type QueuesNextTaskRequest struct {
	QueueID
	Task     string `json:"task"`
	TaskInfo bool   `json:"get_task_info"`
}

// QueuesNextTaskResponse is empty if no task waits.
type QueuesNextTaskResponse struct {
	Entry    Fields `json:"entry,omitempty"`
	TaskInfo Fields `json:"task_info,omitempty"`
}

// QueuesPeekTaskResponse names the first task of a queue, null for none.
type QueuesPeekTaskResponse struct {
	Task *string `json:"task"`
}

// WorkersRegisterRequest announces an agent.
type WorkersRegisterRequest struct {
	Worker string   `json:"worker" need:"12"`
	Queues []string `json:"queues"`
}

// WorkerRequest names an agent.
type WorkerRequest struct {
	Worker string `json:"worker" need:"12"`
}

// WorkersStatusReportRequest says what an agent does; the time is in
// milliseconds since 1970 UTC.
type WorkersStatusReportRequest struct {
	WorkerRequest
	Timestamp *int64 `json:"timestamp" need:"12"`
	Task      string `json:"task"`
}

// WorkersResponse lists agents.
type WorkersResponse struct {
	Workers []Fields `json:"workers"`
}

// CountedResponse tells how many there are.
type CountedResponse struct {
	Count int `json:"count"`
}
