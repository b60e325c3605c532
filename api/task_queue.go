package api

// EnqueueOptions say where tasks shall wait; without a queue in the default
// one.
type EnqueueOptions struct {
	Queue              string `json:"queue"`
	QueueName          string `json:"queue_name"`
	StatusReason       string `json:"status_reason"`
	StatusMessage      string `json:"status_message"`
	VerifyWatchedQueue bool   `json:"verify_watched_queue"`
}

// TasksEnqueueRequest puts a task in a queue.
type TasksEnqueueRequest struct {
	TaskID
	EnqueueOptions
	Force                bool  `json:"force"`
	UpdateExecutionQueue *bool `json:"update_execution_queue"`
}

// TasksEnqueueResponse is the reply of tasks.enqueue.
type TasksEnqueueResponse struct {
	Queued       int    `json:"queued"`
	Updated      int    `json:"updated"`
	Fields       Fields `json:"fields"`
	QueueWatched *bool  `json:"queue_watched,omitempty"`
}

// TasksEnqueueManyRequest puts tasks in a queue.
type TasksEnqueueManyRequest struct {
	IDsRequest
	EnqueueOptions
	ValidateTasks bool `json:"validate_tasks"`
}

// TasksEnqueueManyResponse tells what became of each.
type TasksEnqueueManyResponse struct {
	ManyResponse
	QueueWatched *bool `json:"queue_watched,omitempty"`
}

// DequeueOptions say how tasks shall stop waiting.
type DequeueOptions struct {
	RemoveFromAllQueues bool   `json:"remove_from_all_queues"`
	NewStatus           string `json:"new_status"`
	StatusReason        string `json:"status_reason"`
	StatusMessage       string `json:"status_message"`
}

// TasksDequeueRequest takes a task out of its queue.
type TasksDequeueRequest struct {
	TaskID
	DequeueOptions
}

// TasksDequeueResponse is the reply of tasks.dequeue.
type TasksDequeueResponse struct {
	Dequeued int    `json:"dequeued"`
	Updated  int    `json:"updated"`
	Fields   Fields `json:"fields"`
}

// TasksDequeueManyRequest takes tasks out of their queues.
type TasksDequeueManyRequest struct {
	IDsRequest
	DequeueOptions
}
