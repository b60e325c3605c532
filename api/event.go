package api

// EventsAddedResponse tells what became of a batch.
type EventsAddedResponse struct {
	Added      int            `json:"added"`
	Errors     int            `json:"errors"`
	ErrorsInfo map[string]int `json:"errors_info"`
}

// EventsOf says whose events are meant.
type EventsOf struct {
	Task        string `json:"task" need:"12"`
	ModelEvents bool   `json:"model_events"`
}

// EventsOfMany says whose events are meant.
type EventsOfMany struct {
	Tasks       []string `json:"tasks" need:"12"`
	ModelEvents bool     `json:"model_events"`
}

// MetricVariants names a metric and some of its variants; none means all.
type MetricVariants struct {
	Metric   string   `json:"metric" need:"12"`
	Variants []string `json:"variants"`
}

// TaskLogRequest asks for a page of a console log.
type TaskLogRequest struct {
	TaskID
	BatchSize       *int64           `json:"batch_size"`
	NavigateEarlier *bool            `json:"navigate_earlier"`
	FromTimestamp   float64          `json:"from_timestamp"`
	Order           *string          `json:"order" enum:"asc desc"`
	Metrics         []MetricVariants `json:"metrics"`
}

// TaskLogResponse is a page of a console log.
type TaskLogResponse struct {
	Events   []Fields `json:"events"`
	Returned int      `json:"returned"`
	Total    int      `json:"total"`
}

// DownloadLogRequest asks for a console log as a text.
type DownloadLogRequest struct {
	TaskID
	LineType   *string `json:"line_type" enum:"json text"`
	LineFormat *string `json:"line_format"`
}

// ClearLogRequest says which lines of a console log are to go.
type ClearLogRequest struct {
	TaskID
	ThresholdSec   *int64   `json:"threshold_sec"`
	AllowLocked    bool     `json:"allow_locked"`
	IncludeMetrics []string `json:"include_metrics"`
	ExcludeMetrics []string `json:"exclude_metrics"`
}

// DeletedEventsResponse tells how many events were deleted.
type DeletedEventsResponse struct {
	Deleted int `json:"deleted"`
}

// DeleteTaskEventsRequest deletes the events of a task.
type DeleteTaskEventsRequest struct {
	TaskID
	AllowLocked bool `json:"allow_locked"`
}

// TaskEventsRequest asks for a page of a task's events.
type TaskEventsRequest struct {
	EventsOf
	EventType  *string          `json:"event_type"`
	Order      *string          `json:"order" enum:"asc desc"`
	BatchSize  *int64           `json:"batch_size"`
	ScrollID   string           `json:"scroll_id"`
	CountTotal *bool            `json:"count_total"`
	Metrics    []MetricVariants `json:"metrics"`
}

// TaskEventsResponse is a page of events; an empty one is the end.
type TaskEventsResponse struct {
	Events   []Fields `json:"events"`
	Returned int      `json:"returned"`
	Total    *int     `json:"total"` // null if it was not to be counted
	ScrollID *string  `json:"scroll_id"`
}

// ScalarHistogramRequest asks for the curves of a task, sampled.
type ScalarHistogramRequest struct {
	EventsOf
	Samples *int64           `json:"samples"`
	Key     *string          `json:"key" enum:"iter timestamp iso_time"`
	Metrics []MetricVariants `json:"metrics"`
}

// MultiScalarHistogramRequest asks for the curves of several tasks, sampled.
type MultiScalarHistogramRequest struct {
	EventsOfMany
	Samples *int64           `json:"samples"`
	Key     *string          `json:"key" enum:"iter timestamp iso_time"`
	Metrics []MetricVariants `json:"metrics"`
}

// MetricsResponse is an object by metric.
type MetricsResponse struct {
	Metrics Fields `json:"metrics"`
}

// RawScalarsRequest asks for a page of the points of a metric.
type RawScalarsRequest struct {
	EventsOf
	Metric     *MetricVariants `json:"metric" need:"12"`
	Key        *string         `json:"key" enum:"iter timestamp iso_time"`
	BatchSize  *int64          `json:"batch_size"`
	CountTotal bool            `json:"count_total"`
	ScrollID   string          `json:"scroll_id"`
}

// RawScalarsResponse is a page of points by variant; an empty one is the end.
type RawScalarsResponse struct {
	Variants Fields `json:"variants"`
	Returned int    `json:"returned"`
	Total    *int   `json:"total"`
	ScrollID string `json:"scroll_id"`
}

// MetricDataRequest asks for a page of the events of a metric.
type MetricDataRequest struct {
	EventsOf
	Metric   string `json:"metric" need:"12"`
	NoScroll bool   `json:"no_scroll"`
	ScrollID string `json:"scroll_id"`
}

// SingleValuesRequest asks for values without iteration.
type SingleValuesRequest struct {
	EventsOfMany
	Metrics []MetricVariants `json:"metrics"`
}

// SingleValuesResponse is them by task.
type SingleValuesResponse struct {
	Tasks []Fields `json:"tasks"`
}

// LatestScalarsResponse is the last values of a task's curves.
type LatestScalarsResponse struct {
	Metrics       []Fields `json:"metrics"`
	LastIter      int64    `json:"last_iter"`
	Name          string   `json:"name"`
	Status        string   `json:"status"`
	LastTimestamp *int64   `json:"last_timestamp"`
}

// TaskMetricsRequest asks which metrics tasks have events of.
type TaskMetricsRequest struct {
	EventsOfMany
	EventType *string `json:"event_type" need:"12" enum:"training_stats_scalar training_stats_vector training_debug_image plot log *"`
}

// MultiTaskMetricsRequest is TaskMetricsRequest for all tasks together.
type MultiTaskMetricsRequest struct {
	EventsOfMany
	EventType *string `json:"event_type" enum:"training_stats_scalar training_stats_vector training_debug_image plot log *"`
}

// MetricsListResponse is a list of metrics.
type MetricsListResponse struct {
	Metrics []Fields `json:"metrics"`
}

// VectorsRequest asks for the vectors of a variant.
type VectorsRequest struct {
	EventsOf
	Metric  string `json:"metric" need:"12"`
	Variant string `json:"variant" need:"12"`
}

// VectorsResponse is them by iteration.
type VectorsResponse struct {
	Metric     string  `json:"metric"`
	Variant    string  `json:"variant"`
	Vectors    []any   `json:"vectors"`
	Iterations []int64 `json:"iterations"`
}

// TaskPlotsRequest asks for the newest plots of a task.
type TaskPlotsRequest struct {
	EventsOf
	Iters   *int64           `json:"iters"`
	Metrics []MetricVariants `json:"metrics"`
}

// TaskPlotsResponse is plots.
type TaskPlotsResponse struct {
	Plots    []Fields `json:"plots"`
	Returned int      `json:"returned"`
	Total    int      `json:"total"`
	ScrollID *string  `json:"scroll_id"` // always null: nothing is left
}

// MultiTaskPlotsRequest asks for the newest plots of tasks.
type MultiTaskPlotsRequest struct {
	EventsOfMany
	Iters     *int64           `json:"iters"`
	PerMetric *bool            `json:"last_iters_per_task_metric"`
	NoScroll  bool             `json:"no_scroll"`
	ScrollID  string           `json:"scroll_id"`
	Metrics   []MetricVariants `json:"metrics"`
}

// MultiTaskPlotsResponse is plots by metric, variant, task and iteration.
type MultiTaskPlotsResponse struct {
	Plots    Fields  `json:"plots"`
	Returned int     `json:"returned"`
	Total    int     `json:"total"`
	ScrollID *string `json:"scroll_id"`
}

// TaskMetricVariants names what of a task is browsed; no metric means all.
type TaskMetricVariants struct {
	Task     string   `json:"task" need:"12"`
	Metric   *string  `json:"metric"`
	Variants []string `json:"variants"`
}

// BrowseRequest asks for the next iterations of plots or debug samples.
type BrowseRequest struct {
	Metrics         []TaskMetricVariants `json:"metrics" need:"12"`
	Iters           *int64               `json:"iters"`
	NavigateEarlier *bool                `json:"navigate_earlier"`
	Refresh         bool                 `json:"refresh"`
	ScrollID        string               `json:"scroll_id"`
	ModelEvents     bool                 `json:"model_events"`
}

// BrowseResponse is iterations, the newest first, for each task.
type BrowseResponse struct {
	Metrics  []BrowsedTask `json:"metrics"`
	ScrollID string        `json:"scroll_id"`
}

// BrowsedTask is what a page shows of a task.
type BrowsedTask struct {
	Task       string              `json:"task"`
	Iterations []BrowsedIterations `json:"iterations"`
}

// BrowsedIterations is one iteration of a task.
type BrowsedIterations struct {
	Iter   int64    `json:"iter"`
	Events []Fields `json:"events"`
}

// SampleRequest asks for one debug sample, or the plots of one iteration.
type SampleRequest struct {
	EventsOf
	Metric        string `json:"metric" need:"12"`
	Iteration     *int64 `json:"iteration"`
	Refresh       bool   `json:"refresh"`
	ScrollID      string `json:"scroll_id"`
	CurrentMetric *bool  `json:"navigate_current_metric"`
}

// DebugSampleRequest is SampleRequest with the variant of a debug sample.
type DebugSampleRequest struct {
	SampleRequest
	Variant string `json:"variant" need:"12"`
}

// NextSampleRequest asks for the one before or after.
type NextSampleRequest struct {
	EventsOf
	ScrollID        string `json:"scroll_id" need:"12"`
	NavigateEarlier *bool  `json:"navigate_earlier"`
	NextIteration   bool   `json:"next_iteration"`
}

// DebugSampleResponse is a debug sample; null where there is none.
type DebugSampleResponse struct {
	ScrollID     *string `json:"scroll_id"`
	Event        Fields  `json:"event"`
	MinIteration *int64  `json:"min_iteration"`
	MaxIteration *int64  `json:"max_iteration"`
}

// PlotSampleResponse is the plots of one iteration.
type PlotSampleResponse struct {
	ScrollID     *string  `json:"scroll_id"`
	Events       []Fields `json:"events"`
	MinIteration *int64   `json:"min_iteration"`
	MaxIteration *int64   `json:"max_iteration"`
}

// ClearScrollRequest ends a scroll.
type ClearScrollRequest struct {
	ScrollID string `json:"scroll_id" need:"12"`
}
